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
from unit.api.test_pipeline import PAPER, Desk
from unit.workflow.fakes import OFFICE, new_ledger

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault
from dossier.states import PaperState
from workflow.ledger import migrate as schema
from workflow.ledger.connections import translated
from workflow.ledger.engine import build_engine
from workflow.pipeline.thread_queue import ThreadQueue


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def _raised(error: sqlite3.Error, told: int) -> sa.exc.DBAPIError:
    error.sqlite_errorcode = told
    kind = sa.exc.OperationalError if isinstance(error, sqlite3.OperationalError) else None
    return (kind or sa.exc.DatabaseError)("INSERT", {}, error)


@pytest.mark.parametrize(
    ("told", "code"),
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
def test_what_the_database_says_tells_what_to_do(told: int, code: str) -> None:
    with pytest.raises(TransientFault) as caught, translated():
        raise _raised(sqlite3.OperationalError("Nguyễn Văn A"), told)
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
    """The database of a desk, locked by somebody else until the connection is closed."""
    monkeypatch.setattr("workflow.ledger.engine._BUSY_MILLISECONDS", 50)
    connection = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    with closing(connection):
        yield connection


def test_a_locked_database_ends_no_worker_and_the_paper_goes_on_later(
    locked: sqlite3.Connection, desk: Desk
) -> None:
    desk.take()
    locked.execute("BEGIN IMMEDIATE")
    assert desk.advance() is PaperState.RECEIVED
    assert [event.error.code for event in desk.events if event.error] == ["database.busy"]
    locked.execute("ROLLBACK")
    assert desk.advance() is PaperState.ARCHIVED


def test_a_database_that_is_locked_is_not_taken_for_one_that_was_not_made(
    locked: sqlite3.Connection, desk: Desk, tmp_path: Path
) -> None:
    desk.ledger.connections._engine.dispose()
    locked.execute("PRAGMA locking_mode=EXCLUSIVE")
    locked.execute("BEGIN EXCLUSIVE")
    engine = build_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with pytest.raises(TransientFault) as caught:
        schema.check(engine)
    engine.dispose()
    assert caught.value.code == "database.busy"


def test_saving_that_fails_ends_no_worker(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.take()

    def full(*_told: object, **_more: object) -> None:
        raise TransientFault("database.full", "make room")

    with monkeypatch.context() as patched:
        patched.setattr(desk.ledger, "finish", full)
        patched.setattr(desk.ledger, "let_go", full)
        assert desk.advance() is PaperState.RECEIVED
    assert desk.events[-1].error is not None
    assert desk.events[-1].error.code == "database.full"
    assert desk.events[-1].state is None


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "disk.full"), (errno.EROFS, "disk.read-only")]
)
def test_a_disk_that_takes_no_more_is_waited_for(desk: Desk, number: int, code: str) -> None:
    desk.stages.fail["describe"] = [OSError(number, "no")]
    desk.take()
    assert desk.advance() is PaperState.RECOGNISED
    assert desk.code == code
    # A start is somebody asking: what waits for a time is tried at once.
    assert desk.pipeline.nudge_order() == []
    desk.ledger.wait_no_longer(now=desk.clock.now())
    assert desk.pipeline.nudge_order() == [PAPER]
    assert desk.advance() is PaperState.ARCHIVED


def test_a_paper_whose_child_somebody_else_ends_is_not_to_blame(desk: Desk) -> None:
    killed: list[Exception] = [TransientFault("child.killed", "from outside")] * 9
    desk.stages.fail["describe"] = killed
    desk.take()
    assert desk.advance() is PaperState.ARCHIVED


def test_but_not_for_ever(desk: Desk) -> None:
    desk.stages.fail["describe"] = [TransientFault("child.killed", "from outside")] * 10
    desk.take()
    assert desk.advance() is PaperState.RECOGNISED
    assert desk.code == "set-aside.child.killed"


def test_a_paper_that_was_set_aside_is_tried_anew_when_it_is_handed_in_again(desk: Desk) -> None:
    desk.stages.fail["describe"] = [TransientFault("child.timed-out", "too slow")] * 2
    desk.take(sign=False)
    assert desk.advance() is PaperState.RECOGNISED
    assert desk.code == "set-aside.child.timed-out"
    desk.take(sign=True)
    assert desk.advance() is PaperState.ARCHIVED


def test_but_an_alarm_stays_one(desk: Desk) -> None:
    desk.stages.fail["deposit"] = [IntegrityViolation("record.not-as-written", "alarm")]
    desk.take()
    assert desk.advance() is PaperState.SIGNED
    desk.take()
    assert desk.advance() is PaperState.SIGNED


def test_a_wish_to_sign_is_heard_while_a_dead_process_holds_the_paper(desk: Desk) -> None:
    desk.take(sign=False)
    assert desk.ledger.claim(
        PAPER,
        now=desk.clock.now(),
        lease=timedelta(hours=1),
        holder=f"{socket.gethostname()}:1:00000000-1",
        is_gone=lambda _: False,
    )
    desk.take(sign=True)
    assert desk.advance() is PaperState.ARCHIVED


def test_a_paper_may_be_tried_for_months(desk: Desk) -> None:
    desk.take()
    with desk.ledger.connections.writing() as c:
        c.execute(sa.text("UPDATE paper SET attempts = 5000"))
    desk.stages.fail["recognise"] = [TransientFault("tsa.no-answer", "later")]
    assert desk.advance() is PaperState.RECEIVED
    assert desk.code == "tsa.no-answer"


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
    assert not ledger.add_office(OFFICE, "UBND", first_notes={"trial": "yes"})
    assert not ledger.add_office("H16", "UBND", first_notes={"trial": "yes"})
    assert ledger.note(OFFICE, "trial") == ledger.note("H16", "trial") == ""


def test_a_database_without_tables_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        schema.check(build_engine(f"sqlite:///{tmp_path / 'x.db'}"))
    assert caught.value.code == "database.not-made"
    assert isinstance(caught.value, SohoaError)
