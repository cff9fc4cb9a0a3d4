"""What the database says when it fails, in our words; what is never said; and that it goes on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
import sqlalchemy as sa
from servers.postgres import Postgres
from servers.starting import free_port
from unit.workflow.fakes import OFFICE, ledger_on, scan

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault
from workflow.ledger.connections import Connections, lock
from workflow.ledger.engine import build_engine
from workflow.ledger.types import IncomingScan

SECRET = "hidden-word"  # noqa: S105 - of nothing

EXPECTED = {
    "53100": (TransientFault, "database.full"),
    "53300": (TransientFault, "database.busy"),
    "25006": (TransientFault, "database.read-only"),
    "25P03": (TransientFault, "database.no-answer"),
    "40001": (TransientFault, "database.busy"),
    "40P01": (TransientFault, "database.busy"),
    "55P03": (TransientFault, "database.busy"),
    "57014": (TransientFault, "database.busy"),
    "57P01": (TransientFault, "database.no-answer"),
    "57P03": (TransientFault, "database.no-answer"),
    "08006": (TransientFault, "database.no-answer"),
    "58030": (TransientFault, "database.disk-failed"),
    "42P01": (Misconfigured, "database.not-made"),
    "42501": (Misconfigured, "database.refused"),
    "28P01": (Misconfigured, "database.refused"),
    "3D000": (Misconfigured, "database.refused"),
    "XX001": (IntegrityViolation, "database.damaged"),
    "XX000": (TransientFault, "database.fault"),
    "23505": (TransientFault, "database.fault"),
    "22000": (TransientFault, "database.fault"),
}


@pytest.fixture(scope="module")
def address(postgres_server: Postgres) -> str:
    return postgres_server.new_database()


def _refused(address: str, work: Callable[[sa.Connection], object] | None = None) -> SohoaError:
    """What is said when a database is asked, or done something with."""
    ask = work or (lambda c: c.execute(sa.text("SELECT 1")))

    def try_it() -> None:
        engine = build_engine(address)
        try:
            with Connections(engine).writing() as connection:
                ask(connection)
        finally:
            engine.dispose()

    with pytest.raises(SohoaError) as raised:
        try_it()
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    return raised.value


@pytest.mark.parametrize("state", EXPECTED)
def test_a_postgresql_error_names_the_party_that_must_act(address: str, state: str) -> None:
    said = sa.text(f"DO $$ BEGIN RAISE EXCEPTION '{SECRET}' USING ERRCODE = '{state}'; END $$")
    error = _refused(address, lambda c: c.execute(said))
    assert (type(error), error.code) == EXPECTED[state]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"database": "nosuch"}, "database.refused"),
        ({"username": "nobody", "password": SECRET}, "database.refused"),
        ({"query": {"sslmode": "require"}}, "database.bad-address"),
        ({"query": {"sslmode": SECRET}}, "database.bad-address"),
        ({"query": {"nosuch": SECRET}}, "database.bad-address"),
        ({"port": 99999}, "database.bad-address"),
    ],
    ids=str,
)
def test_a_wrong_address_is_the_operators(
    address: str, changed: dict[str, object], code: str
) -> None:
    wrong = sa.make_url(address).set(**changed)  # type: ignore[arg-type]  # of all kinds
    error = _refused(wrong.render_as_string(hide_password=False))
    assert (type(error), error.code) == (Misconfigured, code)


@pytest.mark.parametrize(
    "nothing",
    [
        "nonsense",
        f"mysql://u:{SECRET}@h/d",
        f"postgresql://u:{SECRET}@h/d",
        f"postgresql+psycopg://u:{SECRET}@h:port/d",
    ],
)
def test_an_address_of_nothing_is_the_operators(nothing: str) -> None:
    error = _refused(nothing)
    assert (type(error), error.code) == (Misconfigured, "database.bad-address")


def test_a_server_that_does_not_answer_is_nobodys_fault() -> None:
    error = _refused(f"postgresql+psycopg://u:{SECRET}@127.0.0.1:{free_port()}/d")
    assert (type(error), error.code) == (TransientFault, "database.no-answer")


def test_a_password_shows_nowhere(address: str) -> None:
    url = sa.make_url(address).set(password=SECRET)
    engine = build_engine(url.render_as_string(hide_password=False))
    assert SECRET not in repr(engine) + str(engine.url) + repr(Connections(engine))
    # Nor what is written, in errors of the engine itself.
    with (
        pytest.raises(sa.exc.DBAPIError) as raised,
        engine.connect() as connection,
    ):
        connection.execute(sa.text("SELECT 1 / (length(:text) * 0)"), {"text": SECRET})
    assert SECRET not in str(raised.value)
    engine.dispose()


def test_a_session_is_as_we_need_it(address: str) -> None:
    engine = build_engine(f"{address}?application_name=another")
    with Connections(engine).reading() as connection:

        def setting(name: str) -> object:
            return connection.exec_driver_sql(f"SHOW {name}").scalar()

        assert setting("TimeZone") == "UTC"
        assert setting("transaction_isolation") == "read committed"
        assert setting("statement_timeout") == "2min"
        # What the operator says goes before.
        assert setting("application_name") == "another"
    engine.dispose()


def _cut(engine: sa.Engine) -> None:
    """End all connections to a database but this one."""
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string()) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)
def test_a_cut_connection_is_reported_and_the_next_call_works(engine: sa.Engine) -> None:
    ledger = ledger_on(engine)

    def write() -> None:
        with ledger.connections.writing() as connection:
            _cut(engine)
            connection.execute(sa.text("SELECT 1"))

    with pytest.raises(TransientFault) as raised:
        write()
    assert raised.value.code == "database.no-answer"
    _cut(engine)
    assert ledger.papers.list_papers(offices=[OFFICE]) == []


@pytest.mark.parametrize("databases", ["postgres"], indirect=True)
def test_a_restart_in_the_middle_loses_and_doubles_nothing(
    engine: sa.Engine, postgres_server: Postgres
) -> None:
    ledger = ledger_on(engine)
    refused: list[str] = []
    done = threading.Semaphore(0)

    def take(n: int) -> None:
        for number in range(1 + n, 101, 4):
            came = scan(number, content=bytes([number]))
            ends = time.monotonic() + 60
            while time.monotonic() < ends:
                try:
                    ledger.intake.receive(
                        IncomingScan(scan=came, paper=UUID(int=number), dossier="D1")
                    )
                    break
                except TransientFault as error:
                    refused.append(error.code)
                    time.sleep(0.05)
            done.release()

    threads = [threading.Thread(target=take, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        done.acquire()
    if postgres_server.server is None:
        _cut(engine)
    else:
        postgres_server.server.stop()
        postgres_server.server.start()
    for thread in threads:
        thread.join()
    assert set(refused) == {"database.no-answer"}
    rows = ledger.papers.list_papers(offices=[OFFICE])
    assert [row.ordinal for row in rows] == list(range(1, 101))
    assert {row.paper for row in rows} == {UUID(int=number) for number in range(1, 101)}
    assert all(len(ledger.papers.list_history(row.paper)) == 1 for row in rows)


def test_who_holds_a_name_is_waited_for(engine: sa.Engine) -> None:
    ledger = ledger_on(engine)
    order: list[str] = []
    held = threading.Event()

    def other() -> None:
        held.wait()
        with ledger.connections.writing() as connection:
            lock(connection, "a", "b")
            order.append("other")

    thread = threading.Thread(target=other)
    thread.start()
    with ledger.connections.writing() as connection:
        lock(connection, "a", "b")
        held.set()
        time.sleep(0.2)
        order.append("first")
    thread.join()
    assert order == ["first", "other"]
