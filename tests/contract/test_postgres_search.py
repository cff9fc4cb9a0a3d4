"""The index of words on a real PostgreSQL: its hashes, its parts, and who writes at once."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from servers.postgres import Postgres
from unit.archive import made

from archive.catalogue import postgres_search, sqlite_search, terms
from archive.catalogue.models import METADATA
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.catalogue.word_index import Row
from archive.identity import IdentityKeys
from dossier.ports import Catalogue
from dossier.text import folded
from workflow.ledger import migrate as schema
from workflow.ledger.engine import build_engine

OFFICES = (made.OFFICE,)
NOTHING = made.description(values=())


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[sa.Engine]:
    engine = sa.create_engine(postgres_server.new_database(), hide_parameters=True)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for statement in postgres_search.create_statements():
            connection.exec_driver_sql(statement)
    yield engine
    engine.dispose()


@pytest.fixture
def keys() -> IdentityKeys:
    return IdentityKeys(bytes(range(32)))


@pytest.fixture
def catalogue(tmp_path: Path, keys: IdentityKeys) -> Iterator[SqlCatalogue]:
    """The same catalogue on SQLite, for comparison."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/catalogue.db", hide_parameters=True)
    with engine.begin() as connection:
        METADATA.create_all(connection)
        for statement in sqlite_search.create_statements():
            connection.exec_driver_sql(statement)
    yield SqlCatalogue(engine, keys)
    engine.dispose()


@pytest.fixture
def on_postgres(database: sa.Engine, keys: IdentityKeys) -> SqlCatalogue:
    return SqlCatalogue(database, keys)


