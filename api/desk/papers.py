"""What a person does at a desk: opens, reviews, finds, takes out; each look is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

from api.application import Application
from api.desk.corrections import reviewed
from archive import export as exporting
from archive import package, read
from dossier import written
from dossier.codes import citizen_id, dossier_code, is_cmnd
from dossier.errors import WrongUse
from dossier.ports import AccessEntry, Found
from dossier.spine import RecognisedPage, Record
from dossier.states import PaperState
from workflow.ledger.types import Outcome, PaperSummary, WorkItem

_LONGEST_PURPOSE = 500


def show(application: Application, paper: UUID, *, actor: str) -> dict[str, Any]:
    """Everything known of a paper; opening it is written down."""
    held, row = opened(application, paper, actor=actor)
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
    place = application.ledger.papers.get_location(paper)
    if place is not None:
        told["record"] = {
            "object_id": place.object_id,
            "key": place.key,
            "version": place.version,
            "kept_until": place.kept_until,
        }
    told["history"] = _history(application, paper)
    return told


def _history(application: Application, paper: UUID) -> list[dict[str, Any]]:
    return [
        {
            "at": move.at,
            "before": move.before,
            "after": move.after,
            "code": move.code,
            "reason": move.reason,
            "actor": move.actor,
        }
        for move in application.ledger.papers.list_history(paper)
    ]


def words(application: Application, paper: UUID, *, actor: str) -> tuple[RecognisedPage, ...]:
    """The recognised pages of a paper; opening it is written down.

    Raises:
        WrongUse: ``paper.not-read``: it has not been read yet, or was rejected.
    """
    held, row = opened(application, paper, actor=actor)
    if row.state is PaperState.ARCHIVED:
        stored = read.load(application.store, record_key(application, paper))
        content = package.read_words(application.store, stored)
    elif held.words is not None and not is_gone(row.state):
        with application.store.work_file(held.words) as file:
            content = file.read_bytes()
    else:
        raise WrongUse("paper.not-read", f"paper {paper} has no text: it stands {row.state}")
    return written.words_from_json(content)[0]


def review(
    application: Application,
    paper: UUID,
    typed: Mapping[str, str],
    *,
    actor: str,
    version: int | None = None,
) -> None:
    """Set values, settle all doubts, and let the paper go on.

    Args:
        application: as the actor sees it.
        paper: which.
        typed: field to text.
        actor: who.
        version: of the paper as it was looked at, where that is known.

    Raises:
        WrongUse: ``review.not-in-review``, ``review.changed-meanwhile``, and those of
            ``api.desk.corrections.reviewed``.
    """
    held, row = looked(application, paper)
    if held.record is None or row.state is not PaperState.REVIEW:
        raise WrongUse(
            "review.not-in-review", f"paper {paper} stands {row.state}; only REVIEW is reviewed"
        )
    if version is not None and version != held.version:
        raise _changed_meanwhile(paper)
    kinds = application.stages.forms.by_id
    record: Record = replace(
        held.record, description=reviewed(held.record.description, typed, kinds=kinds)
    )
    outcome = Outcome(after=PaperState.DESCRIBED, record=record)
    if not application.ledger.queue.finish(held, outcome, now=application.clock.now(), actor=actor):
        raise _changed_meanwhile(paper)


def find(
    application: Application, manner: str, text: str, *, purpose: str, actor: str, limit: int
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
        found = application.catalogue.by_citizen_id(
            number, offices=application.offices, limit=limit
        )
    elif manner == "dossier":
        found = application.catalogue.by_dossier(
            dossier_code(text), offices=application.offices, limit=limit
        )
    else:
        found = application.catalogue.by_text(text, offices=application.offices, limit=limit)
    shown = tuple(dict.fromkeys(row.paper for row in found))
    _write_down(application, manner, text, purpose=purpose, actor=actor, shown=shown)
    return found


def export(application: Application, paper: UUID, folder: Path, *, actor: str) -> tuple[Path, Path]:
    """The package of an archived paper as a folder in ``folder``, and the signed PDF in it."""
    held, _ = opened(application, paper, actor=actor)
    made = exporting.export(record_key(application, paper), folder, store=application.store)
    return made, made / package.signed_path(held.paper)


def _changed_meanwhile(paper: UUID) -> WrongUse:
    return WrongUse(
        "review.changed-meanwhile",
        f"somebody else changed paper {paper} meanwhile; look at it again",
    )


def looked(application: Application, paper: UUID) -> tuple[WorkItem, PaperSummary]:
    """A paper as it stands, if this application may see it.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    held = application.ledger.papers.get(paper, offices=application.offices)
    row = application.ledger.papers.get_summary(paper, offices=application.offices)
    if held is None or row is None:
        raise WrongUse("paper.unknown", "there is no such paper; see them with: sohoa list")
    return held, row


def is_gone(state: PaperState) -> bool:
    """Whether a paper that stands so is kept no longer: nothing of what it says is given out."""
    return state in {PaperState.REJECTED, PaperState.DISPOSED}


def opened(application: Application, paper: UUID, *, actor: str) -> tuple[WorkItem, PaperSummary]:
    """A paper, its opening written down."""
    held, row = looked(application, paper)
    _write_down(application, "open", str(paper), purpose="", actor=actor, shown=(paper,))
    return held, row


def record_key(application: Application, paper: UUID) -> str:
    """Where an archived paper lies in the record area.

    Raises:
        WrongUse: ``paper.not-archived``.
    """
    place = application.ledger.papers.get_location(paper)
    if place is None:
        raise WrongUse("paper.not-archived", f"paper {paper} is not archived yet")
    return place.key


def _write_down(
    application: Application,
    manner: str,
    asked: str,
    *,
    purpose: str,
    actor: str,
    shown: tuple[UUID, ...],
) -> None:
    application.access_log.record(
        AccessEntry(
            office=application.settings.office,
            at=application.clock.now(),
            actor=actor,
            purpose=purpose[:_LONGEST_PURPOSE],
            action=manner,
            subject=asked,
            papers=shown,
        )
    )
