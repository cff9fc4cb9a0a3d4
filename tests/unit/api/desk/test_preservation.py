"""Keeping what was archived: nothing is damaged, deleted, unlocked or replaced unnoticed."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from judges import ocfl as judge
from unit.api.office import DOSSIER, Office, archive, new_office
from unit.archive import made
from unit.workflow.fakes import StandingClock

from api.desk import preservation
from archive import ocfl, register
from archive.objects import list_objects
from dossier.ports import RecordVersion

COUNT = 3


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = new_office(tmp_path / "var", monkeypatch)
    with office.application() as application:
        for number in range(1, COUNT + 1):
            archive(application, number)
    return office


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """The day after the records were archived."""
    clock = StandingClock()
    clock.time = made.NOON + timedelta(days=1)
    monkeypatch.setattr("api.bootstrap.SystemClock", lambda: clock)
    return clock


def _key(number: int) -> str:
    return ocfl.object_key(ocfl.object_id(made.paper_id(number)))


def _nothing(*_: int) -> None:
    pass


def _flip_pdf(folder: Path) -> None:
    made.flip(folder / "v1/content/signed.pdf")


FAULTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "flipped": ("object.file-changed", _flip_pdf),
    "deleted": ("object.missing", shutil.rmtree),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("how", [("--all",), ("--sample", "3")])
def test_fixity_names_what_is_damaged_or_deleted(
    office: Office, clock: StandingClock, fault: str, how: tuple[str, ...]
) -> None:
    ended = office.run("fixity", *how, "--json")
    assert (ended.code, ended.row) == (0, {"checked": COUNT, "alarms": []})
    assert office.run("status").code == 0
    code, plant = FAULTS[fault]
    plant(office.object_folder(_key(2)))
    ended = office.run("fixity", *how, "--json")
    assert ended.code == 6
    assert [(a["key"], a["code"]) for a in ended.row["alarms"]] == [(_key(2), code)]
    # It stays an alarm until a check of everything finds it no more.
    status = office.run("status", "--json")
    assert status.code == 6
    assert [a["code"] for a in status.row["alarms"]] == [code]


def test_fixity_wants_to_know_how_much(office: Office) -> None:
    assert office.run("fixity").code == 2
    assert office.run("fixity", "--all", "--sample", "2").code == 2


def test_the_sample_is_what_was_not_checked_for_longest(
    office: Office, clock: StandingClock
) -> None:
    checked: list[str] = []
    with office.application() as application:
        for _ in range(COUNT):
            clock.pass_by(hours=1)
            versions = preservation.versions_of(application)
            checked += [expected.key for expected in versions.sample(1)]
            preservation.check_sample(application, 1, progress=_nothing)
    assert sorted(checked) == sorted(_key(n) for n in range(1, COUNT + 1))


def test_status_never_lists_the_store(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the store was listed")

    monkeypatch.setattr("archive.file_store.FileStore.records", refuse)
    monkeypatch.setattr("archive.file_store.FileStore.covered", refuse)
    assert office.run("status").code == 0


def test_status_compares_the_counts_of_ledger_and_catalogue(office: Office) -> None:
    with office.application() as application:
        application.catalogue.clear()
    status = office.run("status", "--json")
    assert status.code == 6
    assert [a["code"] for a in status.row["alarms"]] == ["catalogue.count-differs"]


def test_an_object_deleted_with_the_database_is_noticed_by_the_register(
    office: Office, clock: StandingClock
) -> None:
    with office.application() as application:
        day = preservation.write_register(application)
        assert day is not None
        assert preservation.write_register(application) is None
        assert register.load(application.store, day).total == COUNT
    assert judge.root_is_valid(office.var / "store" / "record")
    shutil.rmtree(office.object_folder(_key(2)))
    office.lose_database()
    office.init()
    assert office.run("rebuild").code == 0  # the store holds two whole records
    ended = office.run("fixity", "--all", "--json")
    assert ended.code == 6
    assert [(a["key"], a["code"]) for a in ended.row["alarms"]] == [(_key(2), "object.missing")]


def test_registers_are_chained_and_a_deleted_one_is_noticed(
    office: Office, clock: StandingClock
) -> None:
    days = []
    with office.application() as application:
        for number in range(10, 13):
            days.append(preservation.write_register(application))
            clock.pass_by(days=1)
            archive(application, number, at=clock.now() - timedelta(hours=20))
        last = register.load(application.store, days[-1])  # type: ignore[arg-type]  # each day wrote one
    assert last.total == COUNT + 2
    assert last.previous[0] == ocfl.register_id(days[-2])  # type: ignore[arg-type]  # as above
    middle = ocfl.object_key(ocfl.register_id(days[1]))  # type: ignore[arg-type]  # as above
    shutil.rmtree(office.object_folder(middle))
    office.lose_database()
    office.init()
    office.run("rebuild")
    codes = {a["code"] for a in office.run("fixity", "--all", "--json").row["alarms"]}
    assert codes == {"register.chain-broken"}


def _locks(office: Office) -> set[datetime]:
    """The ends of the locks of all files of records."""
    with office.application() as application:
        return {
            application.store.kept_until(record)
            for found in list_objects(application.store)
            for record in (found.files or {}).values()
        }


def test_locks_roll_until_the_dossier_is_closed_and_then_hold_its_term(
    office: Office, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOHOA_KEEP_YEARS", "20")
    office = Office(office.var, office.settings.model_copy(update={"keep_years": 20}))
    with office.application() as application:
        assert preservation.extend_locks(application) == 0
        clock.pass_by(days=60)
        assert preservation.extend_locks(application) == COUNT
        rolled = clock.now() + timedelta(days=90)
    (end,) = _locks(office)
    assert abs(end - rolled) < timedelta(seconds=2)
    with office.application() as application:
        closed = clock.now()
        application.ledger.dossiers.close(DOSSIER, office=made.OFFICE, actor="cli:mai", now=closed)
        assert preservation.extend_locks(application) == COUNT
        assert preservation.extend_locks(application) == 0
    (end,) = _locks(office)
    assert abs(end - (closed + timedelta(days=20 * 365.25))) < timedelta(seconds=2)
    # The term of a rebuilt record is that of its lock.
    office.lose_database()
    office.init()
    office.run("rebuild")
    paper = str(made.paper_id(1))
    until = office.run("show", paper, "--json").row["record"]["kept_until"]
    assert datetime.fromisoformat(until) == end


def test_a_lock_that_could_not_be_extended_is_an_alarm(
    office: Office, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.time = made.LATER - timedelta(days=20)

    def ignore(_store: object, record: RecordVersion, *, until: datetime) -> None:
        del record, until

    monkeypatch.setattr("archive.file_store.FileStore.extend_lock", ignore)
    with office.application() as application:
        preservation.extend_locks(application)
    ended = office.run("fixity", "--all", "--json")
    assert ended.code == 6
    assert {a["code"] for a in ended.row["alarms"]} == {"lock.ending"}


def test_an_extension_that_is_killed_leaves_no_lock_that_looks_longer_than_it_is(
    office: Office, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kill -9 after each file: the term of the object stays the shortest of its locks."""
    from archive.file_store import FileStore  # noqa: PLC0415 - only here

    extend = FileStore.extend_lock
    key, until = _key(1), made.LATER + timedelta(days=100)
    for after in range(12):

        def dies(
            store: FileStore, record: RecordVersion, *, until: datetime, left: list[int]
        ) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            extend(store, record, until=until)

        left = [after]
        monkeypatch.setattr(
            FileStore,
            "extend_lock",
            lambda store, record, *, until, left=left: dies(store, record, until=until, left=left),
        )
        with office.application() as application:
            with pytest.raises(KeyboardInterrupt):
                preservation.lock_object(application, key, until=until)
            files = {
                record.key: application.store.kept_until(record)
                for record in application.store.records(key)
            }
        assert files[f"{key}/v1/inventory.json"] == min(files.values())


def test_the_periodic_job_does_all_of_it_once_an_hour(office: Office, clock: StandingClock) -> None:
    with office.application() as application:
        preservation.run_due(application)
        checked = preservation.versions_of(application).last_checked()
        assert checked == clock.now()
        assert preservation.versions_of(application).last_register() is not None
        clock.pass_by(minutes=10)
        preservation.run_due(application)
        assert preservation.versions_of(application).last_checked() == checked
