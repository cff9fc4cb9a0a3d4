"""A connection to SQLite waits for others, also where SQLite itself would not."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from workflow.ledger import engine


@pytest.fixture
def written_to(tmp_path: Path) -> Path:
    """A new file, as it is before anybody set how it keeps its journal."""
    file = tmp_path / "new.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    return file


def test_who_comes_while_a_new_file_is_written_to_waits(written_to: Path) -> None:
    writer = sqlite3.connect(written_to, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, writer.rollback)
    timer.start()
    made = engine.build_engine(f"sqlite:///{written_to}")
    with made.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    made.dispose()
    timer.join()
    writer.close()


def test_waiting_too_long_for_a_lock_is_reported(
    written_to: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_MILLISECONDS", 100)
    writer = sqlite3.connect(written_to, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    made = engine.build_engine(f"sqlite:///{written_to}")
    with pytest.raises(sa.exc.OperationalError), made.connect():
        pass
    made.dispose()
    writer.close()
