"""What a person does at a desk: opens, reviews, finds, takes out; each look is written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from api.house import House
from api.ledger.hand import InHand, Lookup, Outcome
from api.review import reviewed
from archive import export as exporting
from archive import fixity, package, read, rebuild
from archive.recall import recall
from dossier import written
from dossier.codes import citizen_id, dossier_code, is_cmnd
from dossier.errors import WrongUse
from dossier.ports import Found, LedgerRow
from dossier.spine import RecognisedPage, Record
from dossier.states import PaperState

_LONGEST_PURPOSE = 500


def show(house: House, paper: UUID, *, actor: str) -> dict[str, Any]:
    """Everything known of a paper; opening it is written down."""
    held, row = opened(house, paper, actor=actor)
    record = held.record
    scan = held.paper.scan.blob
    told: dict[str, Any] = {
        "paper": str(paper),
        "dossier": row.dossier,
        "ordinal": row.ordinal,
        "office": row.office,
        "source": row.source,
        "state": row.state.value,
        "code": row.code,
        "reason": row.reason,
        "fault": row.fault,
        "pages": row.pages,
        "kind": row.kind,
        "received_at": held.paper.scan.received_at,
        "media_type": held.paper.scan.media_type.value if scan.digest else "",
        "sha256": scan.digest,
        "arrived_signed": held.paper.arrived_signed,
        "engine": held.engine,
        "description": {"kind": "", "values": [], "doubts": []},
        "pdfa": None,
        "received_signatures": [],
        "signatures": [],
        "record": None,
    }
    if record is not None:
        told["description"] = written.description_to_json(record.description)
        told["pdfa"] = written.pdfa_report_to_json(record.pdfa_report)
        told["received_signatures"] = [
            written.report_to_json(report) for report in record.received_signatures
        ]
    if held.signed is not None:
        told["signatures"] = [written.signature_to_json(s) for s in held.signed.signatures]
    place = house.ledger.place(paper)
    if place is not None:
        object_id, key, version, kept_until = place
        told["record"] = {
            "object_id": object_id,
            "key": key,
            "version": version,
            "kept_until": kept_until,
        }
    told["history"] = _history(house, paper)
    return told


def _history(house: House, paper: UUID) -> list[dict[str, Any]]:
    return [
        {
            "at": move.at,
            "before": move.before,
            "after": move.after,
            "code": move.code,
            "reason": move.reason,
            "actor": move.actor,
        }
        for move in house.ledger.history(paper)
    ]


def words(house: House, paper: UUID, *, actor: str) -> tuple[RecognisedPage, ...]:
    """The recognised pages of a paper; opening it is written down.

    Raises:
        WrongUse: ``paper.not-read``: it has not been read yet, or was rejected.
    """
    held, row = opened(house, paper, actor=actor)
    if row.state is PaperState.ARCHIVED:
        stored = read.load(house.store, record_key(house, paper))
        content = read.read_file(house.store, stored, package.WORDS, limit=package.LARGEST_JSON)
    elif held.words is not None and not is_gone(row.state):
        with house.store.work_file(held.words) as file:
            content = file.read_bytes()
    else:
        raise WrongUse("paper.not-read", f"paper {paper} has no text: it stands {row.state}")
    return written.words_from_json(content)[0]


def review(
    house: House,
    paper: UUID,
    typed: Mapping[str, str],
    *,
    actor: str,
    version: int | None = None,
) -> None:
    """Set values, settle all doubts, and let the paper go on.

    Args:
        house: as the actor sees it.
        paper: which.
        typed: field to text.
        actor: who.
        version: of the paper as it was looked at, where that is known.

    Raises:
        WrongUse: ``review.not-in-review``, ``review.changed-meanwhile``, and those of
            ``api.review.reviewed``.
    """
    held, row = looked(house, paper)
    if held.record is None or row.state is not PaperState.REVIEW:
        raise WrongUse(
            "review.not-in-review", f"paper {paper} stands {row.state}; only REVIEW is reviewed"
        )
    if version is not None and version != held.version:
        raise _changed_meanwhile(paper)
    kinds = house.stages.forms.by_id
    record: Record = replace(
        held.record, description=reviewed(held.record.description, typed, kinds=kinds)
    )
    outcome = Outcome(after=PaperState.DESCRIBED, record=record)
    if not house.ledger.finish(held, outcome, now=house.clock.now(), actor=actor):
        raise _changed_meanwhile(paper)


def find(
    house: House, manner: str, text: str, *, purpose: str, actor: str, limit: int
) -> list[Found]:
    """Archived records by ``citizen-id``, ``text`` or ``dossier``; written down, then shown.

    Raises:
        WrongUse: ``find.bad-number``, ``dossier.bad-code``.
    """
    if manner == "citizen-id":
        number = "".join(text.split())
        if citizen_id(number) is None and not is_cmnd(number):
            raise WrongUse(
                "find.bad-number",
                "a citizen ID has 12 digits, of which the first three are a province; an old "
                "identity number (CMND) has 9",
            )
        found = house.catalogue.by_citizen_id(number, offices=house.offices, limit=limit)
    elif manner == "dossier":
        found = house.catalogue.by_dossier(dossier_code(text), offices=house.offices, limit=limit)
    else:
        found = house.catalogue.by_text(text, offices=house.offices, limit=limit)
    shown = tuple(dict.fromkeys(row.paper for row in found))
    _write_down(house, manner, text, purpose=purpose, actor=actor, shown=shown)
    return found


def export(house: House, paper: UUID, folder: Path, *, actor: str) -> tuple[Path, Path]:
    """The package of an archived paper as a folder in ``folder``, and the signed PDF in it."""
    held, _ = opened(house, paper, actor=actor)
    made = exporting.export(record_key(house, paper), folder, store=house.store)
    return made, made / package.signed_path(held.paper)


def rebuild_all(
    house: House, *, progress: Callable[[int, int], None]
) -> tuple[int, list[dict[str, str]]]:
    """The catalogue, and archived papers in the ledger, again from the store alone.

    Returns:
        How many records there are, and an alarm for each damaged object.
    """
    made = rebuild.rebuild(house.store, house.catalogue, progress=progress)
    alarms = [
        {"key": alarm.key, "code": alarm.code, "message": alarm.message} for alarm in made.alarms
    ]
    damaged = {alarm.key for alarm in made.alarms}
    for found in fixity.lying(house.store):
        if found.files is None or found.key in damaged:
            continue
        archived = recall(house.store, read.of_files(house.store, found.key, found.files))
        if archived.signed.record.paper.office in house.offices:
            house.ledger.restore(archived)
    return made.count, alarms


def _changed_meanwhile(paper: UUID) -> WrongUse:
    return WrongUse(
        "review.changed-meanwhile",
        f"somebody else changed paper {paper} meanwhile; look at it again",
    )


def looked(house: House, paper: UUID) -> tuple[InHand, LedgerRow]:
    """A paper as it stands, if this house may see it.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    held = house.ledger.look(paper, offices=house.offices)
    row = house.ledger.row(paper, offices=house.offices)
    if held is None or row is None:
        raise WrongUse("paper.unknown", "there is no such paper; see them with: sohoa list")
    return held, row


def is_gone(state: PaperState) -> bool:
    """Whether a paper that stands so is kept no longer: nothing of what it says is given out."""
    return state in {PaperState.REJECTED, PaperState.DISPOSED}


def opened(house: House, paper: UUID, *, actor: str) -> tuple[InHand, LedgerRow]:
    """A paper, its opening written down."""
    held, row = looked(house, paper)
    _write_down(house, "open", str(paper), purpose="", actor=actor, shown=(paper,))
    return held, row


def record_key(house: House, paper: UUID) -> str:
    """Where an archived paper lies in the record area.

    Raises:
        WrongUse: ``paper.not-archived``.
    """
    place = house.ledger.place(paper)
    if place is None:
        raise WrongUse("paper.not-archived", f"paper {paper} is not archived yet")
    return place[1]


def _write_down(
    house: House, manner: str, asked: str, *, purpose: str, actor: str, shown: tuple[UUID, ...]
) -> None:
    lookup = Lookup(
        office=house.settings.office,
        at=house.clock.now(),
        actor=actor,
        purpose=purpose[:_LONGEST_PURPOSE],
        manner=manner,
        asked=asked,
        shown=shown,
    )
    house.ledger.log_lookup(lookup, key=house.ids.new())
