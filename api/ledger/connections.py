"""Reading and writing transactions of one database, for all who keep tables in it."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from dossier.errors import IntegrityViolation, Misconfigured, TransientFault

_GOES_ON = "nothing is lost, and what waits goes on with the next start"
# By SQLite's primary result codes (https://www.sqlite.org/rescode.html): what to do.
_SAID = {
    sqlite3.SQLITE_FULL: ("full", "the disk of the database is full; make room and start again"),
    sqlite3.SQLITE_READONLY: (
        "read-only",
        "the database can only be read; look why: a failing disk is mounted so, or it is not ours",
    ),
    sqlite3.SQLITE_BUSY: ("busy", "another program holds the database; let it end, start again"),
    sqlite3.SQLITE_CANTOPEN: (
        "not-opened",
        "the database cannot be opened; look whether its folder is there and may be written",
    ),
    sqlite3.SQLITE_IOERR: ("disk-failed", "the disk failed under the database; look at it first"),
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Connections:
    """One engine, and one lock for those of this process who write."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        # SQLite takes one writer at a time and is unfair among waiting threads; a lock is fair.
        self.writer = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the right to write; committed at its end."""
        engine = self._engine.execution_options(immediate=True)
        with self.writer, translated(), engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with translated(), self._engine.connect() as connection:
            yield connection

    def ping(self) -> None:
        """See that the database answers.

        Raises:
            TransientFault, Misconfigured: it does not.
        """
        with self.reading() as connection:
            connection.execute(sa.text("SELECT 1 FROM alembic_version"))


@contextmanager
def translated() -> Iterator[None]:
    """Foreign errors of the database as ours, without their text, which may hold values."""
    try:
        yield
    except OperationalError as error:
        if "no such table" in str(error.orig):
            raise Misconfigured(
                "database.not-made", "the database has no tables yet; run: sohoa init"
            ) from None
        code, sentence = _SAID.get(_told(error), ("no-answer", "the database did not answer"))
        raise TransientFault(f"database.{code}", f"{sentence}; {_GOES_ON}") from None
    except DBAPIError as error:
        if _told(error) in _DAMAGED:
            raise IntegrityViolation(
                "database.damaged",
                "the database is damaged; stop, keep the file, and bring back its backup",
            ) from None
        raise TransientFault(
            "database.fault", f"the database refused: {type(error).__name__}"
        ) from None
    except PoolTimeoutError:
        raise TransientFault(
            "database.busy", "too many ask the database at once; it is tried again"
        ) from None


def _told(error: DBAPIError) -> int:
    """SQLite's primary result code; 0 where it told none."""
    told: int = getattr(error.orig, "sqlite_errorcode", 0)
    return told & 0xFF
