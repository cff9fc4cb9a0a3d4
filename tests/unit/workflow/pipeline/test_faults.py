"""The disk, the database and the children fail: what is said, what is kept, what is tried again."""

from __future__ import annotations

import errno
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, new_ledger
from unit.workflow.pipeline.harness import PAPER, Harness

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault
from dossier.states import PaperState
from workflow.ledger import migrate as schema
from workflow.ledger.connections import translated
from workflow.ledger.engine import build_engine
from workflow.pipeline.thread_queue import ThreadQueue


@pytest.fixture
def harness(tmp_path: Path) -> Harness:
    return Harness(tmp_path)


def _raised(error: sqlite3.Error, sqlite_code: int) -> sa.exc.DBAPIError:
    error.sqlite_errorcode = sqlite_code
    kind = sa.exc.OperationalError if isinstance(error, sqlite3.OperationalError) else None
    return (kind or sa.exc.DatabaseError)("INSERT", {}, error)


@pytest.mark.parametrize(
    ("sqlite_code", "code"),
    [
        (sqlite3.SQLITE_FULL, "database.full"),
        (sqlite3.SQLITE_READONLY, "database.read-only"),
        (sqlite3.SQLITE_READONLY_DIRECTORY, "database.read-only"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "database.busy"),
        (sqlite3.SQLITE_CANTOPEN, "database.not-opened"),
        (sqlite3.SQLITE_IOERR_FSYNC, "database.disk-failed"),
        (sqlite3.SQLITE_PROTOCOL, "database.no-answer"),
    ],
)
def test_a_database_error_says_what_to_do(sqlite_code: int, code: str) -> None:
    with pytest.raises(TransientFault) as caught, translated():
        raise _raised(sqlite3.OperationalError("Nguyễn Văn A"), sqlite_code)
    assert caught.value.code == code
    assert "goes on" in caught.value.message
    assert "Nguyễn" not in caught.value.message


