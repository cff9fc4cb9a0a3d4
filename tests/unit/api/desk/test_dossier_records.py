"""The object of a dossier: written when it is closed and when it changes, and rebuilt."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from lxml import etree
from unit.api.office import DOSSIER, Office, archive, new_office
from unit.archive import made
from unit.workflow.fakes import StandingClock

from api.application import Application
from api.cli.shared import operator_of
from api.desk import dossiers, preservation
from api.desk.dossier_records import stored_dossier, write_due
from archive import dossier_record
from archive.dossier_record import DossierRecord
from dossier.errors import TransientFault, WrongUse
from workflow.ledger.dossiers import note_change

KEY = dossier_record.key_of(made.OFFICE, DOSSIER)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = new_office(tmp_path / "var", monkeypatch)
    with office.application() as application:
        for number in (1, 2):
            archive(application, number)
    return office


@pytest.fixture
def application(office: Office) -> Iterator[Application]:
    with office.application() as application:
        yield application


def _close(application: Application) -> None:
    dossiers.close_dossier(application, operator_of(application), DOSSIER, anyway=True)


def _late(application: Application, number: int) -> None:
    """A paper is archived after its dossier was closed."""
    archive(application, number)
    with application.ledger.connections.writing() as c:
        note_change(c, made.OFFICE, DOSSIER)


def _record(application: Application) -> DossierRecord:
    stored = stored_dossier(application, made.OFFICE, DOSSIER)
    assert stored is not None
    return stored.record


def _versions(application: Application) -> int:
    stored = stored_dossier(application, made.OFFICE, DOSSIER)
    return 0 if stored is None else len(stored.versions)


def test_an_open_dossier_has_no_object(application: Application) -> None:
    assert write_due(application) == []
    assert _versions(application) == 0


def test_closing_writes_it_and_reopening_again(office: Office, application: Application) -> None:
    _close(application)
    record = _record(application)
    assert [(p.ordinal, p.version) for p in record.papers] == [(1, 1), (2, 1)]
    assert (record.procedure, record.keep_years) == ("Đăng ký khai sinh", 0)
    assert record.owner == "Nguyễn Hoàng Đăng"
    assert record.closed_by == record.actor == operator_of(application).author
    _close(application)  # it is closed already
    assert write_due(application) == []
    assert _versions(application) == 1
    dossiers.reopen_dossier(application, operator_of(application), DOSSIER)
    assert _versions(application) == 2
    assert _record(application).closed_at is None
    assert office.run("fixity", "--all").code == 0


def test_a_paper_archived_late_is_listed_by_the_next_run(application: Application) -> None:
    _close(application)
    _late(application, 3)
    assert len(_record(application).papers) == 2
    assert write_due(application) == []
    assert len(_record(application).papers) == 3
    assert write_due(application) == []
    assert _versions(application) == 2


def test_a_correction_is_listed(office: Office, application: Application) -> None:
    _close(application)
    paper = str(made.paper_id(2))
    office.run("correct", paper, "--set", "mother.name=Trần Thị Hòa", "--reason", "sai dấu")
    assert [p.version for p in _record(application).papers] == [1, 2]
    assert office.run("fixity", "--all").code == 0


def test_a_store_that_does_not_answer_delays_the_object_only(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise TransientFault("store.no-answer", "the store does not answer")

    with monkeypatch.context() as patch:
        patch.setattr("archive.file_store.FileStore.put_record", fails)
        _close(application)
    assert _versions(application) == 0
    assert write_due(application) == []
    assert _record(application).closed_at is not None


def test_a_damaged_one_is_an_alarm_and_stops_no_other(
    office: Office, application: Application
) -> None:
    archive(application, 9, ordinal=1, dossier="A-2")
    _close(application)
    made.flip(office.object_folder(KEY) / "v1/content/dossier.json")
    _late(application, 3)
    application.ledger.dossiers.close(
        "A-2", office=made.OFFICE, actor="cli:mai", now=application.clock.now()
    )
    assert [alarm.key for alarm in write_due(application)] == [KEY]
    assert stored_dossier(application, made.OFFICE, "A-2") is not None
    ended = office.run("fixity", "--all", "--json")
    assert [a["key"] for a in ended.row["alarms"]] == [KEY]


def test_it_comes_back_from_the_store_alone(office: Office, tmp_path: Path) -> None:
    with office.application() as application:
        dossiers.expect_papers(
            application, operator_of(application), DOSSIER, ["birth-declaration", "report"]
        )
        _close(application)
        before = dossiers.get_dossier(application, operator_of(application), DOSSIER)
        record = _record(application)
    office.lose_database()
    office.init()
    assert office.run("rebuild").code == 0
    with office.application() as application:
        after = dossiers.get_dossier(application, operator_of(application), DOSSIER)
        assert replace(after, papers=()) == replace(before, papers=())
        assert _record(application) == record
        assert application.ledger.dossier_records.state(made.OFFICE, DOSSIER)
        with pytest.raises(WrongUse, match="closed"):
            application.ledger.dossiers.require_open(DOSSIER, office=made.OFFICE)
        assert write_due(application) == []
        assert _versions(application) == 1
    assert office.run("fixity", "--all").code == 0
    shutil.rmtree(office.object_folder(KEY))
    alarms = office.run("fixity", "--all", "--json").row["alarms"]
    assert [(a["key"], a["code"]) for a in alarms] == [(KEY, "object.missing")]


def test_an_export_is_described_by_it(office: Office, tmp_path: Path) -> None:
    with office.application() as application:
        _close(application)
    package = Path(
        office.run("export", "--dossier", DOSSIER, tmp_path / "out", "--json").row["package"]
    )
    described = etree.parse(package / "metadata/descriptive/EAD.xml").getroot()
    assert described.findtext("title") == f"Đăng ký khai sinh {DOSSIER}"
    assert (package / "documentation/dossier.json").exists()


def test_the_lock_follows_the_term_of_the_procedure(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = StandingClock()
    clock.time = made.NOON + timedelta(days=1)
    monkeypatch.setattr("api.bootstrap.SystemClock", lambda: clock)
    table = tmp_path / "terms.toml"
    table.write_text(
        '[[term]]\nprocedure = "Khai sinh"\nkinds = ["birth-declaration"]\nyears = 5\n',
        encoding="utf-8",
    )
    office = Office(office.var, office.settings.model_copy(update={"terms": table}))
    with office.application() as application:
        _close(application)
        preservation.extend_locks(application)
        ends: set[datetime] = {
            application.store.kept_until(record)
            for key in (KEY, _object_key(application))
            for record in application.store.records(f"{key}/")
        }
    (end,) = ends
    assert abs(end - (clock.now() + timedelta(days=5 * 365.25))) < timedelta(seconds=2)


def _object_key(application: Application) -> str:
    entry = application.catalogue.get(made.paper_id(1), offices=[made.OFFICE])
    assert entry is not None
    return entry.key
