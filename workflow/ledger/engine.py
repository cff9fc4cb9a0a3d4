"""The database engine: SQLite (WAL, full sync, one writer), or PostgreSQL."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError

from dossier.errors import Misconfigured

_BUSY_MILLISECONDS = 60_000
_AGAIN_SECONDS = 0.02
_CONNECT_SECONDS = 5
# A statement of ours takes milliseconds; one that takes this long is not coming back.
_STATEMENT_MILLISECONDS = 120_000
_SILENT_MILLISECONDS = 15_000
_POOL, _POOL_MORE = 10, 30


def build_engine(address: str) -> sa.Engine:
    """An engine for ``sqlite:///...`` or ``postgresql+psycopg://...``; no connection is made yet.

    On SQLite, a transaction begun on ``engine.execution_options(immediate=True)`` takes the write
    lock at once, so that what it reads first still holds when it writes.

    Raises:
        Misconfigured: ``database.bad-address``.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # the latter of a port that is no number
        raise Misconfigured(
            "database.bad-address", "SOHOA_DATABASE is not an address of a database"
        ) from None
    if url.drivername == "postgresql+psycopg":
        return _postgres(url)
    if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise Misconfigured(
            "database.bad-address",
            "SOHOA_DATABASE must begin with sqlite:/// or postgresql+psycopg://",
        )
    if url.database:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    # Parameters of a statement may be names and numbers of people.
    engine = sa.create_engine(
        url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000}, hide_parameters=True
    )
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgres(url: sa.URL) -> sa.Engine:
    options = {
        "timezone": "UTC",
        "statement_timeout": _STATEMENT_MILLISECONDS,
        # An idle transaction that holds locks is ended.
        "idle_in_transaction_session_timeout": _STATEMENT_MILLISECONDS,
    }
    settings: dict[str, str | int] = {
        "application_name": "sohoa",
        "connect_timeout": _CONNECT_SECONDS,
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        # A server that is gone without a word is noticed.
        "keepalives_idle": 30,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": _SILENT_MILLISECONDS,
    }
    return sa.create_engine(
        url,
        # Parameters in the operator's URL take precedence.
        connect_args={name: settings[name] for name in settings if name not in url.query},
        # ``connections`` locks rows read for update; the server's default may differ.
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        # A connection that a restart of the server cut is replaced before it is used.
        pool_pre_ping=True,
        pool_size=_POOL,
        max_overflow=_POOL_MORE,
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection has no type
    # Transactions are begun by us (below), not by the driver.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    _keep_a_log_ahead(cursor)
    for pragma in (
        # An acknowledged commit is on disk, also after a power cut.
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _keep_a_log_ahead(cursor: sqlite3.Cursor) -> None:
    """Set WAL, which stays with the file. While another process writes, SQLite refuses it at once.

    ``busy_timeout`` does not hold here: the file is being read already when it is to be changed.
    """
    end = time.monotonic() + _BUSY_MILLISECONDS / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
