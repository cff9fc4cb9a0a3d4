"""What the SQLite catalogue does beyond the contract: what is on the disk, and its faults."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import traceback
import unicodedata
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from unit.archive import made

from archive.catalogue.models import METADATA
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.finding.words import clean, hide_numbers, is_number_token, words_of
from archive.identity import IdentityKeys
from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault
from dossier.finding import TextQuery
from dossier.text import folded

OFFICES = (made.OFFICE,)


def _total(catalogue: SqlCatalogue, words: str) -> int:
    return catalogue.search(TextQuery(words=words, offices=OFFICES)).total


def test_no_number_and_no_text_lies_on_the_disk(
    catalogue: SqlCatalogue, engine: sa.Engine, tmp_path: Path
) -> None:
    catalogue.add(made.entry(1, text=made.TEXT + " 001 188 012 345 012.345.678"))
    engine.dispose()
    for path in tmp_path.glob("catalogue.db*"):
        content = path.read_bytes()
        for hidden in (made.MOTHER, made.FATHER, "012345678", "001 188", "Trần Thị Hoà"):
            assert hidden.encode() not in content


def test_the_test_above_would_see_a_name(
    catalogue: SqlCatalogue, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IdentityKeys, "encrypt", lambda _self, plain, **_: plain)
    catalogue.add(made.entry(1))
    engine.dispose()
    content = (tmp_path / "catalogue.db").read_bytes()
    assert made.MOTHER.encode() in content
    assert "Trần Thị Hoà".encode() in content


def test_the_person_table_is_its_own_index(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        ddl = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE name = 'record_person'"
        ).scalar_one()
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT record.paper FROM record_person JOIN record "
            "ON record.id = record_person.record_id WHERE id_hash = x'00' "
            "ORDER BY record_person.record_id DESC, role LIMIT 20"
        ).all()
    assert "WITHOUT ROWID" in ddl
    assert any("USING PRIMARY KEY (id_hash=?)" in str(step) for step in plan), plan


def test_another_key_is_reported(
    catalogue: SqlCatalogue, engine: sa.Engine, keys: IdentityKeys
) -> None:
    catalogue.add(made.entry(1))
    other = SqlCatalogue(engine, IdentityKeys(b"o" * 32))
    for ask in (
        lambda: other.by_citizen_id(made.MOTHER, offices=OFFICES, limit=1),
        lambda: _total(other, "khai sinh"),
        lambda: other.get(made.paper_id(1), offices=OFFICES),
        lambda: other.add(made.entry(2)),
        lambda: other.add(made.entry(1)),
    ):
        with pytest.raises(Misconfigured) as caught:
            ask()
        assert caught.value.code == "identity.other-key"
        assert keys.id in caught.value.message
    # Nothing of the refused writes is left.
    assert len(catalogue.by_citizen_id(made.MOTHER, offices=OFFICES, limit=9)) == 1
    # A rebuild with the new key begins with forgetting.
    other.clear()
    other.add(made.entry(1))
    assert len(other.by_citizen_id(made.MOTHER, offices=OFFICES, limit=9)) == 1


def _nothing_quoted(caught: pytest.ExceptionInfo[SohoaError]) -> None:
    """Neither the error nor what a traceback prints of its causes quotes what was written."""
    printed = "".join(traceback.format_exception(caught.value))
    for hidden in (made.MOTHER, "Trần", "Hoà", "H15.50.05.13-261008-0975"):
        assert hidden not in printed


def test_a_catalogue_that_was_never_made(tmp_path: Path, keys: IdentityKeys) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(Misconfigured) as caught:
        SqlCatalogue(engine, keys).add(made.entry(1))
    engine.dispose()
    assert caught.value.code == "catalogue.not-made"
    _nothing_quoted(caught)


def test_a_damaged_database_is_an_alarm(tmp_path: Path, keys: IdentityKeys) -> None:
    (tmp_path / "damaged.db").write_bytes(b"no database " * 1000)
    engine = sa.create_engine(f"sqlite:///{tmp_path}/damaged.db")
    with pytest.raises(IntegrityViolation) as caught:
        SqlCatalogue(engine, keys).add(made.entry(1))
    engine.dispose()
    assert caught.value.code == "catalogue.damaged"
    _nothing_quoted(caught)


def test_a_writer_that_keeps_its_lock_is_retried_later(
    catalogue: SqlCatalogue, tmp_path: Path, keys: IdentityKeys
) -> None:
    catalogue.add(made.entry(1))
    other = sqlite3.connect(tmp_path / "catalogue.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine = sa.create_engine(f"sqlite:///{tmp_path}/catalogue.db", connect_args={"timeout": 0.05})
    impatient = SqlCatalogue(engine, keys)
    try:
        with pytest.raises(TransientFault) as caught:
            impatient.add(made.entry(2))
        assert caught.value.code == "catalogue.busy"
        _nothing_quoted(caught)
        assert impatient.count() == 1
    finally:
        other.rollback()
        other.close()
    impatient.add(made.entry(2))
    engine.dispose()
    assert catalogue.count() == 2


def test_a_row_that_the_database_refuses_is_not_quoted(
    catalogue: SqlCatalogue, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX planted ON record (dossier)")
    catalogue.add(made.entry(1))
    with pytest.raises(IntegrityViolation) as caught:
        catalogue.add(made.entry(2))
    assert caught.value.code == "catalogue.refused"
    _nothing_quoted(caught)
    assert catalogue.count() == 1


def test_another_database_is_refused(keys: IdentityKeys) -> None:
    engine = sa.create_mock_engine("oracle://", executor=lambda *_a: None)
    with pytest.raises(Misconfigured):
        SqlCatalogue(engine, keys)  # type: ignore[arg-type]  # the mock has a dialect, that is all


WRITER = """
import sys
import sqlalchemy as sa
sys.path.insert(0, "tests")
from unit.archive import made
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.identity import IdentityKeys

