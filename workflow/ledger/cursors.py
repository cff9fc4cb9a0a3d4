"""Positions in the papers or the history of offices, for callers that come back for more.

Each office numbers its papers and its history entries in the order of commits, so a reader that
continues after a number misses nothing. A caller that sees several offices has a number for each.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from dossier.errors import WrongUse

_MAX_CHARACTERS = 64_000


class Numbered(Protocol):
    """A row that has a number in its office."""

    @property
    def office(self) -> str:
        """The office that numbers it."""
        ...

    @property
    def sequence(self) -> int:
        """Its number, from 1."""
        ...


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last number that a caller has, by office; 0 for offices that are not named."""

    positions: Mapping[str, int] = field(default_factory=dict)

    def advance(self, rows: Iterable[Numbered]) -> Cursor:
        """The cursor after these rows too."""
        positions = dict(self.positions)
        for row in rows:
            positions[row.office] = max(row.sequence, positions.get(row.office, 0))
        return Cursor(positions)

    def to_text(self) -> str:
        """The cursor as callers get it: opaque, fit for an address or a header."""
        written = json.dumps(self.positions, separators=(",", ":"), sort_keys=True)
        return base64.urlsafe_b64encode(written.encode()).rstrip(b"=").decode()

    @classmethod
    def from_text(cls, text: str) -> Cursor:
        """The cursor of ``to_text``.

        Raises:
            WrongUse: ``cursor.invalid``.
        """
        positions = _read(text) if len(text) <= _MAX_CHARACTERS else None
        if not isinstance(positions, dict) or not all(
            type(number) is int and 0 <= number < 2**63 for number in positions.values()
        ):
            raise WrongUse(
                "cursor.invalid",
                "this position is not one that was given out; begin again without it",
            )
        return cls(positions)

    def beyond(self, table: sa.Table, offices: Sequence[str]) -> sa.ColumnElement[bool]:
        """The condition that a row belongs to these offices and comes after the cursor.

        Args:
            table: with the columns ``office`` and ``sequence``.
            offices: whose rows.
        """
        known = [office for office in offices if self.positions.get(office)]
        unknown = [office for office in offices if office not in known]
        return sa.or_(
            table.c.office.in_(unknown),
            *(
                sa.and_(table.c.office == office, table.c.sequence > self.positions[office])
                for office in known
            ),
        )


def _read(text: str) -> object:
    """What the text encodes; None where it encodes nothing."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return None
