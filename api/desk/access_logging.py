"""Writes the access log: every lookup and every opened paper, before anything is shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.ports import AccessEntry

_MIN_PURPOSE = 10  # letters
# A token has no session: its look-up explains what it opens for a day.
_PROGRAM_PURPOSE = timedelta(days=1)
_MAX_PURPOSE = 500  # characters, as the log keeps them


def log_opened(application: Application, caller: Caller, paper: UUID) -> None:
    """Log that the caller opens a paper, with the purpose of the look-up that led to it."""
    purpose = lookup_purpose(application, caller, paper) or ""
    _record(
        application, caller, action="open", subject=str(paper), purpose=purpose, papers=(paper,)
    )


def lookup_purpose(application: Application, caller: Caller, paper: UUID) -> str | None:
    """The purpose of the person's look-up that showed a paper in this session.

    Returns:
        The newest one; of a program, of its last day. None where no look-up showed the paper.
    """
    if not caller.session:
        return None
    if caller.person is None:
        since = application.clock.now() - _PROGRAM_PURPOSE
        return application.access_log.get_purpose_of(
            caller.actor, caller.on_behalf_of, paper, since=since
        )
    return application.access_log.get_purpose(UUID(caller.session), paper)


def log_lookup(
    application: Application,
    caller: Caller,
    *,
    action: str,
    subject: str,
    purpose: str,
    papers: Iterable[UUID],
) -> None:
    """Log a lookup with its purpose and the papers of its answer.

    Args:
        application: holds the log.
        caller: looks it up.
        action: ``citizen-id``, ``text`` or ``dossier``.
        subject: the term; encrypted at rest.
        purpose: as the caller stated it.
        papers: those that the answer names.
    """
    _record(
        application,
        caller,
        action=action,
        subject=subject,
        purpose=purpose,
        papers=tuple(dict.fromkeys(papers)),
    )


def check_purpose(purpose: str) -> str:
    """A stated purpose: a dossier code, or words of at least ten letters.

    Raises:
        WrongUse: ``find.no-purpose``: it is neither.
    """
    visible = "".join(c for c in purpose if c.isspace() or unicodedata.category(c)[0] != "C")
    stated = " ".join(visible.split())
    if sum(c.isalpha() for c in stated) < _MIN_PURPOSE and not _is_dossier_code(stated):
        raise WrongUse(
            "find.no-purpose",
            f"state the purpose of the lookup: a dossier code, or at least {_MIN_PURPOSE} letters; "
            "it is logged",
        )
    return stated


def _is_dossier_code(text: str) -> bool:
    try:
        return any(c.isdigit() for c in dossier_code(text))
    except WrongUse:
        return False


def _record(
    application: Application,
    caller: Caller,
    *,
    action: str,
    subject: str,
    purpose: str,
    papers: tuple[UUID, ...],
) -> None:
    application.access_log.record(
        AccessEntry(
            office=caller.office,
            at=application.clock.now(),
            actor=caller.actor,
            purpose=purpose[:_MAX_PURPOSE],
            action=action,
            subject=subject,
            papers=papers,
            person=caller.person,
            session=UUID(caller.session) if caller.person else None,
            on_behalf_of=caller.on_behalf_of,
        )
    )