def test_a_damaged_database_is_an_alarm(tmp_path: Path) -> None:
    with pytest.raises(IntegrityViolation, match="backup"), translated():
        raise _raised(sqlite3.DatabaseError("malformed"), sqlite3.SQLITE_CORRUPT)
    (tmp_path / "x.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(IntegrityViolation) as caught:
        schema.check(build_engine(f"sqlite:///{tmp_path / 'x.db'}"))
    assert caught.value.code == "database.damaged"


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """The database of a harness, locked by somebody else until the connection is closed."""
    monkeypatch.setattr("workflow.ledger.engine._BUSY_MILLISECONDS", 50)
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    with closing(connection):
        yield connection


def test_a_locked_database_ends_no_worker_and_the_paper_goes_on_later(
    locked: sqlite3.Connection, harness: Harness
) -> None:
    harness.take()
    locked.execute("BEGIN IMMEDIATE")
    assert harness.advance() is PaperState.RECEIVED
    assert [event.error.code for event in harness.events if event.error] == ["database.busy"]
    locked.execute("ROLLBACK")
    assert harness.advance() is PaperState.ARCHIVED


def test_a_database_that_is_locked_is_not_taken_for_one_that_was_not_made(
    locked: sqlite3.Connection, harness: Harness, tmp_path: Path
) -> None:
    harness.ledger.connections._engine.dispose()
    locked.execute("PRAGMA locking_mode=EXCLUSIVE")
    locked.execute("BEGIN EXCLUSIVE")
    engine = build_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with pytest.raises(TransientFault) as caught:
        schema.check(engine)
    engine.dispose()
    assert caught.value.code == "database.busy"


def test_saving_that_fails_ends_no_worker(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.take()

    def full(*_reported: object, **_more: object) -> None:
        raise TransientFault("database.full", "make room")

    with monkeypatch.context() as patched:
        patched.setattr(harness.ledger.queue, "finish", full)
        patched.setattr(harness.ledger.queue, "fail", full)
        assert harness.advance() is PaperState.RECEIVED
    assert harness.events[-1].error is not None
    assert harness.events[-1].error.code == "database.full"
    assert harness.events[-1].state is None


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk.full"), (errno.EROFS, "disk.read-only")]
)
def test_a_disk_that_takes_no_more_is_waited_for(harness: Harness, number: int, code: str) -> None:
    harness.stages.fail["describe"] = [OSError(number, "no")]
    harness.take()
    assert harness.advance() is PaperState.RECOGNISED
    assert harness.code == code
    # A start is somebody asking: what waits for a time is tried at once.
    assert harness.pipeline.stalled_papers() == []
    harness.ledger.queue.clear_retry_times(now=harness.clock.now())
    assert harness.pipeline.stalled_papers() == [PAPER]
    assert harness.advance() is PaperState.ARCHIVED


def test_a_paper_whose_child_somebody_else_ends_is_not_to_blame(harness: Harness) -> None:
    killed: list[Exception] = [TransientFault("child.killed", "from outside")] * 9
    harness.stages.fail["describe"] = killed
    harness.take()
    assert harness.advance() is PaperState.ARCHIVED


def test_but_not_for_ever(harness: Harness) -> None:
    harness.stages.fail["describe"] = [TransientFault("child.killed", "from outside")] * 10
    harness.take()
    assert harness.advance() is PaperState.RECOGNISED
    assert harness.code == "set-aside.child.killed"


def test_a_paper_that_was_set_aside_is_tried_anew_when_it_is_handed_in_again(
    harness: Harness,
) -> None:
    harness.stages.fail["describe"] = [TransientFault("child.timed-out", "too slow")] * 2
    harness.take(sign=False)
    assert harness.advance() is PaperState.RECOGNISED
    assert harness.code == "set-aside.child.timed-out"
    harness.take(sign=True)
    assert harness.advance() is PaperState.ARCHIVED


def test_but_an_alarm_stays_one(harness: Harness) -> None:
    harness.stages.fail["deposit"] = [IntegrityViolation("record.not-as-written", "alarm")]
    harness.take()
    assert harness.advance() is PaperState.SIGNED
    harness.take()
    assert harness.advance() is PaperState.SIGNED


def test_a_wish_to_sign_is_heard_while_a_dead_process_holds_the_paper(harness: Harness) -> None:
    harness.take(sign=False)
    assert harness.ledger.queue.claim(
        PAPER,
        now=harness.clock.now(),
        lease=timedelta(hours=1),
        holder=f"{socket.gethostname()}:1:00000000-1",
        is_gone=lambda _: False,
    )
    harness.take(sign=True)
    assert harness.advance() is PaperState.ARCHIVED


def test_a_paper_may_be_tried_for_months(harness: Harness) -> None:
    harness.take()
    with harness.ledger.connections.writing() as c:
        c.execute(sa.text("UPDATE paper SET attempts = 5000"))
    harness.stages.fail["recognise"] = [TransientFault("tsa.no-answer", "later")]
    assert harness.advance() is PaperState.RECEIVED
    assert harness.code == "tsa.no-answer"


def test_what_ends_a_worker_is_heard_by_who_waits() -> None:
    def broken(_paper: UUID) -> None:
        raise BrokenPipeError

    queue = ThreadQueue(threads=1)
    queue.start(broken)
    queue.enqueue(PAPER)
    queue.enqueue(UUID(int=8))
    with pytest.raises(BrokenPipeError):
        queue.wait_until_idle(seconds=60)
    queue.stop()


def test_only_the_first_office_makes_it_trial_data(tmp_path: Path) -> None:
    ledger = new_ledger(tmp_path)
    assert not ledger.offices.add(OFFICE, "UBND", first_notes={"trial": "yes"})
    assert not ledger.offices.add("H16", "UBND", first_notes={"trial": "yes"})
    assert ledger.offices.get_note(OFFICE, "trial") == ledger.offices.get_note("H16", "trial") == ""


def test_a_database_without_tables_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        schema.check(build_engine(f"sqlite:///{tmp_path / 'x.db'}"))
    assert caught.value.code == "database.not-made"
    assert isinstance(caught.value, SohoaError)
