"""Reading and writing transactions of one database, for all who keep tables in it."""

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

_GOES_ON = "nothing is lost, and what waits goes on when it is back, or with the next start"
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
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, "XX001", "XX002"}


# By PostgreSQL's SQLSTATE, or its class (https://www.postgresql.org/docs/current/errcodes-appendix.html).
_STATES = {
    "53100": ("full", "the disk of the database is full; make room there"),
    "53": ("busy", "the database has no room for more at the moment"),
    "25P03": ("no-answer", "the database gave up a connection that was silent for long"),
    "58": ("disk-failed", "the disk failed under the database; look at it first"),
    "25006": ("read-only", "the database can only be read; look whether it is a copy, or why"),
    "40": ("busy", "others changed the same at the same moment"),
    "55P03": ("busy", "others hold what was asked for"),
    "57014": ("busy", "the database did not answer in time"),
    "57": ("no-answer", "the database is stopping or starting"),
    "08": ("no-answer", "the connection to the database was lost"),
}
_WRONG_STATES = {
    "28": "the database does not let us in; check user and password of SOHOA_DATABASE",
    "3D": "there is no such database; make it, or correct SOHOA_DATABASE",
    "42501": "the database does not allow this to our user; let it own its tables",
}
# Who is not let in is told by a sentence only; in another language we say: no answer.
_NOT_LET_IN = (
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


class Writers:
    """Held by who writes, until this process writes no more.

    SQLite takes one writer at a time and is unfair among waiting threads; a lock is fair.
    PostgreSQL takes many: there rows and names are held (``hold``).

    Args:
        alone: whether there is one writer at a time.
    """

    def __init__(self, *, alone: bool) -> None:
        self._lock: AbstractContextManager[object] = threading.Lock() if alone else nullcontext()
        self._ended = False

    def end(self) -> None:
        """Let nobody begin to write any more; whoever waits hears it in their turn."""
        self._ended = True

    def __enter__(self) -> None:
        """Wait for one's turn.

        Raises:
            TransientFault: ``database.busy``: this process writes no more.
        """
        self._lock.__enter__()
        if self._ended:
            self._lock.__exit__(None, None, None)
            raise TransientFault("database.busy", "this process stops and writes no more")

    def __exit__(self, *how: object) -> None:
        """Let the next one write."""
        self._lock.__exit__(None, None, None)


class Connections:
    """One engine, and on SQLite one writer of this process at a time."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self.writer = Writers(alone=engine.dialect.name == "sqlite")

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that may write; committed at its end.

        On SQLite nobody else writes meanwhile. On PostgreSQL it sees what others have committed
        by each statement: what it reads to write by it must be held.
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
        """See that the database answers.

        Raises:
            TransientFault, Misconfigured: it does not.
        """
        with self.reading() as connection:
            connection.execute(sa.text("SELECT 1 FROM alembic_version"))

    def time(self) -> datetime:
        """The clock of a PostgreSQL server, aware."""
        with self.reading() as connection:
            told: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            return told


def hold(connection: sa.Connection, *name: str) -> None:
    """Be the only one in what this name stands for, until the transaction ends.

    SQLite's write transactions are alone anyway.
    """
    if connection.dialect.name == "postgresql":
        digest = hashlib.sha256("\0".join(name).encode()).digest()
        number = int.from_bytes(digest[:8], signed=True)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))


@contextmanager
def translated() -> Iterator[None]:
    """Foreign errors of the database as ours, without their text, which may hold values."""
    try:
        yield
    except DBAPIError as error:
        raise _as_ours(error) from None
    except PoolTimeoutError:
        raise TransientFault(
            "database.busy", "too many ask the database at once; it is tried again"
        ) from None


def _as_ours(error: DBAPIError) -> SohoaError:
    state: str = getattr(error.orig, "sqlstate", None) or ""
    said = str(error.orig)
    if state == _NO_TABLE or "no such table" in said:
        return Misconfigured("database.not-made", "the database has no tables yet; run: sohoa init")
    if state in _DAMAGED or _told(error) in _DAMAGED:
        return IntegrityViolation(
            "database.damaged",
            "the database is damaged; stop, keep the file, and bring back its backup",
        )
    if not state and any(words in said for words in _BAD_ADDRESS):
        return Misconfigured(
            "database.bad-address", "SOHOA_DATABASE asks for what cannot be; correct it"
        )
    wrong = _WRONG_STATES.get(state or _state_of(error)) or _WRONG_STATES.get(state[:2])
    if wrong is not None:
        return Misconfigured("database.refused", wrong)
    known = _STATES.get(state) or _STATES.get(state[:2])
    if known is None and isinstance(error, OperationalError | InterfaceError):
        known = _SAID.get(_told(error), ("no-answer", "the database did not answer"))
    if known is None:
        return TransientFault("database.fault", f"the database refused: {type(error).__name__}")
    return TransientFault(f"database.{known[0]}", f"{known[1]}; {_GOES_ON}")


def _state_of(error: DBAPIError) -> str:
    """The class of what PostgreSQL said while connecting, where psycopg tells no SQLSTATE."""
    said = str(error.orig)
    if any(words in said for words in _NOT_LET_IN):
        return "28"
    if "connection" not in said or _NOT_THERE not in said:
        return ""
    return "28" if "role" in said else "3D"


def _told(error: DBAPIError) -> int:
    """SQLite's primary result code; 0 where it told none."""
    told: int = getattr(error.orig, "sqlite_errorcode", 0)
    return told & 0xFF
