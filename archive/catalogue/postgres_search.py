"""The index of words on PostgreSQL: whole numbers that stand for words, found by GIN.

``record_words`` holds the hashes of a record's words: exact and folded ones of the whole text, and
of the described values the pairs of neighbours too (pairs of the whole text would take four times
as long to write). It is parted by id, so that the newest are looked at first and the oldest only
when these are not enough. Two words may share a hash and words may stand in another order: what is
found is a candidate, and the record's own text decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import sqlalchemy as sa

from archive.catalogue.asked import Asked
from archive.catalogue.rows import Spoken
from archive.catalogue.terms import BREAK, Indexed, fold
from archive.catalogue.word_index import Row, Said

TABLE = "record_words"
PER_PART = 100_000
"""How many ids a part of the table has. Never changed: parts that are there have their bounds."""

# What a hash stands for: the same word has another in each.
_EXACT, _FOLDED, _HEAD = b"exact", b"folded", b"folded in head"
_EXACT_PAIR, _FOLDED_PAIR = b"exact pair", b"folded pair"
# How many of the newest that hold all words are looked through for a phrase in running text; and
# how many where there are not enough phrases among them.
_NEAR, _DEEPEST = 20, 60
_MAKING = int.from_bytes(hashlib.sha256(TABLE.encode()).digest()[:8], "big", signed=True)

# As text and all rows at once: a statement a row, each list taken apart, takes ten times as long.
_PUT = sa.text(
    f"INSERT INTO {TABLE} (id, office, terms) SELECT id, office, CAST(terms AS int4[]) "  # noqa: S608 - our own table
    "FROM unnest(CAST(:ids AS bigint[]), CAST(:offices AS varchar[]), CAST(:terms AS text[])) "
    "AS new (id, office, terms)"
)
# So many at once are worth that readers of the newest part wait for them.
_MANY = 50
_REMOVE = sa.text(f"DELETE FROM {TABLE} WHERE id = :id")  # noqa: S608 - as above
# The index on ids would be read from its end for a rare word: minutes. A bitmap of GIN is right
# for every word, and one plan for all; compiling a plan takes longer than to run it.
_SET_OUT = sa.text(
    "SELECT set_config('enable_indexscan', 'off', true), set_config('enable_seqscan', 'off', true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true), set_config('jit', 'off', true),"
    " set_config('max_parallel_workers_per_gather', '0', true),"
    " array(SELECT inhrelid::regclass::text FROM pg_inherits"
    " WHERE inhparent = 'record_words'::regclass)"
)

# Asked of the table of tables: to_regclass would remember that it was not there a moment ago.
_IS_PART = sa.text(
    f"SELECT 1 FROM pg_inherits JOIN pg_class ON oid = inhrelid "  # noqa: S608 - as above
    f"WHERE inhparent = '{TABLE}'::regclass AND relname = :name"
)


def create_statements() -> tuple[str, ...]:
    """The DDL of the table, for a migration; its parts are made when they are needed."""
    return (
        (
            f"CREATE TABLE {TABLE} (id bigint NOT NULL, office varchar(35) NOT NULL, terms int4[] "
            f"NOT NULL, CONSTRAINT pk_{TABLE} PRIMARY KEY (id)) PARTITION BY RANGE (id)"
        ),
        # Hashes cannot be compressed, and nobody reads them but the index.
        f"ALTER TABLE {TABLE} ALTER terms SET STORAGE EXTERNAL",
        # With its list of what is pending, now and then somebody would have to wait for all of it.
        f"CREATE INDEX ix_{TABLE}_terms ON {TABLE} USING gin (terms) WITH (fastupdate = off)",
    )


def drop_statements() -> tuple[str, ...]:
    """The DDL that takes it away, with its parts."""
    return (f"DROP TABLE {TABLE}",)


def put(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Add records to the index.

    Many are sorted into it together, in a tenth of the time; until the transaction ends nobody
    else gets at the parts of the table that they go into.
    """
    # Newest first, as who searches takes them: two that wait for each other would wait for ever.
    parts = sorted({row.record // PER_PART for row in rows}, reverse=True)
    for part in parts:
        _make_part(connection, part)
    new = {
        "ids": [row.record for row in rows],
        "offices": [row.office for row in rows],
        "terms": [f"{{{','.join(map(str, hashes(row.terms)))}}}" for row in rows],
    }
    many = parts if len(rows) >= _MANY else ()
    for part in many:
        connection.execute(sa.text(f"ALTER INDEX {_index_of(part)} SET (fastupdate = on)"))
    if many:
        connection.execute(sa.text("SET LOCAL gin_pending_list_limit = '64MB'"))
    connection.execute(_PUT, new)
    for part in many:
        connection.execute(sa.select(sa.func.gin_clean_pending_list(_index_of(part))))
        connection.execute(sa.text(f"ALTER INDEX {_index_of(part)} SET (fastupdate = off)"))


def remove(connection: sa.Connection, record: int, was: Indexed) -> None:  # noqa: ARG001 - one row holds them all
    """Take a record out of the index."""
    connection.execute(_REMOVE, {"id": record})


def clear(connection: sa.Connection) -> None:
    """Empty the index; its parts stay."""
    connection.execute(sa.text(f"TRUNCATE {TABLE}"))


def search(
    connection: sa.Connection,
    exact: Sequence[str],
    folded: Sequence[str],
    *,
    offices: Sequence[str],
    limit: int,
    said: Said,
) -> list[int]:
    """The ids of records, best first: in tiers, each newest first, no further than the limit.

    The tiers: exact phrase; folded phrase in a described value; all exact words; all folded words.
    An old exact phrase that stands in running text alone may be found with the words only.
    """
    if not exact or limit < 1:
        return []
    newest, asked = _Newest(connection, offices, said), Asked(exact, folded)
    words = list(_of(_EXACT, exact))
    with_words = newest(words, max(limit, _NEAR), asked.all_words)
    phrases = set(with_words)
    if len(exact) > 1:
        phrases = {i for i, it in said(with_words).items() if asked.phrase_in_text(it)}
        phrases.update(newest(_pairs(_EXACT_PAIR, exact), limit, asked.phrase_in_value))
        if len(phrases) < limit and len(with_words) >= _NEAR:
            phrases.update(newest(words, max(limit, _DEEPEST), asked.phrase_in_text))
    found = dict.fromkeys(sorted(phrases, reverse=True))
    in_value = _pairs(_FOLDED_PAIR, folded) if len(folded) > 1 else _of(_HEAD, folded)
    tiers: tuple[Callable[[], list[int]], ...] = (
        lambda: newest(in_value, limit, asked.folded_in_value),
        lambda: with_words,
        lambda: newest(_of(_FOLDED, folded), limit, asked.all_folded),
    )
    for tier in tiers:
        if len(found) >= limit:
            break
        found |= dict.fromkeys(tier())
    return list(found)[:limit]


def hashes(terms: Indexed) -> list[int]:
    """What stands for a record in the index, each once."""
    words = set(terms.body.exact.split()) - {BREAK}
    found = set(_of(_EXACT, words))
    found.update(_of(_FOLDED, set(map(fold, words))))
    for line in terms.head.exact.split(BREAK):
        found.update(_pairs(_EXACT_PAIR, line.split()))
    for line in terms.head.folded.split(BREAK):
        found.update(_of(_HEAD, line.split()), _pairs(_FOLDED_PAIR, line.split()))
    return list(found)


class _Newest:
    """Finds the newest records that have certain hashes and are what they seem to be."""

    def __init__(self, connection: sa.Connection, offices: Sequence[str], said: Said) -> None:
        self._connection = connection
        self._offices = list(offices)
        self._said = said
        parts: list[str] = connection.execute(_SET_OUT).one()[-1]
        parts.sort(key=lambda name: int(name.rpartition("_")[2]), reverse=True)
        self._statement = _statement(tuple(parts)) if parts else None

    def __call__(
        self, wanted: Iterable[int], limit: int, holds: Callable[[Spoken], bool]
    ) -> list[int]:
        """Their ids, newest first; those of the newest ``limit`` candidates that hold."""
        if self._statement is None:
            return []
        asked = {"wanted": sorted(set(wanted)), "offices": self._offices, "limit": limit}
        ids = [int(row[0]) for row in self._connection.execute(self._statement, asked)]
        return [i for i, said in self._said(ids).items() if holds(said)]


@lru_cache(maxsize=64)
def _statement(parts: tuple[str, ...]) -> sa.TextClause:
    """The newest ids of all parts: a part is only looked at when those before were not enough."""
    one = (
        "(SELECT id FROM {part} WHERE terms @> CAST(:wanted AS int4[]) "
        "AND office = ANY(CAST(:offices AS varchar[])) ORDER BY id DESC LIMIT :limit)"
    )
    each = " UNION ALL ".join(one.format(part=part) for part in parts)
    return sa.text(f"SELECT id FROM ({each}) AS newest LIMIT :limit")  # noqa: S608 - names of our own tables


def _index_of(part: int) -> str:
    """The name that PostgreSQL gives a part's index of hashes."""
    return f"{TABLE}_{part}_terms_idx"


def _make_part(connection: sa.Connection, part: int) -> None:
    """Make a part of the table where it is not there; who comes second waits, and sees it."""
    name = f"{TABLE}_{part}"
    if connection.execute(_IS_PART, {"name": name}).scalar():
        return
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
    if connection.execute(_IS_PART, {"name": name}).scalar():
        return
    # Created first and attached then, so that readers and writers do not wait.
    for statement in (
        f"CREATE TABLE {name} (LIKE {TABLE} INCLUDING ALL)",
        f"ALTER TABLE {name} ALTER terms SET STATISTICS 0",
        (
            f"ALTER TABLE {TABLE} ATTACH PARTITION {name} "
            f"FOR VALUES FROM ({part * PER_PART}) TO ({(part + 1) * PER_PART})"
        ),
    ):
        connection.execute(sa.text(statement))


def _hash(kind: bytes, words: str) -> int:
    """A whole number of 32 bits with sign: the same in every process and version."""
    digest = hashlib.blake2b(words.encode(), digest_size=4, person=kind).digest()
    return int.from_bytes(digest, "big", signed=True)


class _Known(dict[str, int]):
    """Hashes of words that were met: asked some hundred times for each record, few are new."""

    _MOST = 1 << 16

    def __init__(self, kind: bytes) -> None:
        self._kind = kind

    def __missing__(self, words: str) -> int:
        if len(self) >= self._MOST:
            self.clear()
        self[words] = made = _hash(self._kind, words)
        return made


_KNOWN = {kind: _Known(kind) for kind in (_EXACT, _FOLDED, _HEAD)}


def _of(kind: bytes, words: Iterable[str]) -> Iterable[int]:
    return map(_KNOWN[kind].__getitem__, words)


def _pairs(kind: bytes, words: Sequence[str]) -> list[int]:
    return [_hash(kind, f"{one} {next_}") for one, next_ in pairwise(words)]
