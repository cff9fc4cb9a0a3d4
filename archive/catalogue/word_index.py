"""What the catalogue asks of an index of words; each kind of database has one of its own.

The words are the same for all (``terms``); how they are kept and found is the database's affair.
``sqlite_search`` and ``postgres_search`` are the two there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa

from archive.catalogue.rows import Spoken
from archive.catalogue.terms import Indexed

# What the records of these ids say, in their order; one that is gone meanwhile is left out.
Said = Callable[[Sequence[int]], Mapping[int, Spoken]]


@dataclass(frozen=True, slots=True)
class Row:
    """A record as an index takes it."""

    record: int
    office: str
    terms: Indexed


class WordIndex(Protocol):
    """The words of all records. Every call is part of the caller's transaction."""

    def put(self, connection: sa.Connection, rows: Sequence[Row]) -> None:
        """Add records to the index that are not in it; one at least."""
        ...

    def remove(self, connection: sa.Connection, record: int, was: Indexed) -> None:
        """Take a record out of the index; ``was`` must be exactly what was put."""
        ...

    def clear(self, connection: sa.Connection) -> None:
        """Empty the index."""
        ...

    def search(
        self,
        connection: sa.Connection,
        exact: Sequence[str],
        folded: Sequence[str],
        *,
        offices: Sequence[str],
        limit: int,
        said: Said,
    ) -> list[int]:
        """The ids of records, best first: in tiers, each newest first, no further than the limit.

        The tiers: exact phrase; folded phrase in a described value; all exact words; all folded
        words.

        Args:
            connection: a transaction.
            exact: the words asked for, in order.
            folded: the same words, folded.
            offices: whose records to look at.
            limit: how many at most.
            said: for an index that does not know itself where a word stood.
        """
        ...
