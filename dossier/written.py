"""The written form of the spine: JSON as sent to children and stored in ledger and store.

Every reader refuses what it does not know with ``ValueError``, ``TypeError`` or ``KeyError``;
callers translate at their border. ``FORMAT`` is raised when a field changes its meaning.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from dossier.reports import Level, PdfaReport, Signature, SignatureReport
from dossier.spine import Box, Description, RecognisedPage, Source, Value, Word

FORMAT = 1

JsonObject = dict[str, Any]
# Of a written word.
_TEXT, _LINE = itemgetter(0), itemgetter(6)


def dumps(value: object) -> bytes:
    """JSON in UTF-8, one form for equal values: keys sorted, no spaces, no escapes."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def box_to_json(box: Box) -> list[float]:
    """Four numbers in pt, one digit after the point."""
    return [round(n, 1) for n in (box.left, box.top, box.right, box.bottom)]


def box_from_json(numbers: object) -> Box:
    """The box of four numbers."""
    if not isinstance(numbers, list) or len(numbers) != 4:  # noqa: PLR2004 - a box has four sides
        raise ValueError("a box is four numbers")
    return Box(*(float(n) for n in numbers))


def page_to_json(page: RecognisedPage) -> JsonObject:
    """A page as an object; words as ``[text, left, top, right, bottom, confidence, line]``."""
    made: JsonObject = {
        "number": page.number,
        "width": round(page.width, 2),
        "height": round(page.height, 2),
        "turn": page.turn,
        "unread": page.unread,
        "words": [
            [w.text, *box_to_json(w.box), round(w.confidence, 2), w.line] for w in page.words
        ],
    }
    if page.doubts:
        made["doubts"] = list(page.doubts)
    if page.attachments:
        made["attachments"] = list(page.attachments)
    return made


def page_from_json(written: Mapping[str, Any]) -> RecognisedPage:
    """The page of an object."""
    return RecognisedPage(
        number=int(written["number"]),
        width=float(written["width"]),
        height=float(written["height"]),
        turn=int(written["turn"]),
        unread=str(written["unread"]),
        doubts=tuple(str(doubt) for doubt in written.get("doubts", ())),
        attachments=tuple(str(name) for name in written.get("attachments", ())),
        words=tuple(
            Word(
                str(w[0]),
                Box(float(w[1]), float(w[2]), float(w[3]), float(w[4])),
                float(w[5]),
                int(w[6]),
            )
            for w in written["words"]
        ),
    )


def words_to_json(pages: tuple[RecognisedPage, ...], *, engine: str) -> bytes:
    """``words.json``: all pages of a paper, as it is kept in the store."""
    return dumps(
        {
            "format": FORMAT,
            "engine": engine,
            "unit": "pt from the top left of the upright page",
            "pages": [page_to_json(page) for page in pages],
        }
    )


def words_from_json(written: bytes) -> tuple[tuple[RecognisedPage, ...], str]:
    """The pages and the engine of a ``words.json``."""
    read = json.loads(written)
    if read["format"] != FORMAT:
        raise ValueError("words.json is of another format")
    return tuple(page_from_json(page) for page in read["pages"]), str(read["engine"])


def text_from_words_json(written: bytes) -> str:
    """The text of a ``words.json`` as ``RecognisedPaper.text`` gives it, without building it."""
    read = json.loads(written)
    if read["format"] != FORMAT:
        raise ValueError("words.json is of another format")
    pages: list[str] = []
    for page in read["pages"]:
        lines: dict[int, list[str]] = {}
        for line, words in groupby(page["words"], _LINE):
            lines.setdefault(line, []).extend(map(_TEXT, words))
        pages.append("\n".join(map(" ".join, lines.values())))
    return "\f".join(pages)


def value_to_json(value: Value) -> JsonObject:
    """One value."""
    return {
        "field": value.field,
        "text": value.text,
        "source": value.source.value,
        "confidence": round(value.confidence, 3),
        "page": value.page,
        "box": None if value.box is None else box_to_json(value.box),
        "doubt": value.doubt,
    }


def description_to_json(description: Description) -> JsonObject:
    """A description."""
    made: JsonObject = {
        "format": FORMAT,
        "kind": description.kind,
        "values": [value_to_json(value) for value in description.values],
        "doubts": list(description.doubts),
    }
    if description.absent:
        made["absent"] = list(description.absent)
    return made


