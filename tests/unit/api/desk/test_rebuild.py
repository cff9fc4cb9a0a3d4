"""Rebuilding from the store: interrupted, over damage, beside new papers, after a lost database."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from planted import small_paper
from unit.api.office import DOSSIER, Office, archive, new_office
from unit.archive import made

from api.desk import rebuild as desk_rebuild
from archive.objects import list_objects
from archive.rebuild import RecordReader
from dossier.spine import ArchivedRecord
from workflow.ledger.tables import NOTE

COUNT = 4
FIND = ("find", "--citizen-id", made.MOTHER, "--purpose", "đối chiếu sổ", "--json")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = new_office(tmp_path / "var", monkeypatch)
    with office.application() as application:
        for number in range(1, COUNT + 1):
            archive(application, number)
    return office


def _both(first: Callable[[], None], second: Callable[[], None]) -> None:
    first()
    second()


@pytest.mark.parametrize("at", ["listed", "cleared", "read"])
def test_a_paper_archived_while_rebuild_runs_is_found(
    office: Office, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    with office.application() as application:
        late: list[ArchivedRecord] = []

        def arrive() -> None:
            if not late:
                late.append(archive(application, 99))

        clear, batches = application.catalogue.clear, RecordReader.batches
        if at == "cleared":
            monkeypatch.setattr(application.catalogue, "clear", lambda: _both(clear, arrive))
        elif at == "listed":
            monkeypatch.setattr(application.catalogue, "clear", lambda: _both(arrive, clear))
        else:

            def slow(self: RecordReader, **how: object) -> object:
                for batch in batches(self, **how):  # type: ignore[arg-type]  # handed on
                    arrive()
                    yield batch

            monkeypatch.setattr(RecordReader, "batches", slow)
        rebuilt = desk_rebuild.rebuild(application, progress=lambda *_: None)
        assert (rebuilt.records, rebuilt.alarms) == (COUNT + 1, ())
    assert len(office.run(*FIND).rows) == COUNT + 1


@pytest.mark.parametrize(
    "name", ["validation.json", "description.json", "words.json.gz", "inventory.json"]
)
def test_one_flipped_byte_stops_no_other_record(office: Office, name: str) -> None:
    damaged = sorted((office.var / "store" / "record").rglob(f"v1/**/{name}"))[1]
    made.flip(damaged)
    office.lose_database()
    office.init()
    ended = office.run("rebuild", "--json")
    assert ended.code == 6
    assert ended.row["records"] == COUNT - 1
    (alarm,) = ended.row["damaged"]
    assert alarm["key"] in str(damaged)
    assert len(office.run("list", "--json").rows) == COUNT - 1
    assert len(office.run(*FIND).rows) == COUNT - 1


def test_init_over_a_store_with_records_says_rebuild_first(office: Office, tmp_path: Path) -> None:
    office.lose_database()
    assert office.init().rebuild_first
    scan = small_paper.draw(tmp_path / "scan.png")
    refused = office.run("ingest", scan, "--dossier", DOSSIER, "--no-wait", "--json")
    assert refused.code == 4
    assert "ledger.rebuild-first" in refused.out + refused.err
    for command in (("list",), ("status",), ("find", "--dossier", DOSSIER)):
        ended = office.run(*command)
        assert ended.code == 4
        assert "ledger.rebuild-first" in ended.err
    assert office.run("rebuild").code == 0
    # Its number continues those of the store.
    row = office.run("ingest", scan, "--dossier", DOSSIER, "--no-wait", "--json").row
    assert row["ordinal"] == COUNT + 1
    assert [row["ordinal"] for row in office.run("list", "--json").rows] == [1, 2, 3, 4, 5]
    assert not office.init().rebuild_first


def test_two_records_of_one_number_are_kept_and_named(office: Office) -> None:
    with office.application() as application:
        twin = archive(application, 50, ordinal=2)
        (other,) = (
            found.key
            for found in list_objects(application.store)
            if str(made.paper_id(2)) in found.key
        )
    office.lose_database()
    office.init()
    ended = office.run("rebuild", "--json")
    assert ended.code == 6
    assert ended.row["records"] == COUNT + 1
    (alarm,) = ended.row["damaged"]
    assert alarm["code"] == "record.same-ordinal"
    assert twin.key in alarm["message"]
    assert other in alarm["message"]
    assert len(office.run("list", "--json").rows) == COUNT + 1


class Killed(BaseException):
    """The process is gone."""


def test_a_rebuild_that_was_killed_says_so_and_is_resumed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.rebuild._BATCH", 1)
    found = office.run(*FIND).rows
    with office.application() as application:
        handled: list[int] = []

        def progress(done: int, total: int) -> None:
            handled.append(done)
            if done == 2:
                raise Killed

        with pytest.raises(Killed):
            desk_rebuild.rebuild(application, progress=progress)
        assert application.catalogue.count() == 2
    for command in (
        ("list",),
        ("status", "--json"),
        FIND,
    ):
        ended = office.run(*command)
        assert ended.code == 5
        assert "2 of 4" in ended.err
    state = office.run("status", "--json").row["rebuild"]
    assert (state["done"], state["total"]) == (2, COUNT)
    with office.application() as application:
        rebuilt = desk_rebuild.rebuild(application, progress=lambda *_: None)
        assert (rebuilt.records, rebuilt.alarms) == (COUNT, ())
    assert office.run("status").code == 0
    assert office.run(*FIND).rows == found


def test_a_deleted_object_is_noticed_by_the_next_rebuild(office: Office) -> None:
    with office.application() as application:
        key = next(found.key for found in list_objects(application.store))
    shutil.rmtree(office.object_folder(key))
    ended = office.run("rebuild", "--json")
    assert ended.code == 6
    assert [(a["code"], a["key"]) for a in ended.row["damaged"]] == [("object.missing", key)]


def test_the_state_of_a_rebuild_is_one_note(office: Office) -> None:
    office.run("rebuild")
    with office.application() as application, application.engine.connect() as connection:
        notes = connection.execute(sa.select(NOTE.c.name).where(NOTE.c.name == "rebuild")).all()
    assert notes == []
