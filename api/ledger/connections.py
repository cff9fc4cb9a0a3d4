"""Reading and writing transactions of one database, for all who keep tables in it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from dossier.errors import Misconfigured, TransientFault


class Connections:
    """One engine, and one lock for those of this process who write."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        # SQLite takes one writer at a time and is unfair among waiting threads; a lock is fair.
        self._writer = threading.Lock()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the right to write; committed at its end."""
        engine = self._engine.execution_options(immediate=True)
        with self._writer, translated(), engine.begin() as connection:
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
        raise TransientFault(
            "database.no-answer", "the database did not answer; it is tried again"
        ) from None
    except DBAPIError as error:
        raise TransientFault(
            "database.fault", f"the database refused: {type(error).__name__}"
        ) from None
    except PoolTimeoutError:
        raise TransientFault(
            "database.busy", "too many ask the database at once; it is tried again"
        ) from None