def description_from_json(written: Mapping[str, Any]) -> Description:
    """The description of an object."""
    if written["format"] != FORMAT:
        raise ValueError("the description is of another format")
    return Description(
        kind=str(written["kind"]),
        doubts=tuple(str(d) for d in written["doubts"]),
        absent=tuple(str(field) for field in written.get("absent", ())),
        values=tuple(
            Value(
                field=str(v["field"]),
                text=str(v["text"]),
                source=Source(v["source"]),
                confidence=float(v["confidence"]),
                page=None if v["page"] is None else int(v["page"]),
                box=None if v["box"] is None else box_from_json(v["box"]),
                doubt=str(v["doubt"]),
            )
            for v in written["values"]
        ),
    )


def report_to_json(report: SignatureReport) -> JsonObject:
    """The report on one signature; its verdict and indication are for readers."""
    return {
        "signer": report.signer,
        "issuer": report.issuer,
        "valid_from": _time_to_json(report.valid_from),
        "valid_until": _time_to_json(report.valid_until),
        "signed_at": _time_to_json(report.signed_at),
        "time_authority": report.time_authority,
        "level": None if report.level is None else report.level.value,
        "intact": report.intact,
        "trusted": report.trusted,
        "revocation_checked": report.revocation_checked,
        "covers_whole_file": report.covers_whole_file,
        "verdict": report.verdict.value,
        "changed_later": list(report.changed_later),
        "allowed_changes": list(report.allowed_changes),
        "undecided": list(report.undecided),
        "problem": report.problem,
        "remarks": list(report.remarks),
        "indication": report.indication,
        "sub_indication": report.sub_indication,
        "is_timestamp": report.is_timestamp,
    }


def report_from_json(written: Mapping[str, Any]) -> SignatureReport:
    """The report of an object."""
    level = written["level"]
    return SignatureReport(
        signer=str(written["signer"]),
        issuer=str(written.get("issuer", "")),
        valid_from=_time_from_json(written.get("valid_from")),
        valid_until=_time_from_json(written.get("valid_until")),
        signed_at=_time_from_json(written["signed_at"]),
        time_authority=str(written.get("time_authority", "")),
        level=None if level is None else Level(level),
        intact=bool(written["intact"]),
        trusted=bool(written["trusted"]),
        revocation_checked=bool(written.get("revocation_checked", False)),
        covers_whole_file=bool(written["covers_whole_file"]),
        changed_later=_codes(written["changed_later"]),
        allowed_changes=_codes(written.get("allowed_changes", ())),
        undecided=_codes(written.get("undecided", ())),
        problem=str(written["problem"]),
        remarks=_codes(written.get("remarks", ())),
        sub_indication=str(written.get("sub_indication", "")),
        is_timestamp=bool(written.get("is_timestamp", False)),
    )


def _time_to_json(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _time_from_json(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _codes(written: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(code) for code in written)


def pdfa_report_to_json(report: PdfaReport) -> JsonObject:
    """The report on a PDF/A."""
    return {
        "flavour": report.flavour,
        "validator": report.validator,
        "findings": list(report.findings),
        "drawn_anew": list(report.drawn_anew),
    }


def pdfa_report_from_json(written: Mapping[str, Any]) -> PdfaReport:
    """The report of an object."""
    return PdfaReport(
        flavour=str(written["flavour"]),
        validator=str(written["validator"]),
        findings=tuple(str(f) for f in written["findings"]),
        drawn_anew=tuple(int(n) for n in written["drawn_anew"]),
    )


def signature_to_json(signature: Signature) -> JsonObject:
    """A signature of ours."""
    until = signature.provable_until
    return {
        "signer": signature.signer,
        "certificate": signature.certificate,
        "signed_at": signature.signed_at.isoformat(),
        "level": signature.level.value,
        "remarks": list(signature.remarks),
        **({"provable_until": until.isoformat()} if until else {}),
    }


def signature_from_json(written: Mapping[str, Any]) -> Signature:
    """The signature of an object."""
    return Signature(
        signer=str(written["signer"]),
        certificate=str(written["certificate"]),
        signed_at=datetime.fromisoformat(written["signed_at"]),
        level=Level(written["level"]),
        remarks=_codes(written.get("remarks", ())),
        provable_until=_time_from_json(written.get("provable_until")),
    )
