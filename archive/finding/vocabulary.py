"""The words that stand in the index, for corrections, completions and joined typing.

Kept beside the index, encrypted: the index itself holds keyed words only.
"""

from __future__ import annotations

import json
import os
import threading
import zlib
from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from math import log
from pathlib import Path
from typing import Protocol

from archive.finding.words import Word, word_of
from archive.identity import IdentityKeys
from dossier.errors import IntegrityViolation, Misconfigured

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MOST_WORDS = 300_000
_CONTEXT = b"vocabulary"
_LONGEST_SYLLABLE = 7
_LONG_WORD = 5
# A described value is worth so many texts, where the more usual of two words is looked for.
_VALUE_WEIGHT = 20


class Statistics(Protocol):
    """What the index counts."""

    records: int

    def frequency(self, field: str, word: str) -> int:
        """How many records hold a word in ``head`` or ``body``; its first letter says its kind."""
        ...


class Vocabulary:
    """Words seen so far; they are only added. Safe for many threads.

    Args:
        keys: encrypt the file.
        path: of the file; None keeps it in memory.
    """

    def __init__(self, keys: IdentityKeys, path: Path | None) -> None:
        self._keys = keys
        self._path = path
        self._lock = threading.Lock()
        self._read_at: tuple[int, int] | None = None
        self._exact: set[str] = set()
        self._folded: dict[str, set[str]] = {}
        self._sorted: tuple[list[str], list[str]] | None = None
        self.reload()

    def __contains__(self, folded: str) -> bool:
        return folded in self._folded

    def has_exact(self, exact: str) -> bool:
        """Whether a word stands there with these marks."""
        return exact in self._exact

    def marked(self, folded: str) -> AbstractSet[str]:
        """The words that fold to this one."""
        return self._folded.get(folded, frozenset())

    def add(self, words: Iterable[Word]) -> bool:
        """Add words; whether one was new."""
        with self._lock:
            new = {word.exact for word in words} - self._exact
            if not new or len(self._exact) > _MOST_WORDS:
                return False
            self._take(new)
            return True

    def save(self) -> None:
        """Write the file; called before the index is committed, so that it lacks no word of it."""
        if self._path is None:
            return
        with self._lock:
            content = json.dumps(sorted(self._exact), ensure_ascii=False).encode()
            closed = self._keys.encrypt(zlib.compress(content, 6), context=_CONTEXT)
            new = self._path.with_suffix(".new")
            with new.open("wb") as out:
                out.write(closed)
                out.flush()
                os.fsync(out.fileno())
            new.rename(self._path)
            self._read_at = self._stamp()

    def reload(self) -> None:
        """Read what another process has written meanwhile.

        A file that is damaged or of another key is left out: there are no corrections then until
        the index is made again.
        """
        stamp = self._stamp()
        if self._path is None or stamp is None or stamp == self._read_at:
            return
        try:
            closed = self._path.read_bytes()
            words = json.loads(zlib.decompress(self._keys.decrypt(closed, context=_CONTEXT)))
        except (OSError, ValueError, zlib.error, IntegrityViolation, Misconfigured):
            return
        with self._lock:
            self._take(words)
            self._read_at = stamp

    def completions(self, typed: Word, statistics: Statistics, *, most: int) -> list[Word]:
        """Words that begin as typed, the more usual first; marks that were typed must be there."""
        marked = typed.exact != typed.folded
        words, begin = self._in_order()[not marked], typed.exact if marked else typed.folded
        start = bisect_left(words, begin)
        end = bisect_left(words, begin + "\uffff")
        found = {word_of(word) for word in words[start : min(end, start + 400)]} - {typed}
        return sorted(found, key=lambda w: -self._usual(w.folded, statistics))[:most]

    def corrections(self, folded: str, statistics: Statistics, *, most: int = 4) -> list[str]:
        """Words at one letter or swap from this one, or at two where there is none; usual first."""
        near = (edits(folded) & self._folded.keys()) - {folded}
        if not near and folded not in self._folded and len(folded) >= _LONG_WORD:
            near = self._two_away(folded)
        usual = {word: self._usual(word, statistics) for word in near}
        return sorted((w for w, n in usual.items() if n), key=lambda w: -usual[w])[:most]

    def split(self, typed: str, statistics: Statistics) -> list[str] | None:
        """Syllables typed without spaces: ``nguyenthihoa``; the most usual way to part them."""
        cost = log(_VALUE_WEIGHT * statistics.records + 1) + 1
        best: list[tuple[float, list[str]] | None] = [(0.0, [])] + [None] * len(typed)
        for end in range(1, len(typed) + 1):
            for start in range(max(0, end - _LONGEST_SYLLABLE), end - 1):
                before, part = best[start], typed[start:end]
                if before is None or part not in self._folded:
                    continue
                usual = self._usual(part, statistics)
                score = before[0] + (log(usual) if usual else 0) - cost
                current = best[end]
                if usual and (current is None or score > current[0]):
                    best[end] = (score, [*before[1], part])
        last = best[-1]
        return last[1] if last is not None and len(last[1]) > 1 else None

    def _usual(self, folded: str, statistics: Statistics) -> int:
        named = statistics.frequency("head", f"f{folded}")
        return named * _VALUE_WEIGHT + statistics.frequency("body", f"f{folded}")

    def _two_away(self, folded: str) -> set[str]:
        shorter = {folded[:i] + folded[i + 1 :] for i in range(len(folded))}
        swapped = {
            folded[:i] + folded[i + 1] + folded[i] + folded[i + 2 :] for i in range(len(folded) - 1)
        }
        near = {w for base in shorter | swapped for w in edits(base)} & self._folded.keys()
        same = {
            word
            for word in self._folded
            if len(word) == len(folded)
            and word[0] == folded[0]
            and sum(a != b for a, b in zip(word, folded, strict=True)) == 2  # noqa: PLR2004 - two away
        }
        return {w for w in near | same if w[0] == folded[0]}

    def _take(self, words: Iterable[str]) -> None:
        for word in set(words) - self._exact:
            self._exact.add(word)
            self._folded.setdefault(word_of(word).folded, set()).add(word)
        self._sorted = None

    def _in_order(self) -> tuple[list[str], list[str]]:
        with self._lock:
            if self._sorted is None:
                self._sorted = sorted(self._exact), sorted(self._folded)
            return self._sorted

    def _stamp(self) -> tuple[int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size


def one_edit(word: str, other: str) -> bool:
    """Whether two words differ by one letter more, less or other."""
    if abs(len(word) - len(other)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), -1)
    if same < 0:
        return len(word) != len(other)
    a, b = word[same:], other[same:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:]


def edits(word: str) -> set[str]:
    """All words at one letter more, less or other, or at one swap of neighbours."""
    halves = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    return {
        *(a + b[1:] for a, b in halves if b),
        *(a + b[1] + b[0] + b[2:] for a, b in halves if len(b) > 1),
        *(a + c + b[1:] for a, b in halves if b for c in _LETTERS),
        *(a + c + b for a, b in halves for c in _LETTERS),
    }
