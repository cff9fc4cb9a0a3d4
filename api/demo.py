"""``make demo``: the main job on the sample scans, in trial data, from scan to found record."""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from api import bootstrap, logs
from api.application import Application
from api.cli.exit_codes import Exit, exit_of, worst
from api.cli.output import Output
from api.cli.progress import Waiting
from api.desk import papers as desk_papers
from api.desk.intake import files_under
from api.settings import read_settings
from api.wording import labels
from dossier.codes import dossier_code, masked
from dossier.errors import SohoaError
from dossier.states import PaperState
from workflow.ledger.types import PaperSummary

_COLUMNS = ("dossier", "source", "kind", "citizen_ids", "pdfa", "signature", "where")
_ACTOR = "demo"


def main(samples: Path) -> int:
    """Ingest, sign and archive every dossier folder of the samples, then look one person up."""
    settings = read_settings()
    logs.to_stderr(settings.log_level)
    output = Output(settings, as_json=False)
    bootstrap.init(settings, trial=True)
    output.say("DỮ LIỆU THỬ NGHIỆM / FOR TRYING OUT: CA, TSA và chữ ký ở đây không có giá trị.")
    output.say("The CA, TSA and signer made here prove nothing. Never put real papers here.\n")
    application = bootstrap.open_application(settings)
    try:
        with Waiting(signing=True) as waiting:
            known = _ingest(application, samples, waiting)
        rows = application.ledger.papers.list_papers(offices=application.offices)
        archived = [row for row in rows if row.state is PaperState.ARCHIVED]
        with tempfile.TemporaryDirectory() as folder:
            table = [_told(application, row, Path(folder)) for row in archived]
        output.rows(table, _COLUMNS)
        if known:
            output.say(f"{known} giấy đã có từ trước, không nhận lần nữa / were already there.")
        output.say(f"{len(archived)} / {len(rows)} giấy đã lưu / archived.\n")
        found = _look_up(application, archived, output)
    finally:
        application.close()
    if waiting.errors:
        return worst(waiting.errors)
    sound = all(row["pdfa"] == _GOOD and row["signature"] == _GOOD for row in table)
    return Exit.DONE if found and sound and len(archived) == len(rows) else Exit.INTEGRITY


_GOOD = "đạt / valid"


def _ingest(application: Application, samples: Path, waiting: Waiting) -> int:
    """Take every folder in as a dossier of its name; how many papers were there already."""
    known = 0

    def take_all(enqueue: Callable[[UUID], None]) -> None:
        nonlocal known
        for folder in sorted(path for path in samples.iterdir() if path.is_dir()):
            code = dossier_code(folder.name)
            for file in files_under([folder]):
                taken, error = application.intake.take(file, dossier=code, sign=True, accept=True)
                waiting.expect(taken.paper, f"{code} {file.name}")
                if error is not None:
                    waiting.turned_away(taken.paper, error)
                    continue
                if taken.known_already:
                    waiting.known(taken.paper)
                    known += 1
                enqueue(taken.paper)

    application.work(take_all, watch=waiting)
    return known


def _told(application: Application, row: PaperSummary, folder: Path) -> dict[str, object]:
    """A row of the table; the signature is verified in the package as it comes out."""
    shown = desk_papers.show(application, row.paper, actor=_ACTOR)
    _, signed = desk_papers.export(application, row.paper, folder, actor=_ACTOR)
    reports = application.verify(signed)
    numbers = [
        f"{labels.role(value['field'].partition('.')[0])} {masked(value['text'])}"
        for value in shown["description"]["values"]
        if value["field"].endswith(".citizen_id")
    ]
    return {
        "dossier": row.dossier,
        "source": row.source,
        "kind": row.kind,
        "citizen_ids": numbers,
        "pdfa": _GOOD if not shown["pdfa"]["findings"] else "không đạt / not valid",
        "signature": _GOOD
        if reports and all(report.valid for report in reports)
        else "không hợp lệ / not valid",
        "where": shown["record"]["key"],
    }


def _look_up(application: Application, archived: list[PaperSummary], output: Output) -> bool:
    """Find the person whom most papers name; whether all of these papers were found."""
    named: Counter[str] = Counter()
    for row in archived:
        held = application.ledger.papers.get(row.paper, offices=application.offices)
        if held is not None and held.record is not None:
            people = held.record.description.people()
            named.update({person.citizen_id for person in people if person.citizen_id})
    if not named:
        return False
    number, papers = named.most_common(1)[0]
    output.say(f'sohoa find --citizen-id {number} --purpose "xem thử / demo"')
    found = desk_papers.find(
        application, "citizen-id", number, purpose="xem thử / demo", actor=_ACTOR, limit=100
    )
    output.rows(
        ({"dossier": f.dossier, "kind": f.kind, "person": f.person, "role": f.role} for f in found),
        ("dossier", "kind", "person", "role"),
    )
    return len({f.paper for f in found}) == papers


if __name__ == "__main__":
    try:
        sys.exit(int(main(Path(sys.argv[1]))))
    except SohoaError as error:
        sys.stderr.write(f"demo: {error.code}: {error.message}\n")
        sys.exit(int(exit_of(error)))
