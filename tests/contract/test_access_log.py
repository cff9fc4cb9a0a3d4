"""The access log, on every database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on

from dossier.ports import AccessEntry
from workflow.ledger.access_log import MissCount, SqlAccessLog
from workflow.ledger.people import NewUser, People
from workflow.ledger.people_tables import ACCESS
from workflow.ledger.sessions import Session, Sessions

NUMBER = "001099012345"
MINUTE = timedelta(minutes=1)
LAN, SESSION, OTHER_SESSION = UUID(int=1), UUID(int=11), UUID(int=12)
PAPER, OTHER = UUID(int=21), UUID(int=22)
FOUND = AccessEntry(
    office=OFFICE, at=START, actor="user:lan", purpose="H15-1", action="citizen-id",
    subject=NUMBER, papers=(PAPER, OTHER), person=LAN, session=SESSION,
)  # fmt: skip
MISSED = replace(FOUND, papers=())
OPENED = replace(FOUND, action="open", subject=str(PAPER), papers=(PAPER,))


class _Ids(NamedTuple):
    numbers: list[int]

    def new(self) -> UUID:
        self.numbers[0] += 1
        return UUID(int=self.numbers[0])


@pytest.fixture
def log(engine: sa.Engine) -> SqlAccessLog:
    ledger = ledger_on(engine)
    ledger.offices.add("H16", "UBND")
    People(ledger.connections, cipher=SEALING).add_user(
        NewUser(id=LAN, office=OFFICE, login="lan", name="x", created_at=START, created_by="x")
    )
    for session in (SESSION, OTHER_SESSION):
        Sessions(ledger.connections).add(
            Session(
                id=session, office=OFFICE, user=LAN, digest=session.bytes, created_at=START,
                last_seen_at=START, expires_at=START + MINUTE,
            )
        )  # fmt: skip
    return SqlAccessLog(ledger.connections, cipher=SEALING, ids=_Ids([100]))


def test_a_line_says_who_what_when_why_and_what_was_shown(log: SqlAccessLog) -> None:
    log.record(replace(FOUND, on_behalf_of="chị Hoa"))
    (line,) = log.list_records(offices=[OFFICE])
    assert (line.actor, line.person, line.session) == ("user:lan", LAN, SESSION)
    assert (line.on_behalf_of, line.action, line.purpose) == ("chị Hoa", "citizen-id", "H15-1")
    assert (line.subject, line.papers, line.times) == (NUMBER, (PAPER, OTHER), 1)
    assert line.at == line.last_at == START


def test_purpose_and_query_are_encrypted_at_rest(log: SqlAccessLog, engine: sa.Engine) -> None:
    log.record(replace(FOUND, purpose=f"CCCD {NUMBER}"))
    with engine.connect() as connection:
        row = connection.execute(sa.select(ACCESS)).one()
    assert NUMBER not in str(row)
    assert NUMBER.encode() not in row.detail


def test_a_paper_is_one_line_a_session_and_purpose(log: SqlAccessLog) -> None:
    for minute in range(3):
        log.record(replace(OPENED, at=START + minute * MINUTE))
    (line,) = log.list_records(offices=[OFFICE])
    assert (line.times, line.at, line.last_at) == (3, START, START + 2 * MINUTE)
    log.record(replace(OPENED, action="picture"))
    for other in (
        replace(OPENED, purpose="H15-2"),
        replace(OPENED, session=OTHER_SESSION),
        replace(OPENED, papers=(OTHER,)),
    ):
        log.record(other)
    assert [line.times for line in log.list_records(offices=[OFFICE])] == [1, 1, 1, 4]


def test_each_look_up_and_each_access_without_a_session_is_a_line(log: SqlAccessLog) -> None:
    for entry in (FOUND, FOUND, replace(OPENED, session=None), replace(OPENED, session=None)):
        log.record(entry)
    assert len(log.list_records(offices=[OFFICE])) == 4


def test_the_same_paper_opened_at_the_same_moment_is_one_line(log: SqlAccessLog) -> None:
    begin = threading.Barrier(6)

    def open_() -> None:
        begin.wait()
        log.record(OPENED)

    threads = [threading.Thread(target=open_) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line.times for line in log.list_records(offices=[OFFICE])] == [6]


def test_lines_are_listed_by_office_page_and_condition(log: SqlAccessLog) -> None:
    log.record(FOUND)
    log.record(replace(OPENED, actor="token:t", person=None, at=START + MINUTE))
    log.record(replace(FOUND, office="H16"))
    lines = log.list_records(offices=[OFFICE])
    assert [line.action for line in lines] == ["open", "citizen-id"]
    assert log.list_records(offices=[OFFICE], limit=1) == lines[:1]
    assert log.list_records(offices=[OFFICE], before=lines[0].id) == lines[1:]
    assert log.list_records(offices=[OFFICE], actor="token:t") == lines[:1]
    assert log.list_records(offices=[OFFICE], person=LAN) == lines[1:]
    assert log.list_records(offices=[OFFICE], paper=OTHER) == lines[1:]
    assert log.list_records(offices=[OFFICE], since=START + MINUTE) == lines[:1]
    assert log.list_records(offices=[OFFICE], until=START + MINUTE) == lines[1:]
    assert log.list_records(offices=[]) == []


def test_who_looked_me_up(log: SqlAccessLog) -> None:
    log.record(MISSED)
    log.record(replace(FOUND, subject="001099999999", papers=(UUID(int=99),)))
    log.record(OPENED)
    log.record(replace(FOUND, action="text", subject="nguyễn văn an", papers=(OTHER,)))
    log.record(replace(MISSED, office="H16"))
    about = log.list_about(NUMBER, papers=[PAPER, OTHER], offices=[OFFICE])
    assert [(line.action, line.papers) for line in about] == [
        ("text", (OTHER,)), ("open", (PAPER,)), ("citizen-id", ()),
    ]  # fmt: skip
    many = [UUID(int=1000 + number) for number in range(1200)]
    assert log.list_about(NUMBER, papers=[*many, PAPER, OTHER], offices=[OFFICE]) == about
    assert log.list_about(NUMBER, papers=[PAPER, OTHER], offices=[OFFICE], limit=1) == about[:1]
    assert len(log.list_about(NUMBER, papers=[], offices=[OFFICE])) == 1


def test_misses_are_counted_by_actor(log: SqlAccessLog) -> None:
    for minute in range(3):
        log.record(replace(MISSED, at=START + minute * MINUTE))
    log.record(FOUND)
    log.record(replace(MISSED, action="text", subject="x"))
    log.record(replace(MISSED, actor="token:t"))
    log.record(replace(MISSED, actor="token:u", office="H16"))
    assert log.count_misses("user:lan", since=START) == 3
    assert log.count_misses("user:lan", since=START + MINUTE) == 2
    assert log.list_misses(offices=[OFFICE], since=START) == [
        MissCount(actor="user:lan", misses=3, last_at=START + 2 * MINUTE),
        MissCount(actor="token:t", misses=1, last_at=START),
    ]


def test_the_purpose_of_the_look_up_that_showed_a_paper_is_found(log: SqlAccessLog) -> None:
    log.record(FOUND)
    log.record(replace(FOUND, purpose="H15-2", papers=(OTHER,)))
    log.record(replace(OPENED, purpose="not a look-up"))
    assert log.get_purpose(SESSION, PAPER) == "H15-1"
    assert log.get_purpose(SESSION, OTHER) == "H15-2"
    assert log.get_purpose(OTHER_SESSION, PAPER) is None
    assert log.get_purpose(SESSION, UUID(int=99)) is None


def test_the_purpose_of_a_program_is_that_of_its_look_up_of_the_last_day(log: SqlAccessLog) -> None:
    asked = replace(
        FOUND, actor="token:abc", person=None, session=None, on_behalf_of="chị Hoa", purpose="H15-9"
    )
    log.record(asked)

    def purpose(actor: str, behalf: str, paper: UUID, hours: int) -> str | None:
        since = START + timedelta(hours=hours)
        return log.get_purpose_of(actor, behalf, paper, since=since)

    assert purpose("token:abc", "chị Hoa", PAPER, -24) == "H15-9"
    assert purpose("token:abc", "", PAPER, -24) is None
    assert purpose("token:xyz", "chị Hoa", PAPER, -24) is None
    assert purpose("token:abc", "chị Hoa", PAPER, 1) is None
    assert purpose("token:abc", "chị Hoa", UUID(int=99), -24) is None