engine = sa.create_engine(f"sqlite:///{sys.argv[1]}", connect_args={"timeout": 60})
catalogue = SqlCatalogue(engine, IdentityKeys(bytes(range(32))))
for n in range(int(sys.argv[2]), int(sys.argv[2]) + 30):
    catalogue.add(made.entry(n))
    catalogue.add(made.entry(7))
"""


def test_two_processes_write_side_by_side(
    catalogue: SqlCatalogue, engine: sa.Engine, tmp_path: Path
) -> None:
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "catalogue.db"), str(first)],
            cwd=Path(__file__).parents[4],
        )
        for first in (100, 200)
    ]
    assert [writer.wait(120) for writer in writers] == [0, 0]
    assert catalogue.count() == 61
    assert _total(catalogue, "Trần Thị Hoà") == 61


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=60,
)
@given(st.text())
@example('xe : "a" OR')
@example("a\0b")
def test_any_question_is_answered(catalogue: SqlCatalogue, words: str) -> None:
    _total(catalogue, words)


LETTERS = st.text(
    st.sampled_from("aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằấệốợỳĐÀ 0123456789'.,/_():^ð\u0301\u0323"),
    max_size=60,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=30,
)
@given(LETTERS, st.data())
def test_what_a_text_says_finds_it(
    catalogue: SqlCatalogue, keys: IdentityKeys, said: str, data: st.DataObject
) -> None:
    catalogue.add(made.entry(1, described=made.description(values=()), text=said))
    words = [word.exact for word in words_of(hide_numbers(clean(said), keys))]
    if not words:
        return
    # Any run of its words, as typed by a careful person or by one without a Vietnamese keyboard.
    source = said if len(words) <= 32 else said[:30]
    for asked in (
        source,
        unicodedata.normalize("NFD", source),
        unicodedata.normalize("NFC", source).upper(),
        folded(source),
    ):
        if words_of(clean(asked)):
            assert _total(catalogue, asked) == 1, asked
    one = data.draw(st.sampled_from(words))
    if not is_number_token(one):  # the hash of a number is nothing one can ask for
        assert _total(catalogue, one) == 1


def test_the_tables_have_an_office_and_a_home() -> None:
    tables = {"archive_alarm", "object_version", "record", "record_changes", "record_person"}
    assert set(METADATA.tables) == tables
    assert "office" in METADATA.tables["record"].c
