"""The database engine. SQLite: WAL, full sync, foreign keys, one writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError

from dossier.errors import Misconfigured

_BUSY_MILLISECONDS = 60_000


def build_engine(address: str) -> sa.Engine:
    """An engine for ``sqlite:///...``.

    A transaction begun on ``engine.execution_options(immediate=True)`` takes SQLite's write lock
    at once, so that what it reads first still holds when it writes.

    Raises:
        Misconfigured: ``database.bad-address``.
    """
    try:
        url = make_url(address)
    except ArgumentError as error:
        raise Misconfigured(
            "database.bad-address", "SOHOA_DATABASE is not an address of a database"
        ) from error
    if url.get_backend_name() != "sqlite":
        raise Misconfigured(
            "database.bad-address", "SOHOA_DATABASE must begin with sqlite:/// in this version"
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


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DB-API connection has no type
    # Transactions are begun by us (below), not by the driver.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        # A commit that was told is on the disk, also after a power cut.
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
