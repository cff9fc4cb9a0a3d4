"""The access log: who looked up or opened what, why, and what was shown."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from dossier.ports import AccessEntry, Ids
from workflow.ledger.connections import Connections, lock
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.people_tables import ACCESS, ACCESS_PAPER

BY_NUMBER = "citizen-id"
# Actions that search; every other action opens the one paper of its entry.
_LOOKUPS = frozenset({BY_NUMBER, "text", "dossier", "list"})
_PAPERS_PER_QUERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRecord:
    """One line of the access log.

    Attributes:
        id: higher for later lines. It counts the lines of all offices: never show it.
        at: of the first access.
        last_at: of the last access; a paper opened again in a session adds no line.
        times: how often.
        actor: the caller, as history names it.
        on_behalf_of: the colleague for whom a program acted, as the program named them.
        subject: the paper opened or the query; may hold a citizen ID, so mask it.
        papers: those that were shown.
    """

    id: int
    office: str
    at: datetime
    last_at: datetime
    times: int
    actor: str
    on_behalf_of: str
    person: UUID | None
    session: UUID | None
    action: str
    purpose: str
    subject: str
    papers: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissCount:
    """Look-ups of citizen IDs that found nothing, of one actor."""

    actor: str
    misses: int
    last_at: datetime


class SqlAccessLog:
    """The access log of all offices. Purpose and query are encrypted; lines are never deleted.

    Args:
        connections: of the database.
        cipher: encrypts purpose and query, hashes citizen IDs.
        ids: gives each line the ID that its encryption is bound to.
    """

    def __init__(self, connections: Connections, *, cipher: FieldCipher, ids: Ids) -> None:
        self._writing, self._reading = connections.writing, connections.reading
        self._cipher = cipher
        self._ids = ids

    def record(self, entry: AccessEntry) -> None:
        """Append an entry and commit it, before the data is shown.

        A paper opened again in the same session for the same purpose raises the count of its line.

        Raises:
            TransientFault: the database did not take it.
        """
        opened = None if entry.action in _LOOKUPS or not entry.papers else entry.papers[0]
        purpose_hash = self._cipher.hash_text(f"purpose:{entry.purpose}")
        with self._writing() as c:
            if entry.session is not None and opened is not None:
                lock(c, "access", entry.session.hex, opened.hex)
                repeated = c.execute(
                    ACCESS.update()
                    .where(
                        ACCESS.c.session == entry.session,
                        ACCESS.c.opened == opened,
                        ACCESS.c.purpose_hash == purpose_hash,
                    )
                    .values(last_at=entry.at, times=ACCESS.c.times + 1)
                )
                if repeated.rowcount:
                    return
            self._insert(c, entry, opened, purpose_hash)

    def _insert(
        self, connection: sa.Connection, entry: AccessEntry, opened: UUID | None, purpose: bytes
    ) -> None:
        key = self._ids.new()
        detail = json.dumps({"purpose": entry.purpose, "subject": entry.subject})
        by_number = entry.action == BY_NUMBER
        papers = tuple(dict.fromkeys(entry.papers))
        line = connection.execute(
            ACCESS.insert()
            .values(
                office=entry.office,
                at=entry.at,
                last_at=entry.at,
                times=1,
                actor=entry.actor,
                on_behalf_of=entry.on_behalf_of,
                person=entry.person,
                session=entry.session,
                action=entry.action,
                opened=opened,
                purpose_hash=purpose,
                number_hash=self._number_hash(entry.subject) if by_number else None,
                hits=len(papers),
                key=key,
                detail=self._cipher.encrypt(detail.encode(), key),
            )
            .returning(ACCESS.c.id)
        ).scalar_one()
        if papers:
            connection.execute(
                ACCESS_PAPER.insert(),
                [{"access": line, "paper": paper, "office": entry.office} for paper in papers],
            )

    def _number_hash(self, number: str) -> bytes:
        # Not the hash of the catalogue: a copied database must not link look-ups to records.
        return self._cipher.hash_text(f"access:{number}")

    def list_records(
        self,
        *,
        offices: Sequence[str],
        before: int | None = None,
        limit: int = 100,
        actor: str | None = None,
        person: UUID | None = None,
        paper: UUID | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[AccessRecord]:
        """Lines of these offices, newest first.

        Args:
            offices: whose lines.
            before: only lines before this ID, for the next page.
            limit: the most lines to return.
            actor: only lines of this actor.
            person: only lines of this user.
            paper: only lines that showed this paper.
            since: only lines whose first access is at or after this time.
            until: only lines whose first access is before this time.
        """
        query = sa.select(ACCESS).where(ACCESS.c.office.in_(offices))
        if before is not None:
            query = query.where(ACCESS.c.id < before)
        if actor is not None:
            query = query.where(ACCESS.c.actor == actor)
        if person is not None:
            query = query.where(ACCESS.c.person == person)
        if paper is not None:
            query = query.where(ACCESS.c.id.in_(_lines_with([paper])))
        if since is not None:
            query = query.where(ACCESS.c.at >= since)
        if until is not None:
            query = query.where(ACCESS.c.at < until)
        with self._reading() as c:
            return self._records(c, query.order_by(ACCESS.c.id.desc()).limit(limit))

    def list_about(
        self, number: str, *, papers: Collection[UUID], offices: Sequence[str], limit: int = 100
    ) -> list[AccessRecord]:
        """Lines about one person: who looked up their number, or was shown their papers.

        Args:
            number: citizen ID or CMND, digits alone.
            papers: the papers that name the person, from the catalogue.
            offices: whose lines.
            limit: the most lines to return; the newest are kept.
        """
        about = ACCESS.c.number_hash == self._number_hash(number)
        found: dict[int, AccessRecord] = {}
        rest = sorted(papers)
        with self._reading() as c:
            while True:
                part, rest = rest[:_PAPERS_PER_QUERY], rest[_PAPERS_PER_QUERY:]
                either = sa.or_(about, ACCESS.c.id.in_(_lines_with(part))) if part else about
                query = sa.select(ACCESS).where(ACCESS.c.office.in_(offices), either)
                newest = query.order_by(ACCESS.c.id.desc()).limit(limit)
                found |= {record.id: record for record in self._records(c, newest)}
                if not rest:
                    return [found[line] for line in sorted(found, reverse=True)[:limit]]

    def get_purpose(self, session: UUID, paper: UUID) -> str | None:
        """The purpose of the newest look-up of a session that showed a paper; None without one."""
        return self._purpose(paper, ACCESS.c.session == session)

    def get_purpose_of(
        self, actor: str, on_behalf_of: str, paper: UUID, *, since: datetime
    ) -> str | None:
        """The purpose of an actor's newest look-up since then that showed a paper."""
        return self._purpose(
            paper,
            ACCESS.c.actor == actor,
            ACCESS.c.on_behalf_of == on_behalf_of,
            ACCESS.c.at >= since,
        )

    def _purpose(self, paper: UUID, *whose: sa.ColumnElement[bool]) -> str | None:
        query = (
            sa.select(ACCESS.c.detail, ACCESS.c.key)
            .where(*whose, ACCESS.c.action.in_(_LOOKUPS), ACCESS.c.id.in_(_lines_with([paper])))
            .order_by(ACCESS.c.id.desc())
            .limit(1)
        )
        with self._reading() as c:
            row = c.execute(query).first()
        if row is None:
            return None
        return str(json.loads(self._cipher.decrypt(row.detail, row.key))["purpose"])

    def count_misses(self, actor: str, *, since: datetime) -> int:
        """How often an actor looked up a citizen ID without result since a time."""
        query = sa.select(sa.func.count()).where(
            ACCESS.c.actor == actor, ACCESS.c.at >= since, *_missed()
        )
        with self._reading() as c:
            return c.execute(query).scalar_one()

    def list_misses(self, *, offices: Sequence[str], since: datetime) -> list[MissCount]:
        """Look-ups of citizen IDs without result since a time, by actor, most misses first."""
        misses = sa.func.count().label("misses")
        query = (
            sa.select(ACCESS.c.actor, misses, sa.func.max(ACCESS.c.at).label("last_at"))
            .where(ACCESS.c.office.in_(offices), ACCESS.c.at >= since, *_missed())
            .group_by(ACCESS.c.actor)
            .order_by(misses.desc(), ACCESS.c.actor)
        )
        with self._reading() as c:
            return [MissCount(**row) for row in c.execute(query).mappings()]

    def _records(self, connection: sa.Connection, query: sa.Select[Any]) -> list[AccessRecord]:
        rows = connection.execute(query).mappings().all()
        shown = defaultdict(list)
        of = sa.select(ACCESS_PAPER).where(ACCESS_PAPER.c.access.in_([row["id"] for row in rows]))
        for row in connection.execute(of.order_by(ACCESS_PAPER.c.paper)):
            shown[row.access].append(row.paper)
        return [self._record(row, tuple(shown[row["id"]])) for row in rows]

    def _record(self, row: sa.RowMapping, papers: tuple[UUID, ...]) -> AccessRecord:
        detail = json.loads(self._cipher.decrypt(row["detail"], row["key"]))
        known = {
            "papers": papers,
            "purpose": detail["purpose"],
            "subject": detail["subject"],
        }
        names = AccessRecord.__dataclass_fields__.keys() - known.keys()
        return AccessRecord(**{name: row[name] for name in names}, **known)


def _lines_with(papers: Sequence[UUID]) -> sa.Select[Any]:
    return sa.select(ACCESS_PAPER.c.access).where(ACCESS_PAPER.c.paper.in_(papers))


def _missed() -> tuple[sa.ColumnElement[bool], ...]:
    return ACCESS.c.action == BY_NUMBER, ACCESS.c.hits == 0
