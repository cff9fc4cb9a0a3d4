"""Correcting a value of an archived record, with who, when and why."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.corrections import corrected
from api.desk.dossier_records import write_now
from api.desk.papers import opened
from api.desk.rebuild import restoring_of
from archive.correction import correct
from dossier.errors import WrongUse
from dossier.spine import Description
from dossier.states import PaperState

_LONGEST_REASON = 500


def correct_record(
    application: Application,
    caller: Caller,
    paper: UUID,
    corrections: Mapping[str, str],
    *,
    reason: str,
) -> int:
    """Write a new version of an archived record with corrected values; its number.

    The store comes first, then the catalogue, then the ledger. A call that was killed between
    them is completed by the same call or by ``rebuild``.

    Args:
        application: holds the paper.
        caller: corrects it.
        paper: the ID of an archived paper.
        corrections: field to text, as for ``corrected``.
        reason: why; kept in the record.

    Raises:
        WrongUse: ``paper.unknown``, ``correct.not-archived``, ``correct.no-reason``,
            ``correct.nothing``, and those of ``corrected``.
        IntegrityViolation: the record is damaged.
        TransientFault: store or database did not answer.
    """
    caller.require(Right.REVIEW)
    stored = opened(application, caller, paper)
    record = None if stored.item is None else stored.item.record
    if stored.location is None or record is None or stored.summary.state != PaperState.ARCHIVED:
        raise WrongUse(
            "correct.not-archived",
            f"paper {paper} is {stored.summary.state}; only an archived record is corrected, and "
            "before that a paper is reviewed",
        )
    reason = " ".join(reason.split())[:_LONGEST_REASON]
    if not reason:
        raise WrongUse("correct.no-reason", "say why the record is corrected; it is kept with it")
    description = corrected(record.description, corrections, kinds=application.forms.by_id)
    if _texts(description) == _texts(record.description):
        raise WrongUse("correct.nothing", "these are the values the record has already")
    written = correct(
        application.store,
        stored.location.key,
        description,
        at=application.clock.now(),
        actor=caller.author,
        reason=reason,
    )
    application.catalogue.add(written.entry)
    restoring_of(application).correct(written.archived)
    corrected_paper = written.archived.signed.record.paper
    write_now(application, corrected_paper.office, corrected_paper.dossier, actor=caller.author)
    return written.archived.version


def _texts(description: Description) -> tuple[str, dict[str, str]]:
    return description.kind, {value.field: value.text for value in description.values}