@pytest.fixture
def of_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of three ids each."""
    monkeypatch.setattr(postgres_search, "PER_PART", 3)


def _found(catalogue: Catalogue, words: str, limit: int = 20) -> list[int]:
    """The numbers of the made-up records."""
    found = catalogue.by_text(words, offices=OFFICES, limit=limit)
    return [row.paper.int & 0xFFFF for row in found]


def _scalars(engine: sa.Engine, statement: str) -> list[str]:
    with engine.connect() as connection:
        return [str(row[0]) for row in connection.exec_driver_sql(statement)]


HASHES = {
    "exact": (321577710, 826586552),
    "folded": (858427767, -511599226),
    "folded in head": (-377042283, -1340263575),
    "exact pair": (1410288965,),
    "folded pair": (1954520608,),
}


def test_a_hash_is_the_same_in_every_process_and_version() -> None:
    line = terms.Terms("hòa bình")
    assert set(postgres_search.hashes(terms.Indexed(line, line))) == {
        *HASHES["exact"], *HASHES["folded"], *HASHES["folded in head"],
        *HASHES["exact pair"], *HASHES["folded pair"],
    }  # fmt: skip
    assert len({h for each in HASHES.values() for h in each}) == 8


def test_pairs_are_of_described_values_alone_and_end_with_them() -> None:
    one, two = terms.Terms("an bình"), terms.Terms("chi")
    body = terms.Terms("an bình chi")
    without = postgres_search.hashes(terms.Indexed(terms.Terms(""), body))
    within = postgres_search.hashes(terms.indexed([one, two], body))
    assert len(without) == 3 + 3
    # A word of a value, folded, and the one pair in both forms.
    assert len(within) == len(without) + 3 + 2


def test_a_folded_phrase_of_several_values_is_none(on_postgres: SqlCatalogue) -> None:
    whole = made.description(values=(made.value("a.name", "Lê Thị Bích"),))
    parted = made.description(
        values=(made.value("a.name", "Lê Thị"), made.value("b.name", "Thị Bích"))
    )
    on_postgres.add(made.entry(1, described=whole, text="x"))
    on_postgres.add(made.entry(2, described=parted, text="x"))
    assert _found(on_postgres, "le thi bich") == [1, 2]
    assert _found(on_postgres, "lê thị bích") == [1, 2]


def test_words_with_the_same_hash_are_distinguished(
    on_postgres: SqlCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_search, "_of", lambda _kind, words: [1 for _ in words])
    monkeypatch.setattr(postgres_search, "_pairs", lambda _kind, words: [2] * (len(words) - 1))
    on_postgres.add(made.entry(1, described=NOTHING, text="Hoà 15 Đức"))
    on_postgres.add(made.entry(2, described=NOTHING, text="giấy"))
    for there in ("hòa", "hoa", "hoà đức", "15", "đức hoà", "15 đức"):
        assert _found(on_postgres, there) == [1], there
    for absent in ("mai", "hoà mai", "1", "hoá mai", "dức bình"):
        assert _found(on_postgres, absent) == [], absent


def test_the_newest_stand_first_over_all_parts(
    on_postgres: SqlCatalogue, database: sa.Engine, of_three: None
) -> None:
    on_postgres.add_all(made.entry(n) for n in range(1, 9))
    on_postgres.add(made.entry(9))
    parts = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'record_words'"
    assert len(_scalars(database, f"{parts}::regclass ORDER BY 1")) == 4
    assert _found(on_postgres, "khai sinh") == list(range(9, 0, -1))
    assert _found(on_postgres, "tran thi hoa", 4) == [9, 8, 7, 6]
    on_postgres.clear()
    assert _found(on_postgres, "khai sinh") == []
    on_postgres.add(made.entry(5))
    assert _found(on_postgres, "khai sinh") == [5]
    # Ids begin anew, and so do the parts that are there.
    assert _scalars(database, "SELECT tableoid::regclass FROM record_words") == ["record_words_0"]


def test_a_part_is_indexed_without_a_list_of_what_is_pending(
    on_postgres: SqlCatalogue, database: sa.Engine
) -> None:
    on_postgres.add(made.entry(1))
    options = "SELECT reloptions FROM pg_class WHERE relname = 'record_words_0_terms_idx'"
    assert _scalars(database, options) == ["['fastupdate=off']"]
    many = postgres_search._MANY + 1
    on_postgres.add_all(made.entry(n) for n in range(2, 2 + many))
    assert _scalars(database, options) == ["['fastupdate=off']"]
    pages = "SELECT 0 WHERE pg_relation_size('record_words_0_terms_idx') > 0"
    assert _scalars(database, pages) == ["0"]
    assert _found(on_postgres, "khai sinh", 99) == list(range(many + 1, 0, -1))
    storage = "SELECT attstorage, attstattarget FROM pg_attribute WHERE attname = 'terms'"
    with database.connect() as connection:
        of_part = f"{storage} AND attrelid = 'record_words_0'::regclass"
        assert tuple(connection.exec_driver_sql(of_part).one()) == ("e", 0)


def test_a_search_goes_by_the_words_and_not_by_the_ids(
    on_postgres: SqlCatalogue, database: sa.Engine, of_three: None
) -> None:
    on_postgres.add_all(made.entry(n) for n in range(1, 9))
    statement = postgres_search._statement(("record_words_2", "record_words_1"))
    explained = sa.text(f"EXPLAIN {statement.text}")
    with database.connect() as connection:
        connection.execute(postgres_search._SET_OUT)
        asked = {"wanted": [1], "offices": list(OFFICES), "limit": 20}
        plan = [row[0] for row in connection.execute(explained, asked)]
    assert sum("Bitmap Index Scan on record_words" in step for step in plan) == 2, plan
    assert not any("Backward" in step or "Seq Scan" in step for step in plan), plan


def test_a_part_that_was_not_committed_is_made_again(
    on_postgres: SqlCatalogue, database: sa.Engine
) -> None:
    with database.connect() as connection:
        said = terms.Terms("một hai")
        row = Row(1, made.OFFICE, terms.Indexed(said, said))
        postgres_search.put(connection, [row])
        connection.rollback()
    on_postgres.add(made.entry(1))
    assert _found(on_postgres, "khai sinh") == [1]


WRITER = """
import sys
import sqlalchemy as sa
sys.path.insert(0, "tests")
from unit.archive import made
from archive.catalogue import postgres_search
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.identity import IdentityKeys

