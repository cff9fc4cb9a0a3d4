"""``make demo``: the main job on the sample scans, in trial data, from scan to found record.

What cannot be read on a sample and must be there (a handwritten number) is typed from
``truth.json``, as a clerk would type it from the paper.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from api import bootstrap, demo_users, logs
from api.application import Application
from api.cli.exit_codes import Exit, exit_of, worst
from api.cli.output import Output
from api.cli.progress import Waiting
from api.desk import corrections, edits, papers
from api.desk.caller import Caller
from api.desk.files import paper_package
from api.desk.intake import files_under, submit
from api.desk.search import LookupBy, find
from api.desk.tokens import operator
from api.desk.views import PaperView
from api.settings import read_settings
from api.wording import labels
from api.wording.sentences import sentence
from archive.export import write_folder
from dossier.codes import dossier_code, mask_number
from dossier.errors import RejectedInput, SohoaError
from dossier.states import PaperState
from dossier.text import NOT_ON_PAPER
from signing.received import NOT_COUNTERSIGNED

_COLUMNS = ("dossier", "source", "kind", "citizen_ids", "pdfa", "signature", "where")
_ACTOR = "demo"
_OFFICE_NAME = "Ủy ban nhân dân xã Thống Nhất"
# Dossiers whose papers wait at the desks, and the samples that they are: nothing is doubtful in the
# first, much in the second.
_DESKS = {
    "H15.50.05.13-261201-0001": "H15.50.05.13-261008-0975",
    "H15.50.05.13-261201-0002": "000.00.01.H26-260930-0012",
}


def main(samples: Path) -> int:
    """Ingest, sign and archive every dossier folder of the samples, then look one person up."""
    settings = read_settings()
    logs.to_stderr(settings.log_level)
    output = Output(settings, as_json=False)
    if "office_name" not in settings.model_fields_set:
        settings = settings.model_copy(update={"office_name": _OFFICE_NAME})
    bootstrap.init(settings, trial=True)
    output.say("DỮ LIỆU THỬ NGHIỆM / FOR TRYING OUT: CA, TSA và chữ ký ở đây không có giá trị.")
    output.say("The CA, TSA and signer made here prove nothing. Never put real papers here.\n")
    application = bootstrap.open_application(settings)
    caller = operator(application, _ACTOR)
    try:
        with Waiting(signing=True) as waiting:
            known = _ingest(application, caller, samples, waiting)
        with Waiting(signing=True) as waiting_again:
            typed = _review(application, caller, samples, waiting_again)
        waiting.errors.extend(waiting_again.errors)
        _fill_desks(application, caller, samples)
        rows = [
            row
            for row in papers.list_papers(application, caller).papers
            if row.dossier not in _DESKS
        ]
        archived = [row for row in rows if row.state is PaperState.ARCHIVED]
        refused = [row for row in rows if row.state is PaperState.DESCRIBED]
        with tempfile.TemporaryDirectory() as folder:
            table = [_row(application, caller, row, Path(folder)) for row in archived]
        output.rows(table, _COLUMNS)
        if known:
            output.say(f"{known} giấy đã có từ trước, không nhận lần nữa / were already there.")
        if typed:
            output.say(f"{typed} giấy thiếu dữ liệu, đã nhập tay / lacked values, typed by hand.")
        for row in refused:
            output.say(f"{row.dossier} {row.source}: {sentence(NOT_COUNTERSIGNED)}")
        output.say(f"{len(archived)} / {len(rows)} giấy đã lưu / archived.\n")
        found = _look_up(application, caller, archived, output)
        demo_users.show(application, caller, output)
    finally:
        application.close()
    errors = [error for error in waiting.errors if error.code != NOT_COUNTERSIGNED]
    if errors:
        return worst(errors)
    sound = all(row["pdfa"] == _GOOD and row["signature"] == _GOOD for row in table)
    whole = len(archived) + len(refused) == len(rows)
    return Exit.DONE if found and sound and whole else Exit.INTEGRITY


_GOOD = "đạt / valid"


def _ingest(application: Application, caller: Caller, samples: Path, waiting: Waiting) -> int:
    """Submit every folder as a dossier of its name; how many papers were there already."""
    known = 0

    def submit_all(enqueue: Callable[[UUID], None]) -> None:
        nonlocal known
        for folder in sorted(path for path in samples.iterdir() if path.is_dir()):
            code = dossier_code(folder.name)
            for file in files_under([folder]):
                result = submit(application, caller, file, dossier=code, sign=True, accept=True)
                waiting.expect(result.paper, f"{code} {file.name}")
                if result.error is not None:
                    waiting.rejected(result.paper, result.error)
                    continue
                if result.known:
                    waiting.known(result.paper)
                    known += 1
                enqueue(result.paper)

    application.process(submit_all, watch=waiting)
    return known


def _review(application: Application, caller: Caller, samples: Path, waiting: Waiting) -> int:
    """Type what the samples in review lack, and request their signatures; how many they were.

    What arrived with a signature too weak to be countersigned stays described.
    """
    truth = json.loads((samples / "truth.json").read_text(encoding="utf-8"))
    rows = papers.list_papers(application, caller, state=PaperState.REVIEW).papers
    left = [row for row in rows if f"{row.dossier}/{row.source}" in truth]

    def sign_all(enqueue: Callable[[UUID], None]) -> None:
        for row in left:
            typed = _values(truth[f"{row.dossier}/{row.source}"])
            content = papers.open_paper(application, caller, row.paper).content
            form = application.forms.by_id.get(typed["kind"])
            there = () if content is None else content.description.values
            for field in form.required if form is not None else ():
                if not any(value.field == field for value in there):
                    typed.setdefault(field, NOT_ON_PAPER)
            corrections.review(application, caller, row.paper, typed)
            try:
                edits.request_signature(application, caller, row.paper)
            except RejectedInput as error:
                if error.code != NOT_COUNTERSIGNED:
                    raise
                continue
            waiting.expect(row.paper, f"{row.dossier} {row.source}")
            enqueue(row.paper)

    if left:
        application.process(sign_all, watch=waiting)
    return len(left)


def _values(sample: Mapping[str, Any]) -> dict[str, str]:
    """What a sample says, as corrections."""
    values = {"kind": sample["kind"]}
    for field in ("number", "date", "issuer"):
        if sample.get(field):
            values[f"paper.{field}"] = sample[field]
    for role, person in sample["people"].items():
        values.update({f"{role}.{field}": text for field, text in person.items() if text})
    return values


def _fill_desks(application: Application, caller: Caller, samples: Path) -> None:
    """Submit some papers again, in other dossiers, that stay at the desks for people to try."""

    def submit_all(enqueue: Callable[[UUID], None]) -> None:
        for code, folder in _DESKS.items():
            for file in files_under([samples / folder]):
                result = submit(application, caller, file, dossier=code, sign=False, accept=False)
                if result.error is None and not result.known:
                    enqueue(result.paper)

    if all((samples / folder).is_dir() for folder in _DESKS.values()):
        application.process(submit_all, watch=Waiting(signing=False))


def _row(
    application: Application, caller: Caller, row: PaperView, folder: Path
) -> dict[str, object]:
    """A row of the table; the signature is validated in the exported package."""
    content = papers.open_paper(application, caller, row.paper).content
    aip = paper_package(application, caller, row.paper)
    signed = write_folder(aip, folder) / aip.signed[0]
    reports = application.verify(signed)
    values = () if content is None else content.description.values
    location = None if content is None else content.location
    pdfa = None if content is None else content.pdfa
    valid = bool(reports) and all(report.valid for report in reports)
    return {
        "dossier": row.dossier,
        "source": row.source,
        "kind": row.kind,
        "citizen_ids": [
            f"{labels.role(value.role)} {mask_number(value.text)}"
            for value in values
            if value.attribute == "citizen_id"
        ],
        "pdfa": _GOOD if pdfa is not None and not pdfa.findings else "không đạt / not valid",
        "signature": _GOOD if valid else "không hợp lệ / not valid",
        "where": "" if location is None else location.key,
    }


def _look_up(
    application: Application, caller: Caller, archived: list[PaperView], output: Output
) -> bool:
    """Find the person whom most papers name; whether all of these papers were found."""
    named: Counter[str] = Counter()
    for row in archived:
        content = papers.open_paper(application, caller, row.paper).content
        people = () if content is None else content.description.people()
        named.update({person.citizen_id for person in people if person.citizen_id})
    if not named:
        return False
    number, count = named.most_common(1)[0]
    output.say(f'sohoa find --citizen-id {number} --purpose "xem thử / demo"')
    found = find(
        application, caller, LookupBy.CITIZEN_ID, number, purpose="xem thử / demo", limit=100
    ).rows
    output.rows(
        ({"dossier": f.dossier, "kind": f.kind, "person": f.person, "role": f.role} for f in found),
        ("dossier", "kind", "person", "role"),
    )
    # Papers that somebody signed at the desks name the person too.
    return len({f.paper for f in found} & {row.paper for row in archived}) == count


if __name__ == "__main__":
    try:
        sys.exit(int(main(Path(sys.argv[1]))))
    except SohoaError as error:
        sys.stderr.write(f"demo: {error.code}: {error.message}\n")
        sys.exit(int(exit_of(error)))
