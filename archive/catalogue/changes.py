"""Changes of records in the order of their commits, for the full-text index."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from archive.catalogue.faults import translated
from archive.catalogue.models import RECORD, RECORD_CHANGES
from archive.catalogue.rows import Opened
from archive.finding.record_words import Indexable
from archive.identity import IdentityKeys

_STATE = sa.select(RECORD_CHANGES.c.epoch, RECORD_CHANGES.c.last)
_SINCE = (
    sa.select(RECORD)
    .where(RECORD.c.change > sa.bindparam("after"))
    .order_by(RECORD.c.change)
    .limit(sa.bindparam("limit"))
)


class Changes:
    """Reads what the index lacks.

    Args:
        engine: of the catalogue's database.
        keys: decrypt values and texts.
    """

    def __init__(self, engine: sa.Engine, keys: IdentityKeys) -> None:
        self._engine = engine
        self._keys = keys

    def state(self) -> tuple[str, int]:
        """The epoch, another one after every clearing, and the number of the last change."""
        with translated(), self._engine.connect() as connection:
            row = connection.execute(_STATE).first()
        return ("", 0) if row is None else (row.epoch, row.last)

    def changes(self, after: int, limit: int) -> Sequence[Indexable]:
        """Records changed after this number, in the order of their changes."""
        with translated(), self._engine.connect() as connection:
            found = connection.execute(_SINCE, {"after": after, "limit": limit}).mappings().all()
        return [Opened(row, self._keys).indexable for row in found]
