"""Archived signatures are preserved by new versions; where that fails, the reason is named."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from judges import ocfl as judge
from unit.api.office import Office, new_office
from unit.archive import made
from unit.signing.made import NOW, UPRIGHT, FixedClock, signed
from unit.signing.test_levels import preserver

from api.application import Application
from api.desk import levels
from api.desk import rebuild as desk_rebuild
from api.desk.tokens import operator
from api.signers import Signers
from archive import ocfl, package
from archive.deposit import deposit
from archive.file_store import FileStore
from dossier.errors import IntegrityViolation, TransientFault
from dossier.reports import Level, Signature
from dossier.written import words_to_json
from signing.levels import Preserver

ID = made.paper_id(1)
KEY = ocfl.object_key(ocfl.object_id(ID))
AT = NOW + timedelta(hours=1)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    office = new_office(tmp_path / "var", monkeypatch)
    with office.application() as application:
        record = made.signed_record(application.store)
        pdfa = application.store.put_work_bytes(UPRIGHT.read_bytes())
        record = replace(
            record,
            record=replace(record.record, pdfa=pdfa),
            pdf=application.store.put_work_bytes(signed()),
            signatures=(
                Signature(
                    signer="S",
                    certificate="ab" * 32,
                    signed_at=NOW,
                    level=Level.B_T,
                    remarks=("revocation.not-checked",),
                ),
            ),
        )
        archived = deposit(
            record,
            store=application.store,
            archived_at=NOW,
            kept_until=made.LATER,
            provenance=made.PROVENANCE,
        )
        words = words_to_json(made.pages_of(made.TEXT), engine=made.ENGINE)
        entry = package.entry_of(archived, text=package.text_of_words(words, key=archived.key))
        application.catalogue.add(entry)
        desk_rebuild.restoring_of(application).restore_all([archived])
    return office


@contextmanager
def _at(
    office: Office, monkeypatch: pytest.MonkeyPatch, what: Preserver, at: datetime = AT
) -> Iterator[Application]:
    monkeypatch.setattr(Signers, "preserver", lambda _: what)
    monkeypatch.setattr("api.bootstrap.SystemClock", lambda: FixedClock(at))
    with office.application() as application:
        yield application


def _preserve(application: Application) -> levels.LevelResult:
    (result,) = levels.preserve(application, operator(application, "cli:mai"), [ID])
    return result


def test_a_level_is_a_new_version_of_the_record(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _at(office, monkeypatch, preserver(AT)) as application:
        result = _preserve(application)
        assert (result.level, result.error) == (Level.B_LTA, None)
        assert _preserve(application).level is Level.B_LTA  # nothing is left to do
    folder = office.object_folder(KEY)
    assert judge.object_is_valid(folder)
    assert (folder / "v2/content/signed.pdf").read_bytes().startswith(signed())
    assert not (folder / "v3").exists()
    assert (
        "preserved" in gzip.decompress((folder / "v2/content/PREMIS.xml.gz").read_bytes()).decode()
    )
    shown = office.run("show", str(ID), "--json").row
    assert shown["signatures"][0]["level"] == "B-LTA"
    assert shown["history"][-1]["code"] == "preserved"
    assert office.run("fixity", "--all").code == 0
    office.lose_database()
    office.init()
    assert office.run("rebuild").code == 0
    assert office.run("show", str(ID), "--json").row["signatures"] == shown["signatures"]


def test_a_reason_is_named_and_the_job_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(_url: str, _body: bytes | None) -> bytes:
        raise TransientFault("revocation.no-answer", "down")

    asked = []
    with _at(office, monkeypatch, preserver(AT, fetch=down)) as application:
        result = _preserve(application)
        assert result.level is Level.B_T
        assert result.error is not None
        assert result.error.code == "revocation.no-answer"
        monkeypatch.setattr(levels, "_one", lambda *_: asked.append(1))
        monkeypatch.setattr(Application, "tsa_address", lambda _: "http://127.0.0.1:1/")
        levels.preserve_due(application)
    assert not asked
    later = AT + timedelta(hours=7)
    with _at(office, monkeypatch, preserver(later), at=later) as application:
        levels.preserve_due(application)
    assert asked


def test_renewal_is_a_further_version_and_too_late_is_an_alarm(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _at(office, monkeypatch, preserver(AT)) as application:
        until = _preserve(application).provable_until
        assert until is not None
        assert levels.renew(application, operator(application, "cli:mai")) == []
    soon = until - timedelta(days=30)
    with _at(office, monkeypatch, preserver(soon), at=soon) as application:
        (renewed,) = levels.renew(application, operator(application, "cli:mai"))
        assert renewed.error is None
    assert (office.object_folder(KEY) / "v3/content/signed.pdf").exists()
    late = until + timedelta(days=30)
    with _at(office, monkeypatch, preserver(late), at=late) as application:
        (refused,) = levels.renew(application, operator(application, "cli:mai"))
        assert isinstance(refused.error, IntegrityViolation)
        assert refused.error.code == "preserve.too-late"
        from api.desk.preservation import list_alarms  # noqa: PLC0415 - only here

        assert "preserve.too-late" in {alarm.code for alarm in list_alarms(application)}


class Dies(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("writes", [0, 1, 2, 5, 6])
def test_a_level_that_was_killed_is_completed_by_the_next_attempt(
    office: Office, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    left = [writes]
    put, replaced = FileStore.put_record, FileStore.replace_derived

    def counted() -> None:
        if not left[0]:
            raise Dies
        left[0] -= 1

    def dying(store: FileStore, key: str, source: Path, **how: object) -> object:
        counted()
        return put(store, key, source, **how)  # type: ignore[arg-type]  # handed on

    def dying_replace(store: FileStore, key: str, source: Path, **how: object) -> None:
        counted()
        replaced(store, key, source, **how)  # type: ignore[arg-type]  # handed on

    with _at(office, monkeypatch, preserver(AT)) as application, monkeypatch.context() as killing:
        killing.setattr(FileStore, "put_record", dying)
        killing.setattr(FileStore, "replace_derived", dying_replace)
        with pytest.raises(Dies):
            _preserve(application)
    with _at(office, monkeypatch, preserver(AT)) as application:
        assert _preserve(application).level is Level.B_LTA
    assert judge.object_is_valid(office.object_folder(KEY))
    assert office.run("fixity", "--all").code == 0
    assert office.run("show", str(ID), "--json").row["signatures"][0]["level"] == "B-LTA"


def test_only_archived_papers_are_preserved(office: Office) -> None:
    assert office.run("preserve", str(made.paper_id(9))).code == 2
    assert office.run("preserve").err == "preserve.which"
