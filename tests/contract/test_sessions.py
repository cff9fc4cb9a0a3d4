"""Sessions, and limits on failed attempts, on every database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on

from workflow.ledger.people import NewUser, People
from workflow.ledger.people_tables import ATTEMPT
from workflow.ledger.sessions import AttemptLimit, Session, Sessions

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LAN, HOA = UUID(int=1), UUID(int=2)
ONE = Session(
    id=UUID(int=11), office=OFFICE, user=LAN, digest=b"a", created_at=START, last_seen_at=START,
    expires_at=START + HOUR, user_agent="Firefox",
)  # fmt: skip
TWO = replace(ONE, id=UUID(int=12), digest=b"b", last_seen_at=START + MINUTE)


@pytest.fixture
def people(engine: sa.Engine) -> People:
    made = People(ledger_on(engine).connections, cipher=SEALING)
    for user, login in ((LAN, "lan"), (HOA, "hoa")):
        made.add_user(
            NewUser(id=user, office=OFFICE, login=login, name="x", created_at=START, created_by="x")
        )
    return made


@pytest.fixture
def sessions(people: People, engine: sa.Engine) -> Sessions:
    del people
    made = Sessions(ledger_on(engine).connections)
    for session in (ONE, TWO, replace(ONE, id=UUID(int=13), user=HOA, digest=b"c")):
        made.add(session)
    return made


def test_a_session_is_found_by_its_digest_until_it_expires(sessions: Sessions) -> None:
    assert sessions.get(b"a", now=START) == ONE
    assert sessions.get(b"z", now=START) is None
    assert sessions.get(b"a", now=START + HOUR) is None
    sessions.add(replace(ONE, id=UUID(int=14), digest=b"d", user_agent="x" * 999))
    long = sessions.get(b"d", now=START)
    assert long is not None
    assert len(long.user_agent) == 300


def test_a_revoked_session_is_invalid(sessions: Sessions) -> None:
    assert not sessions.revoke(ONE.id, user=HOA, now=START)
    assert sessions.get(b"a", now=START) == ONE
    assert sessions.revoke(ONE.id, user=LAN, now=START)
    assert not sessions.revoke(ONE.id, user=LAN, now=START)
    assert sessions.get(b"a", now=START) is None
    assert sessions.list_sessions(LAN, now=START) == [TWO]


def test_the_sessions_of_a_disabled_user_are_invalid(sessions: Sessions, people: People) -> None:
    people.disable_user(LAN, now=START)
    assert sessions.get(b"a", now=START) is None
    assert sessions.get(b"c", now=START) is not None


def test_all_sessions_of_a_user_but_one_are_revoked(sessions: Sessions) -> None:
    assert sessions.list_sessions(LAN, now=START) == [TWO, ONE]
    assert sessions.revoke_all(LAN, now=START, keep=TWO.id) == 1
    assert sessions.list_sessions(LAN, now=START) == [TWO]
    assert sessions.revoke_all(LAN, now=START) == 1
    assert sessions.list_sessions(LAN, now=START) == []
    assert len(sessions.list_sessions(HOA, now=START)) == 1


def test_use_is_saved_to_the_minute_and_a_step_up_until_its_end(sessions: Sessions) -> None:
    sessions.record_use(ONE, now=START + MINUTE / 2)
    assert sessions.get(b"a", now=START) == ONE
    sessions.record_use(ONE, now=START + 2 * MINUTE)
    sessions.step_up(ONE.id, until=START + 15 * MINUTE)
    assert sessions.get(b"a", now=START) == replace(
        ONE, last_seen_at=START + 2 * MINUTE, step_up_until=START + 15 * MINUTE
    )


# -- limits ----------------------------------------------------------------------------------


@pytest.fixture
def limit(people: People, engine: sa.Engine) -> AttemptLimit:
    del people
    return AttemptLimit(ledger_on(engine).connections, kind="login", limit=3, period=15 * MINUTE)


def test_too_many_attempts_must_wait_until_the_oldest_no_longer_counts(
    limit: AttemptLimit,
) -> None:
    for number in range(3):
        assert limit.begin("lan", office=OFFICE, now=START + number * MINUTE) is None
    assert limit.begin("LAN", office=OFFICE, now=START + 5 * MINUTE) == 10 * MINUTE
    assert limit.begin("hoa", office=OFFICE, now=START + 5 * MINUTE) is None
    # Refused attempts do not prolong the wait.
    assert limit.begin("lan", office=OFFICE, now=START + 15 * MINUTE) is None
    assert limit.begin("lan", office=OFFICE, now=START + 15 * MINUTE) == MINUTE


def test_a_success_clears_the_count(limit: AttemptLimit) -> None:
    for _ in range(3):
        limit.begin("lan", office=OFFICE, now=START)
    limit.clear("lan")
    assert limit.begin("lan", office=OFFICE, now=START) is None


def test_kinds_count_apart(limit: AttemptLimit, engine: sa.Engine) -> None:
    other = AttemptLimit(ledger_on(engine).connections, kind="code", limit=1, period=MINUTE)
    for _ in range(3):
        limit.begin("lan", office=OFFICE, now=START)
    assert other.begin("lan", office=OFFICE, now=START) is None
    assert other.begin("lan", office=OFFICE, now=START) == MINUTE


def test_attempts_at_the_same_moment_do_not_exceed_the_limit(limit: AttemptLimit) -> None:
    results: list[timedelta | None] = []
    begin = threading.Barrier(8)

    def attempt() -> None:
        begin.wait()
        results.append(limit.begin("lan", office=OFFICE, now=START))

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(None) == 3


def test_a_subject_is_not_stored_and_old_attempts_are_deleted(
    limit: AttemptLimit, engine: sa.Engine
) -> None:
    limit.begin("mật khẩu gõ nhầm ô", office=OFFICE, now=START)
    limit.begin("lan", office=OFFICE, now=START + 10 * MINUTE)
    with engine.connect() as connection:
        rows = connection.execute(sa.select(ATTEMPT)).all()
        assert all(len(row.subject) == 32 for row in rows)
        assert "mật khẩu" not in str(rows)
    limit.prune(now=START + 15 * MINUTE)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(ATTEMPT)).scalar() == 1
