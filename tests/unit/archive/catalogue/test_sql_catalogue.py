"""What the SQLite catalogue does beyond the contract: what is on the disk, and its faults."""

from __future__ import annotations

import re
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

from archive.catalogue import sqlite_search, terms
from archive.catalogue.models import METADATA, RECORD, RECORD_PERSON
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.identity import IdentityKeys
from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault
from dossier.text import folded

OFFICES = (made.OFFICE,)


def _vocabulary(engine: sa.Engine) -> set[str]:
    """Every word that the index holds."""
    words: set[str] = set()
    with engine.connect() as connection:
        for table in sqlite_search.TABLES:
            connection.exec_driver_sql(
                f"CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, {table}, 'row')"
            )
            words |= {r[0] for r in connection.exec_driver_sql("SELECT term FROM vocabulary")}
            connection.exec_driver_sql("DROP TABLE temp.vocabulary")
    return words


def test_no_number_and_no_text_lies_on_the_disk(
    catalogue: SqlCatalogue, engine: sa.Engine, tmp_path: Path
) -> None:
    catalogue.add(made.entry(1, text=made.TEXT + " 001 188 012 345 012.345.678"))
    engine.dispose()
    for path in tmp_path.glob("catalogue.db*"):
        content = path.read_bytes()
        for hidden in (made.MOTHER, made.FATHER, "012345678", "001 188", "Trần Thị Hoà"):
            assert hidden.encode() not in content
    assert not {w for w in _vocabulary(engine) if "012345" in w}


def test_the_test_above_would_see_a_name(
    catalogue: SqlCatalogue, engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IdentityKeys, "encrypt", lambda _self, plain, **_: plain)
    catalogue.add(made.entry(1))
    engine.dispose()
    content = (tmp_path / "catalogue.db").read_bytes()
    assert made.MOTHER.encode() in content
    assert "Trần Thị Hoà".encode() in content


def test_the_test_above_would_see_a_number(
    catalogue: SqlCatalogue, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IdentityKeys, "number_token", lambda _self, number: number)
    catalogue.add(made.entry(1))
    assert made.MOTHER in _vocabulary(engine)


def test_words_outside_ascii_are_in_the_index_as_they_are(
    catalogue: SqlCatalogue, engine: sa.Engine
) -> None:
    catalogue.add(made.entry(1, text="Đặng Thị Hoà ở Quý Lộc ɸß漢字 привет"))
    assert {"đặng", "dang", "thị", "hòa", "hoa", "quý", "lộc", "ɸß漢字", "привет"} <= _vocabulary(
        engine
    )


def test_replacing_and_clearing_leave_no_word_behind(
    catalogue: SqlCatalogue, engine: sa.Engine
) -> None:
    catalogue.add(made.entry(1))
    assert "trần" in _vocabulary(engine)
    nobody = made.description(values=())
    catalogue.add(made.entry(1, described=nobody, text="một tờ giấy"))
    assert _vocabulary(engine) == {"một", "mot", "tờ", "to", "giấy", "giay"}
    catalogue.clear()
    assert _vocabulary(engine) == set()
    with engine.begin() as connection:
        for table in sqlite_search.TABLES:
            check = f"INSERT INTO {table}({table}) VALUES ('integrity-check')"  # noqa: S608 - ours
            connection.exec_driver_sql(check)
        for emptied in (RECORD, RECORD_PERSON):
            assert connection.execute(sa.select(emptied)).all() == []


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


def test_searching_stops_at_the_limit(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT record_body.rowid FROM record_body CROSS JOIN record "
            "ON record.id = record_body.rowid WHERE record_body MATCH 'x' "
            "AND record.office IN ('a') ORDER BY record_body.rowid DESC LIMIT 20"
        ).all()
    assert not any("TEMP B-TREE" in str(step) for step in plan), plan


def test_another_key_is_reported(
    catalogue: SqlCatalogue, engine: sa.Engine, keys: IdentityKeys
) -> None:
    catalogue.add(made.entry(1))
    other = SqlCatalogue(engine, IdentityKeys(b"o" * 32))
    for ask in (
        lambda: other.by_citizen_id(made.MOTHER, offices=OFFICES, limit=1),
        lambda: other.by_text("khai sinh", offices=OFFICES, limit=1),
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


def test_an_index_of_another_form_is_reported(
    catalogue: SqlCatalogue, monkeypatch: pytest.MonkeyPatch, engine: sa.Engine
) -> None:
    catalogue.add(made.entry(1))
    with engine.begin() as connection:
        connection.execute(RECORD.update().values(form=terms.FORM + 1))
    for ask in (
        lambda: catalogue.by_text("khai sinh", offices=OFFICES, limit=1),
        lambda: catalogue.add(made.entry(1)),
    ):
        with pytest.raises(Misconfigured) as caught:
            ask()
        assert caught.value.code == "catalogue.other-form"


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
    assert len(catalogue.by_text("Trần Thị Hoà", offices=OFFICES, limit=99)) == 61


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=150,
)
@given(st.text())
@example('xe : "a" OR')
@example("a\0b")
def test_any_question_is_answered(catalogue: SqlCatalogue, words: str) -> None:
    catalogue.by_text(words, offices=OFFICES, limit=5)


LETTERS = st.text(
    st.sampled_from(
        "aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằấệốợỳĐÀ 0123456789\"'-.,/_():*^ð\u0301\u0323"
    ),
    max_size=60,
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    max_examples=100,
)
@given(LETTERS, st.data())
def test_what_a_text_says_finds_it(
    catalogue: SqlCatalogue, keys: IdentityKeys, said: str, data: st.DataObject
) -> None:
    catalogue.add(made.entry(1, described=made.description(values=()), text=said))
    words = terms.words(said, keys)
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
        if terms.words(asked, keys):
            found = catalogue.by_text(asked, offices=OFFICES, limit=5)
            assert [f.paper for f in found] == [made.paper_id(1)], asked
    one = data.draw(st.sampled_from(words))
    if not re.fullmatch("n[0-9a-f]{20}", one):  # the hash of a number is nothing one can ask for
        assert catalogue.by_text(one, offices=OFFICES, limit=5)


def test_the_tables_have_an_office_and_a_home() -> None:
    assert set(METADATA.tables) == {"archive_alarm", "object_version", "record", "record_person"}
    assert "office" in RECORD.c
    assert len(sqlite_search.drop_statements()) == len(sqlite_search.create_statements())
