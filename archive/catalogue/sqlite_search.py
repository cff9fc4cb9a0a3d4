"""The index of words on SQLite: two FTS5 tables without a copy of the text.

``record_head`` holds the described values, a line each; ``record_body`` the whole text. FTS5 only
splits at what is not a letter or digit of ASCII: the words come ready made (``terms``), and its own
folding knows neither ``đ`` nor ``ấ``. Their rowid is the record's id. A table without content gives
a row's words back only to who tells them, hence the text beside the record.
"""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from archive.catalogue.terms import Indexed, Terms
from archive.catalogue.word_index import Row, Said

TABLES = ("record_head", "record_body")

_OPTIONS = "xe, xf, content='', columnsize=0, tokenize='ascii'"
_IN_HEAD = "record_head"
_IN_BODY = "record_body"


def create_statements() -> tuple[str, ...]:
    """The DDL of both tables, for a migration."""
    return tuple(f"CREATE VIRTUAL TABLE {table} USING fts5({_OPTIONS})" for table in TABLES)


def drop_statements() -> tuple[str, ...]:
    """The DDL that takes them away."""
    return tuple(f"DROP TABLE {table}" for table in TABLES)


def put(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """Add records to the index."""
    connection.execute(_PUT_HEAD, [_row(row.record, row.terms.head) for row in rows])
    connection.execute(_PUT_BODY, [_row(row.record, row.terms.body) for row in rows])


def remove(connection: sa.Connection, record: int, was: Indexed) -> None:
    """Take a record out of the index; ``was`` must be exactly what was put."""
    connection.execute(_REMOVE_HEAD, _row(record, was.head))
    connection.execute(_REMOVE_BODY, _row(record, was.body))


def clear(connection: sa.Connection) -> None:
    """Empty the index."""
    for table in TABLES:
        statement = f"INSERT INTO {table}({table}) VALUES ('delete-all')"  # noqa: S608 - as above
        connection.execute(sa.text(statement))


def search(
    connection: sa.Connection,
    exact: Sequence[str],
    folded: Sequence[str],
    *,
    offices: Sequence[str],
    limit: int,
    said: Said,  # noqa: ARG001 - FTS5 knows itself where a word stood
) -> list[int]:
    """The ids of records, best first: in tiers, each newest first, no further than the limit.

    The tiers: exact phrase; folded phrase in a described value; all exact words; all folded words.
    """
    found: dict[int, None] = {}
    if not exact:
        return []
    for tables, query in (
        ((_IN_HEAD, _IN_BODY), _phrase("xe", exact)),
        ((_IN_HEAD,), _phrase("xf", folded)),
        ((_IN_BODY,), _all_of("xe", exact)),
        ((_IN_BODY,), _all_of("xf", folded)),
    ):
        tier = {i for table in tables for i in _matches(connection, table, query, offices, limit)}
        found |= dict.fromkeys(sorted(tier, reverse=True))
        if len(found) >= limit:
            break
    return list(found)[:limit]


def _matches(
    connection: sa.Connection, table: str, query: str, offices: Sequence[str], limit: int
) -> list[int]:
    # CROSS JOIN keeps the order: FTS5 hands its rows out newest first and stops at the limit.
    statement = sa.text(
        f"SELECT {table}.rowid FROM {table} CROSS JOIN record ON record.id = {table}.rowid "  # noqa: S608 - the table is one of two above
        f"WHERE {table} MATCH :query AND record.office IN :offices "
        f"ORDER BY {table}.rowid DESC LIMIT :limit"
    ).bindparams(sa.bindparam("offices", expanding=True))
    rows = connection.execute(statement, {"query": query, "offices": list(offices), "limit": limit})
    return [int(row[0]) for row in rows]


def _phrase(column: str, words: Sequence[str]) -> str:
    return f"{column} : {_quoted(' '.join(words))}"


def _all_of(column: str, words: Sequence[str]) -> str:
    return f"{column} : ({' AND '.join(_quoted(word) for word in dict.fromkeys(words))})"


def _quoted(words: str) -> str:
    """A string of FTS5's query language, in which nothing is an operator."""
    return '"' + words.replace('"', '""') + '"'


def _row(record: int, terms: Terms) -> dict[str, int | str]:
    return {"id": record, "xe": terms.exact, "xf": terms.folded}


def _put_into(table: str) -> sa.TextClause:
    return sa.text(f"INSERT INTO {table}(rowid, xe, xf) VALUES (:id, :xe, :xf)")  # noqa: S608 - the table is one of two above


def _remove_from(table: str) -> sa.TextClause:
    return sa.text(
        f"INSERT INTO {table}({table}, rowid, xe, xf) VALUES ('delete', :id, :xe, :xf)"  # noqa: S608 - the table is one of two above
    )


_PUT_HEAD, _PUT_BODY = _put_into(_IN_HEAD), _put_into(_IN_BODY)
_REMOVE_HEAD, _REMOVE_BODY = _remove_from(_IN_HEAD), _remove_from(_IN_BODY)
