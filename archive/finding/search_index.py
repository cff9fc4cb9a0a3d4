"""The index of one host: it follows the catalogue and answers questions.

Every change of a record has a number in the catalogue, in the order of the commits. The index
holds the number of each record's last change, so the highest one says how far it is, and a killed
process leaves it where its last commit was. When the catalogue is cleared its epoch changes, and
with it the folder of the index.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from tantivy import Occur, Query

from archive.finding.abbreviations import Abbreviations
from archive.finding.engine import FACETS, Busy, Engine, Writer, not_written
from archive.finding.plans import Plan, Plans
from archive.finding.question import Asked, Reader
from archive.finding.record_words import Indexable, words_of_record
from archive.finding.vocabulary import Vocabulary
from archive.finding.words import clean, words_of
from archive.identity import IdentityKeys
from dossier.finding import Filters, SortBy, TextQuery

FORM = 1
"""Raised when the same record makes other words: the index is then made again."""

MOST_TOTAL = 10_000
"""Hits are counted and paged up to here."""

_BATCH = 500
# So many changes a search itself takes into the index, so that it finds what was just archived.
_IN_A_SEARCH = 200
_WAIT_SECONDS = 1.0
_AGAIN_SECONDS = 0.02
_PAGES = (100, 1000, MOST_TOTAL)
_MOST_VALUES = 50


class Source(Protocol):
    """The catalogue, as the index follows it."""

    def state(self) -> tuple[str, int]:
        """Its epoch, and the number of its last change."""
        ...

    def changes(self, after: int, limit: int) -> Sequence[Indexable]:
        """Records changed after this number, in the order of their changes."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The ids of a page, best first, and what the port's ``FoundPage`` says."""

    ids: Sequence[int]
    total: int
    asked: Asked
    approximate: bool = False
    facets: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    behind: int = 0


class SearchIndex:
    """A full-text index of the catalogue. Safe for many threads and processes of one host.

    Args:
        keys: key its words and encrypt its vocabulary.
        folder: of the index; None keeps it in memory.
        title_of: the name of a kind of paper.
        abbreviations: the editable table.
    """

    def __init__(
        self,
        keys: IdentityKeys,
        folder: Path | None,
        *,
        title_of: Callable[[str], str],
        abbreviations: Abbreviations,
    ) -> None:
        self._keys = keys
        self._folder = folder
        self._title_of = title_of
        self._abbreviations = abbreviations
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._epoch: str | None = None
        self._engine: Engine
        self._vocabulary: Vocabulary

    def follow(
        self, source: Source, *, progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> int:
        """Take all changes of the catalogue into the index; how many it lacks still.

        It lacks some only where another process of this host is at it.

        Args:
            source: the catalogue.
            progress: called with the changes done and in all, after each batch.

        Raises:
            TransientFault: ``search.not-written``.
        """
        with self._lock:
            return self._catch_up(source, progress, wait=False)

    def behind(self, source: Source) -> int:
        """How many changes of the catalogue the index lacks."""
        epoch, last = source.state()
        engine = self._open(epoch)
        if engine.change < last:
            self._see_commits(engine)
        return max(last - engine.change, 0)

    def search(self, source: Source, query: TextQuery) -> Answer:
        """A page of the records that match.

        Raises:
            TransientFault: ``search.not-written``.
        """
        behind = self._refresh(source)
        engine = self._engine
        reader = Reader(self._keys, self._vocabulary, engine, self._abbreviations)
        asked = reader.read(query.words)
        narrowed = self._filters(query, asked)
        if not query.offices or (not asked.wanted and (asked.units or not _any(query.filters))):
            return Answer((), 0, asked, behind=behind)
        if asked.wanted:
            parts = Plans(engine, asked).parts(lambda q: engine.exists(_within(q, narrowed)))
        else:
            parts = [Plan(Query.all_query(), approximate=False)]
        whole = [_within(_alone(parts, n), narrowed) for n in range(len(parts))]
        ids, total = self._page(whole, query, by_age=not asked.wanted)
        facets: dict[str, dict[str, int]] = {}
        if query.facets and parts:
            facets = engine.facets(_within(_either(parts), narrowed), FACETS, _MOST_VALUES)
        return Answer(
            ids,
            min(total, MOST_TOTAL),
            asked,
            approximate=total > 0 and any(part.approximate for part in parts),
            facets=facets,
            behind=behind,
        )

    def _page(
        self, parts: Sequence[Query], query: TextQuery, *, by_age: bool
    ) -> tuple[list[int], int]:
        """The ids of a page over parts that share no record, and how many hits there are."""
        if query.sort is not SortBy.RELEVANCE or by_age:
            whole = Query.boolean_query([(Occur.Should, part) for part in parts])
            newest = query.sort is not SortBy.OLDEST
            hits, total = self._engine.by_age(
                whole, max(query.limit, 1), skip=query.skip, newest=newest
            )
            return [hit.id for hit in hits][: query.limit], total
        ids: list[int] = []
        total = 0
        for part in parts:
            first = max(query.skip - total, 0)
            room = query.limit - len(ids)
            if room <= 0:
                total += self._engine.count(part)
                continue
            found, count = self._engine.ranked(part, _most(first + room))
            ids += (hit.id for hit in found[first : first + room])
            total += count
        return ids, total

    def _refresh(self, source: Source) -> int:
        """See what is new before a search; how many changes are missing still."""
        behind = self.behind(source)
        self._vocabulary.reload()
        if not behind or (self._folder is not None and behind > _IN_A_SEARCH):
            return behind
        if not self._lock.acquire(timeout=_WAIT_SECONDS):
            return self.behind(source)
        try:
            return self._catch_up(source, lambda _done, _all: None, wait=True)
        finally:
            self._lock.release()

    def _catch_up(self, source: Source, progress: Callable[[int, int], None], *, wait: bool) -> int:
        end = time.monotonic() + _WAIT_SECONDS
        while True:
            epoch, last = source.state()
            engine = self._open(epoch)
            self._see_commits(engine)
            if engine.change >= last:
                return 0
            try:
                with engine.writing() as writer:
                    engine.reload()
                    self._take(source, engine, writer, last, progress)
            except Busy:
                if not wait or time.monotonic() > end:
                    return max(last - engine.change, 0)
                time.sleep(_AGAIN_SECONDS)

    def _take(
        self,
        source: Source,
        engine: Engine,
        writer: Writer,
        last: int,
        progress: Callable[[int, int], None],
    ) -> None:
        begun = done = engine.change
        while batch := source.changes(done, _BATCH):
            rows = [
                (record, words_of_record(record, self._keys, title=self._title_of(record.kind)))
                for record in batch
            ]
            new = self._vocabulary.add(word for _, words in rows for word in words.known)
            try:
                if new:
                    self._vocabulary.save()
            except OSError:
                raise not_written() from None
            writer.put(rows)
            engine.reload()
            done = batch[-1].change
            progress(done - begun, max(last - begun, done - begun))

    def _see_commits(self, engine: Engine) -> None:
        try:
            engine.reload()
        except ValueError:
            # Its folder is gone or damaged; it is opened anew and made again.
            with self._opening:
                self._epoch = None

    def _open(self, epoch: str) -> Engine:
        with self._opening:
            if self._epoch == epoch:
                return self._engine
            folder = None
            if self._folder is not None:
                made_with = f"{FORM}-{self._keys.id}-{epoch}"
                name = hashlib.sha256(made_with.encode()).hexdigest()[:16]
                folder = self._folder / name
                self._remove_others(name)
            try:
                self._engine = Engine(self._keys, folder)
            except OSError:
                raise not_written() from None
            file = None if folder is None else folder / "vocabulary"
            self._vocabulary = Vocabulary(self._keys, file)
            self._epoch = epoch
            return self._engine

    def _remove_others(self, name: str) -> None:
        """Remove the index of an earlier epoch, form or key."""
        if self._folder is None or not self._folder.is_dir():
            return
        for other in self._folder.iterdir():
            if other.name != name and other.is_dir():
                shutil.rmtree(other, ignore_errors=True)

    def _filters(self, query: TextQuery, asked: Asked) -> list[tuple[Occur, Query]]:
        """The clauses that narrow every query; the offices first."""
        engine, filters = self._engine, query.filters
        one_of: list[Sequence[Query]] = [
            [engine.value("office", office) for office in query.offices],
            [engine.value("kind", kind) for kind in filters.kinds],
            [engine.value("year", str(year)) for year in filters.years],
            [engine.value("role", role) for role in filters.roles],
            [engine.value("dossier", filters.dossier)] if filters.dossier else [],
        ]
        issuer = words_of(clean(filters.issuer))
        one_of += [[engine.word("head", f"s{word.folded}")] for word in issuer]
        for name, first, last in (
            ("dated", filters.dated_from, filters.dated_until),
            ("archived", filters.archived_from, filters.archived_until),
        ):
            if first or last:
                one_of.append([engine.between(name, _number(first), _number(last))])
        clauses = [(Occur.Must, _unscored(queries)) for queries in one_of if queries]
        for unit in asked.units:
            if unit.excluded:
                clauses += ((Occur.MustNot, engine.word(*term)) for term in unit.terms)
        return clauses


def _most(end: int) -> int:
    """How many hits to rank for a page that ends here: the same for neighbouring pages."""
    return next((most for most in _PAGES if end <= most), MOST_TOTAL)


def _any(filters: Filters) -> bool:
    return filters != Filters()


def _number(day: date | None) -> int | None:
    return int(f"{day:%Y%m%d}") if day else None


def _unscored(queries: Sequence[Query]) -> Query:
    if len(queries) == 1:
        return Query.const_score_query(queries[0], 0.0)
    return Query.const_score_query(
        Query.boolean_query([(Occur.Should, query) for query in queries]), 0.0
    )


def _within(query: Query, clauses: Sequence[tuple[Occur, Query]]) -> Query:
    return Query.boolean_query([(Occur.Must, query), *clauses])


def _alone(parts: Sequence[Plan], number: int) -> Query:
    """A part without the records of those before it."""
    before = [(Occur.MustNot, part.query) for part in parts[:number]]
    if not before:
        return parts[number].query
    return Query.boolean_query([(Occur.Must, parts[number].query), *before])


def _either(parts: Sequence[Plan]) -> Query:
    return Query.boolean_query([(Occur.Should, part.query) for part in parts])
