"""The access log for auditors: who saw whose data, when, why, and what was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.people import names_of
from api.desk.search import number_of
from dossier.codes import mask_numbers
from workflow.ledger.access_log import AccessRecord

_MOST_PAPERS = 10_000
_MISSES_SINCE = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessView:
    """One line of the access log, as every output shows it.

    Attributes:
        cursor: for the next page.
        who: the person's name, or what history names a program or an operator.
        subject: what was looked up, numbers masked; empty where a paper was opened.
        times: how often in this session.
    """

    cursor: int
    at: datetime
    last_at: datetime
    times: int
    who: str
    on_behalf_of: str
    office: str
    action: str
    purpose: str
    subject: str
    papers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissesView:
    """Look-ups of citizen IDs without result, of one person or program, in the last seven days."""

    who: str
    misses: int
    last_at: datetime


def list_accesses(
    application: Application,
    caller: Caller,
    *,
    before: int | None = None,
    person: UUID | None = None,
    paper: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 100,
) -> list[AccessView]:
    """Lines of the caller's offices, newest first.

    Args:
        application: holds the log.
        caller: with the right to audit.
        before: the cursor of the last line of the page before.
        person: only this person's.
        paper: only those that showed this paper.
        since: first access at or after.
        until: first access before.
        limit: of lines.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.AUDIT)
    found = application.access_log.list_records(
        offices=caller.offices,
        before=before,
        person=person,
        paper=paper,
        since=since,
        until=until,
        limit=limit,
    )
    return _views(application, found)


def list_about_person(application: Application, caller: Caller, number: str) -> list[AccessView]:
    """Who looked up one citizen, or was shown one of the citizen's papers, newest first.

    The answer to a citizen who asks (Luật 91/2025); the question is logged too.

    Args:
        application: holds the log and the catalogue.
        caller: with the right to audit.
        number: citizen ID or CMND, in any spelling.

    Raises:
        WrongUse: ``right.missing``, ``find.bad-number``.
    """
    caller.require(Right.AUDIT)
    digits = number_of(number)
    papers = {
        hit.paper
        for hit in application.catalogue.by_citizen_id(
            digits, offices=caller.offices, limit=_MOST_PAPERS
        )
    }
    return _views(
        application,
        application.access_log.list_about(digits, papers=papers, offices=caller.offices),
    )


def list_misses(application: Application, caller: Caller) -> list[MissesView]:
    """Who looked up citizen IDs that nobody has, most misses first.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.AUDIT)
    since = application.clock.now() - _MISSES_SINCE
    found = application.access_log.list_misses(offices=caller.offices, since=since)
    names = names_of(application, [one.actor for one in found])
    return [
        MissesView(who=names.get(one.actor, one.actor), misses=one.misses, last_at=one.last_at)
        for one in found
    ]


def _views(application: Application, records: Sequence[AccessRecord]) -> list[AccessView]:
    names = names_of(application, [record.actor for record in records])
    return [
        AccessView(
            cursor=record.id,
            at=record.at,
            last_at=record.last_at,
            times=record.times,
            who=names.get(record.actor, record.actor),
            on_behalf_of=record.on_behalf_of,
            office=record.office,
            action=record.action,
            purpose=mask_numbers(record.purpose),
            subject="" if record.action == "open" else mask_numbers(record.subject),
            papers=record.papers,
        )
        for record in records
    ]
