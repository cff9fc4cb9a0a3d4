"""Read and write transactions of one database, and its errors as ours."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault

_CONTINUES = "nothing is lost, and what waits goes on when it is back, or with the next start"
# By SQLite's primary result code (https://www.sqlite.org/rescode.html): our code and the remedy.
_SQLITE_ERRORS = {
    sqlite3.SQLITE_FULL: ("full", "the disk of the database is full; make room and start again"),
    sqlite3.SQLITE_READONLY: (
        "read-only",
        "the database can only be read; check why: a failing disk is mounted so, or it is not ours",
    ),
    sqlite3.SQLITE_BUSY: ("busy", "another program holds the database; let it end, start again"),
    sqlite3.SQLITE_CANTOPEN: (
        "not-opened",
        "the database cannot be opened; check that its folder exists and is writable",
    ),
    sqlite3.SQLITE_IOERR: (
        "disk-failed",
        "the disk failed under the database; check the disk first",
    ),
}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, "XX001", "XX002"}


# By PostgreSQL's SQLSTATE, or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_STATES = {
    "53100": ("full", "the disk of the database is full; make room there"),
    "53": ("busy", "the database has no room for more at the moment"),
    "25P03": ("no-answer", "the database gave up a connection that was silent for long"),
    "58": ("disk-failed", "the disk failed under the database; check the disk first"),
    "25006": ("read-only", "the database can only be read; check whether it is a replica"),
    "40": ("busy", "others changed the same at the same moment"),
    "55P03": ("busy", "another transaction holds the requested rows"),
    "57014": ("busy", "the database did not answer in time"),
    "57": ("no-answer", "the database is stopping or starting"),
    "08": ("no-answer", "the connection to the database was lost"),
}
_OPERATOR_STATES = {
    "28": "the database does not let us in; check user and password of SOHOA_DATABASE",
    "3D": "there is no such database; make it, or correct SOHOA_DATABASE",
    "42501": "the database does not allow this to our user; let it own its tables",
}
# psycopg reports a refused connection by text only; in other languages it becomes no-answer.
_ACCESS_DENIED = (
    "authentication failed",
    "no pg_hba.conf entry",
    "no password supplied",
    "is not permitted to log in",
)
_NOT_THERE = "does not exist"
_BAD_ADDRESS = (
    "invalid sslmode",
    "invalid port number",
    "invalid integer value",
    "invalid connection option",
    "server does not support SSL",
)
_NO_TABLE = "42P01"


class WriterLock:
    """Serialises writers of this process where the database takes only one.

    SQLite takes one writer at a time and is unfair among waiting threads; a lock is fair.
    PostgreSQL takes many; there rows and names are locked (``lock``).

    Args:
        exclusive: whether the database takes one writer at a time.
    """

    def __init__(self, *, exclusive: bool) -> None:
        self._lock: AbstractContextManager[object] = (
            threading.Lock() if exclusive else nullcontext()
        )
        self._closed = False

    def close(self) -> None:
        """Refuse all further writes; waiting writers get the error in their turn."""
        self._closed = True

    def __enter__(self) -> None:
        """Wait for the lock.

        Raises:
            TransientFault: ``database.busy``: this process is stopping.
        """
        self._lock.__enter__()
        if self._closed:
            self._lock.__exit__(None, None, None)
            raise TransientFault("database.busy", "this process is stopping and writes no more")

    def __exit__(self, *error: object) -> None:
        """Release the lock."""
        self._lock.__exit__(None, None, None)


class Connections:
    """Transactions of one engine; on SQLite one writer of this process at a time."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.writer = WriterLock(exclusive=engine.dialect.name == "sqlite")

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write; committed at its end.

        On SQLite it excludes all other writers. On PostgreSQL each statement sees the latest
        commits, so rows that decide what is written must be locked.
        """
        engine = self._engine.execution_options(immediate=True)
        with self.writer, translated(), engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads."""
        with translated(), self._engine.connect() as connection:
            yield connection

    def ping(self) -> None:
        """Check that the database answers.

        Raises:
            TransientFault, Misconfigured: it does not.
        """
        with self.reading() as connection:
            connection.execute(sa.text("SELECT 1 FROM alembic_version"))

    def time(self) -> datetime:
        """The clock of a PostgreSQL server, aware."""
        with self.reading() as connection:
            now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            return now


def lock(connection: sa.Connection, *name: str) -> None:
    """Take an advisory lock on a name until the transaction ends.

    On SQLite a write transaction excludes all others anyway.
    """
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256("\0".join(name).encode()).digest()
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


@contextmanager
def translated() -> Iterator[None]:
    """Translate errors of the database; their text may hold values and is dropped."""
    try:
        yield
    except DBAPIError as error:
        raise _translate(error) from None
    except PoolTimeoutError:
        raise TransientFault(
            "database.busy", "all connections to the database are in use; it is tried again"
        ) from None


def _translate(error: DBAPIError) -> SohoaError:
    state: str = getattr(error.orig, "sqlstate", None) or ""
    text = str(error.orig)
    if state == _NO_TABLE or "no such table" in text:
        return Misconfigured("database.not-made", "the database has no tables yet; run: sohoa init")
    if state in _DAMAGED or _sqlite_code(error) in _DAMAGED:
        return IntegrityViolation(
            "database.damaged",
            "the database is damaged; stop, keep the file, and bring back its backup",
        )
    if not state and any(words in text for words in _BAD_ADDRESS):
        return Misconfigured(
            "database.bad-address", "SOHOA_DATABASE names options that do not exist; correct it"
        )
    wrong = _OPERATOR_STATES.get(state or _class_from_text(error)) or _OPERATOR_STATES.get(
        state[:2]
    )
    if wrong is not None:
        return Misconfigured("database.refused", wrong)
    known = _STATES.get(state) or _STATES.get(state[:2])
    if known is None and isinstance(error, OperationalError | InterfaceError):
        known = _SQLITE_ERRORS.get(
            _sqlite_code(error), ("no-answer", "the database did not answer")
        )
    if known is None:
        return TransientFault("database.fault", f"the database refused: {type(error).__name__}")
    return TransientFault(f"database.{known[0]}", f"{known[1]}; {_CONTINUES}")


def _class_from_text(error: DBAPIError) -> str:
    """The SQLSTATE class of a refused connection, for which psycopg gives none."""
    text = str(error.orig)
    if any(words in text for words in _ACCESS_DENIED):
        return "28"
    if "connection" not in text or _NOT_THERE not in text:
        return ""
    return "28" if "role" in text else "3D"


def _sqlite_code(error: DBAPIError) -> int:
    """SQLite's primary result code; 0 for other databases."""
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF
