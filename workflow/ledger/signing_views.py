"""What a signer has seen of each paper, and the batches in which signatures were requested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from workflow.ledger.connections import Connections, lock
from workflow.ledger.people_tables import SIGNING_VIEW as VIEW


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningView:
    """What one person has seen of one paper.

    Attributes:
        version: of the paper; nothing of another version was seen.
        pages: numbers of the pages seen, as they are in the scan.
        set_aside: the person left the paper out of the next batch.
        batch: in which the signature was requested; None before.
        problem: code of the error where the request was refused; or empty.
    """

    user: UUID
    paper: UUID
    office: str
    version: int
    pages: frozenset[int]
    set_aside: bool
    batch: UUID | None
    problem: str
    at: datetime


class SigningViews:
    """The signing views of all people."""

    def __init__(self, connections: Connections) -> None:
        self._writing, self._reading = connections.writing, connections.reading

    def save_page(
        self, *, user: UUID, paper: UUID, office: str, version: int, page: int, at: datetime
    ) -> None:
        """Save that a person has seen a page of a version of a paper."""
        with self._writing() as c:
            known = self._find(c, user, paper)
            kept = set() if known is None or known["version"] != version else set(known["pages"])
            self._save(
                c,
                known,
                user=user,
                paper=paper,
                office=office,
                version=version,
                pages=sorted(kept | {page}),
                set_aside=False,
                at=at,
            )

    def set_aside(
        self, *, user: UUID, paper: UUID, office: str, version: int, at: datetime
    ) -> None:
        """Leave a paper out of the person's next batch; it counts as unseen."""
        with self._writing() as c:
            self._save(
                c,
                self._find(c, user, paper),
                user=user,
                paper=paper,
                office=office,
                version=version,
                pages=[],
                set_aside=True,
                at=at,
            )

    def start_batch(
        self, batch: UUID, *, user: UUID, versions: Mapping[UUID, int], at: datetime
    ) -> list[UUID]:
        """Put papers into a batch, each with the version that was seen.

        Args:
            batch: its new ID.
            user: who signs.
            versions: of each paper.
            at: aware UTC.

        Returns:
            The papers in it: those whose seen version is still this one and in no other batch.
        """
        with self._writing() as c:
            return [
                paper
                for paper, version in versions.items()
                if c.execute(
                    VIEW.update()
                    .where(
                        VIEW.c.user == user,
                        VIEW.c.paper == paper,
                        VIEW.c.version == version,
                        VIEW.c.batch.is_(None),
                    )
                    .values(batch=batch, at=at)
                ).rowcount
            ]

    def save_problem(self, *, user: UUID, paper: UUID, problem: str) -> None:
        """Save why the request for a paper of a batch was refused."""
        with self._writing() as c:
            c.execute(
                VIEW.update()
                .where(VIEW.c.user == user, VIEW.c.paper == paper)
                .values(problem=problem)
            )

    def list_open(self, user: UUID, papers: Iterable[UUID]) -> dict[UUID, SigningView]:
        """What a person has seen of these papers and not yet put into a batch."""
        wanted = frozenset(papers)
        query = sa.select(VIEW).where(VIEW.c.user == user, VIEW.c.batch.is_(None))
        with self._reading() as c:
            rows = c.execute(query).mappings().all()
        return {row["paper"]: _view(row) for row in rows if row["paper"] in wanted}

    def list_batch(self, batch: UUID, *, user: UUID) -> list[SigningView]:
        """The papers of a batch of a person, by ID; empty where the person has no such batch."""
        query = sa.select(VIEW).where(VIEW.c.batch == batch, VIEW.c.user == user)
        with self._reading() as c:
            return [_view(row) for row in c.execute(query.order_by(VIEW.c.paper)).mappings()]

    def last_batch(self, user: UUID) -> UUID | None:
        """The newest batch of a person; None without one."""
        query = (
            sa.select(VIEW.c.batch)
            .where(VIEW.c.user == user, VIEW.c.batch.is_not(None))
            .order_by(VIEW.c.at.desc())
            .limit(1)
        )
        with self._reading() as c:
            return c.execute(query).scalar_one_or_none()

    def _find(self, connection: sa.Connection, user: UUID, paper: UUID) -> sa.RowMapping | None:
        lock(connection, "signing-view", user.hex, paper.hex)
        query = sa.select(VIEW).where(VIEW.c.user == user, VIEW.c.paper == paper)
        return connection.execute(query).mappings().first()

    def _save(
        self,
        connection: sa.Connection,
        known: sa.RowMapping | None,
        **values: Any,  # noqa: ANN401 - columns
    ) -> None:
        values |= {"batch": None, "problem": ""}
        if known is None:
            connection.execute(VIEW.insert().values(values))
            return
        connection.execute(
            VIEW.update()
            .where(VIEW.c.user == values["user"], VIEW.c.paper == values["paper"])
            .values(values)
        )


def _view(row: sa.RowMapping) -> SigningView:
    return SigningView(**{**row, "pages": frozenset(row["pages"])})