postgres_search.PER_PART = 5
catalogue = SqlCatalogue(sa.create_engine(sys.argv[1]), IdentityKeys(bytes(range(32))))
for n in range(int(sys.argv[2]), int(sys.argv[2]) + 25):
    catalogue.add(made.entry(n))
    catalogue.add(made.entry(7))
    catalogue.add(made.entry(1000 + n % 100))
"""


def test_many_write_side_by_side(
    on_postgres: SqlCatalogue, database: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_search, "PER_PART", 5)
    address = database.url.render_as_string(hide_password=False)
    # The same papers and the same parts at the same moment; reading goes on meanwhile.
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, address, str(first)], cwd=Path(__file__).parents[2]
        )
        for first in (100, 200, 300)
    ]
    while any(writer.poll() is None for writer in writers):
        found = _found(on_postgres, "Trần Thị Hoà", 200)
        assert len(found) == len(set(found))
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert on_postgres.count() == 3 * 25 + 1 + 25
    assert len(_found(on_postgres, "Trần Thị Hoà", 200)) == 101
    twice = "SELECT id FROM record_words GROUP BY id HAVING count(*) > 1"
    assert _scalars(database, twice) == []
    assert len(on_postgres.by_citizen_id(made.MOTHER, offices=OFFICES, limit=200)) == 101


WORDS = ("Lê", "Le", "Thị", "Thi", "thì", "Bích", "bich", "Đức", "duc", "12", "345", "Hoà", "hòa")


def test_both_databases_give_the_same_answers(
    catalogue: SqlCatalogue, on_postgres: SqlCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where phrases are looked for no further than they must be, old ones stand with the words.
    monkeypatch.setattr(postgres_search, "_NEAR", 60)
    chance = random.Random(5)  # noqa: S311 - no secret

    def said(most: int) -> str:
        return chance.choice((" ", " ", "_", ", ")).join(chance.choices(WORDS, k=most))

    entries = [
        made.entry(
            n,
            described=made.description(
                values=tuple(
                    made.value("a.name", said(chance.randint(1, 3)))
                    for _ in range(chance.randint(0, 3))
                )
            ),
            text="\f".join(said(chance.randint(1, 5)) for _ in range(2)),
            office=chance.choice((*OFFICES, "H15.50.05.14")),
        )
        for n in range(1, 60)
    ]
    for one in (catalogue, on_postgres):
        one.add_all(entries)
    answers = 0
    for _ in range(150):
        asked = said(chance.randint(1, 3))
        for words in (asked, folded(asked)):
            limit = chance.choice((1, 5, 20, 60))
            here, there = (_found(one, words, limit) for one in (catalogue, on_postgres))
            assert here == there, (words, limit)
            answers += len(here)
    assert answers > 500
    assert any(a < b for a, b in pairwise(_found(on_postgres, "le thi"))), "tiers are mixed ages"


def test_the_migration_makes_what_is_stated_here(
    postgres_server: Postgres, database: sa.Engine
) -> None:
    migrated = build_engine(postgres_server.new_database())
    schema.upgrade(migrated)
    plans = [
        [
            *_scalars(
                engine,
                "SELECT indexdef FROM pg_indexes WHERE tablename = 'record_words' ORDER BY 1",
            ),
            *_scalars(
                engine,
                "SELECT concat_ws(' ', attname, format_type(atttypid, atttypmod), attnotnull, "
                "attstorage) FROM pg_attribute WHERE attrelid = 'record_words'::regclass "
                "AND attnum > 0 ORDER BY attnum",
            ),
        ]
        for engine in (database, migrated)
    ]
    migrated.dispose()
    assert plans[0] == plans[1]
    assert len(plans[0]) == 5
