"""The index on tantivy: sets of keyed words, in a folder or in memory.

A word is keyed (BLAKE2b, RFC 7693) before it enters; positions and texts are not stored. Kind,
office, dossier, roles and days stand in it as they stand in the database.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path

import tantivy
from tantivy import Query

from archive.finding.record_words import Indexable, RecordWords
from archive.identity import IdentityKeys
from dossier.errors import TransientFault

TEXTS = ("head", "body", "pairs")
FACETS = ("kind", "year", "role", "office")
_RAW = (*FACETS, "dossier")
_HEAP_BYTES = 32_000_000
_WORD_BYTES = 6
_MOST_CACHED = 1 << 19
# A younger record comes first among equals; too little to outweigh anything else.
_AGE_STEP = 1e-8
_LARGEST_AGE = 0.02


class Busy(Exception):
    """Another process writes to this index."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A record that matches.

    Attributes:
        id: of its row.
        score: without the weight of its age.
    """

    id: int
    score: float


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "change", "archived", "dated"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    builder.add_float_field("age", fast=True)
    builder.add_text_field("head", tokenizer_name="spaces", index_option="basic")
    for name in ("body", "pairs"):
        builder.add_text_field(name, tokenizer_name="spaces", index_option="freq")
    for name in _RAW:
        builder.add_text_field(
            name, tokenizer_name="raw", index_option="basic", fast=name in FACETS
        )
    return builder.build()


class Engine:
    """One index. Reading is safe for many threads; one writer at a time, in all processes.

    Args:
        keys: key the words.
        folder: of the index; None keeps it in memory.

    Raises:
        TransientFault: ``search.not-written``.
    """

    def __init__(self, keys: IdentityKeys, folder: Path | None) -> None:
        self._key = keys.word_key
        self._keyed: dict[str, str] = {}
        self.schema = _schema()
        if folder is None:
            self._index = tantivy.Index(self.schema)
        else:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            try:
                self._index = tantivy.Index(self.schema, str(folder))
            except ValueError:
                # Damaged: it is derived, and is made again.
                shutil.rmtree(folder)
                folder.mkdir(mode=0o700)
                try:
                    self._index = tantivy.Index(self.schema, str(folder))
                except (ValueError, OSError):
                    raise not_written() from None
        spaces = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer("spaces", spaces)
        self._index.config_reader("manual")
        self.reload()

    def reload(self) -> None:
        """See what was committed meanwhile, here or by another process."""
        self._index.reload()
        self._searcher = self._index.searcher()
        self.records = self._searcher.num_docs

    @property
    def change(self) -> int:
        """The number of the last change that is in the index; 0 where it is empty."""
        found = self._searcher.search(Query.all_query(), 1, count=False, order_by_field="change")
        return int(found.hits[0][0]) if found.hits else 0

    def frequency(self, field: str, word: str) -> int:
        """How many records hold a word; deleted ones are counted until they are merged away."""
        return self._searcher.doc_freq(field, self.keyed(word))

    def keyed(self, word: str) -> str:
        """The keyed form of a word."""
        known = self._keyed.get(word)
        if known is None:
            if len(self._keyed) > _MOST_CACHED:
                self._keyed.clear()
            known = hashlib.blake2b(
                word.encode(errors="replace"), key=self._key, digest_size=_WORD_BYTES
            ).hexdigest()
            self._keyed[word] = known
        return known

    def word(self, field: str, word: str) -> Query:
        """Records that hold a word."""
        return Query.term_query(
            self.schema, field, self.keyed(word), "basic" if field == "head" else "freq"
        )

    def value(self, field: str, value: str) -> Query:
        """Records with this value of a facet, or this dossier."""
        return Query.term_query(self.schema, field, value, "basic")

    def between(self, field: str, first: int | None, last: int | None) -> Query:
        """Records whose day, as YYYYMMDD, is in this range."""
        return Query.range_query(
            self.schema, field, tantivy.FieldType.Unsigned, first or 1, last or 99_999_999
        )

    def count(self, query: Query) -> int:
        """How many records match."""
        return _count(self._searcher.search(query, 1, count=True))

    def exists(self, query: Query) -> bool:
        """Whether a record matches."""
        return self.count(query) > 0

    def ranked(self, query: Query, most: int) -> tuple[list[Hit], int]:
        """The best matches, younger first among equals, and how many there are."""
        found = self._searcher.search(query, most, count=True, weight_by_field="age")
        addresses = [address for _, address in found.hits]
        ids = self._searcher.fast_field_values("id", addresses)
        hits = [
            Hit(int(record or 0), _without_age(float(score), int(record or 0)))
            for record, (score, _) in zip(ids, found.hits, strict=True)
        ]
        hits.sort(key=lambda hit: (-round(hit.score, 2), -hit.id))
        return hits, _count(found)

    def by_age(self, query: Query, most: int, *, skip: int, newest: bool) -> tuple[list[Hit], int]:
        """Matches by age alone."""
        order = tantivy.Order.Desc if newest else tantivy.Order.Asc
        found = self._searcher.search(
            query, most, count=True, order_by_field="id", order=order, offset=skip
        )
        return [Hit(int(record), 0.0) for record, _ in found.hits], _count(found)

    def facets(self, query: Query, fields: Sequence[str], most: int) -> dict[str, dict[str, int]]:
        """How many matches have each value of these fields, the most usual values only."""
        asked = {name: {"terms": {"field": name, "size": most}} for name in fields}
        answer = self._searcher.aggregate(query, asked)
        return {
            name: {str(b["key"]): int(b["doc_count"]) for b in answer[name]["buckets"]}
            for name in fields
        }

    @contextlib.contextmanager
    def writing(self) -> Iterator[Writer]:
        """A writer; what it committed stays, the rest is dropped.

        Raises:
            Busy: another writer has this index.
            TransientFault: ``search.not-written``.
        """
        try:
            writer = self._index.writer(_HEAP_BYTES, 1)
        except ValueError as fault:
            if "LockBusy" in str(fault):
                raise Busy from None
            raise not_written() from None
        try:
            yield Writer(writer, self)
        finally:
            with contextlib.suppress(ValueError):
                writer.wait_merging_threads()


class Writer:
    """Adds records to an index, in the order of their changes."""

    def __init__(self, writer: tantivy.IndexWriter, engine: Engine) -> None:
        self._writer = writer
        self._engine = engine

    def put(self, records: Iterable[tuple[Indexable, RecordWords]]) -> None:
        """Add records, each in place of what was there under its id; and commit.

        Raises:
            TransientFault: ``search.not-written``: the disk is full or failed.
        """
        try:
            for record, words in records:
                self._remove(record.id)
                self._writer.add_document(self._document(record, words))
            self._writer.commit()
        except ValueError:
            raise not_written() from None

    def _remove(self, record: int) -> None:
        # By query: delete_documents_by_term takes a number as signed, and finds nothing.
        old = Query.term_query(self._engine.schema, "id", record, "basic")
        self._writer.delete_documents_by_query(old)

    def _document(self, record: Indexable, words: RecordWords) -> tantivy.Document:
        keyed = self._engine.keyed
        document = tantivy.Document()
        document.add_unsigned("id", record.id)
        document.add_unsigned("change", record.change)
        document.add_unsigned("archived", int(f"{record.archived_at:%Y%m%d}"))
        document.add_float("age", _age(record.id))
        for name, texts in (("head", words.head), ("body", words.body), ("pairs", words.pairs)):
            document.add_text(name, " ".join(map(keyed, texts)))
        document.add_text("office", record.office)
        document.add_text("dossier", record.dossier)
        document.add_text("kind", record.kind)
        if words.dated:
            document.add_unsigned("dated", words.dated)
            document.add_text("year", str(words.dated // 10_000))
        for role in sorted(words.roles):
            document.add_text("role", role)
        return document


def _count(found: tantivy.SearchResult) -> int:
    return int(found.count)  # type: ignore[attr-defined]  # its stub lacks it


def _age(record: int) -> float:
    return min(record * _AGE_STEP, _LARGEST_AGE)


def _without_age(score: float, record: int) -> float:
    return score / log2(2 + _age(record))


def not_written() -> TransientFault:
    """The error for an index that could not be written."""
    return TransientFault(
        "search.not-written",
        "the search index was not written: check the disk of SOHOA_VAR for room and faults; no "
        "record is lost, and the index catches up by itself",
    )
