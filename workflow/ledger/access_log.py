"""The access log as a table that is only ever appended to."""

from __future__ import annotations

from dossier.ports import AccessEntry, Ids
from workflow.ledger.connections import Connections
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.tables import LOOKUP


class SqlAccessLog:
    """Writes access entries; the subject is encrypted.

    Args:
        connections: of the database.
        cipher: of columns.
        ids: gives each encrypted value the ID it is bound to.
    """

    def __init__(self, connections: Connections, *, cipher: FieldCipher, ids: Ids) -> None:
        self._writing = connections.writing
        self._cipher = cipher
        self._ids = ids

    def record(self, entry: AccessEntry) -> None:
        """Append an entry and commit it.

        Raises:
            TransientFault: the database did not take it.
        """
        key = self._ids.new()
        subject = key.bytes + self._cipher.encrypt(entry.subject.encode(), key)
        with self._writing() as c:
            c.execute(
                LOOKUP.insert().values(
                    office=entry.office,
                    at=entry.at,
                    actor=entry.actor,
                    purpose=entry.purpose,
                    manner=entry.action,
                    asked=subject,
                    shown=[str(paper) for paper in entry.papers],
                )
            )
