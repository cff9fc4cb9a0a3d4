"""Which objects of a PDF refer to which, revision by revision.

Built once for a file and carried on from update to update, so that the cost of comparing an
update grows with the update and not with the file.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

from signing.pdf_objects import raw
from signing.validation.revisions import Name

_MOST_OBJECTS = 200_000
_TRAILER_KEYS = ("/Root", "/Info")


def name_of(value: Any) -> Name | None:  # noqa: ANN401 - any PDF object
    """The object that a raw value refers to; None where it is no reference."""
    return (value.idnum, value.generation) if isinstance(value, generic.IndirectObject) else None


class ObjectGraph:
    """References between the objects of a file as of one revision.

    Args:
        view: of the revision to begin with.

    Raises:
        ValueError: more objects than are compared.
    """

    def __init__(self, view: HistoricalResolver) -> None:
        self._targets: dict[Name, frozenset[Name]] = {}
        self._roots = _roots(view)
        self._trailer = set(_references(view.trailer_view))
        self._read(view, self._roots)
        self.reachable = self._reach()

    def update(self, view: HistoricalResolver, touched: Iterable[Name]) -> None:
        """Carry on to the next revision.

        Args:
            view: of that revision.
            touched: the objects that it wrote.
        """
        known = [name for name in touched if name in self._targets]
        for name in known:
            del self._targets[name]
        self._roots = _roots(view)
        self._trailer = set(_references(view.trailer_view))
        self._read(view, [*self._roots, *known])
        self.reachable = self._reach()

    def leading_to(self, touched: Iterable[Name], *, but_through: frozenset[Name]) -> set[Name]:
        """The objects below which a touched one hangs, the touched ones among them.

        Args:
            touched: the objects that an update wrote.
            but_through: objects that are compared by themselves; a reference to one of them says
                nothing about what hangs below it.
        """
        sources: dict[Name, list[Name]] = {}
        for source, targets in self._targets.items():
            for target in targets:
                sources.setdefault(target, []).append(source)
        found, waiting = set(touched), list(touched)
        while waiting:
            name = waiting.pop()
            if name in but_through:
                continue
            for source in sources.get(name, ()):
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return found

    def shared(self) -> frozenset[Name]:
        """The objects that more than one object refers to, or the trailer."""
        seen: set[Name] = set(self._trailer)
        twice: set[Name] = set()
        for targets in self._targets.values():
            twice |= targets & seen
            seen |= targets
        return frozenset(twice)

    def _read(self, view: HistoricalResolver, names: Iterable[Name]) -> None:
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self._targets:
                continue
            if len(self._targets) >= _MOST_OBJECTS:
                raise ValueError("too many objects to compare")
            targets = frozenset(_references(view.get_object(generic.Reference(*name, pdf=view))))
            self._targets[name] = targets
            waiting.extend(targets)

    def _reach(self) -> frozenset[Name]:
        found: set[Name] = set()
        waiting = list(self._roots)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self._targets.get(name, ()))
        return frozenset(found)


def _roots(view: HistoricalResolver) -> list[Name]:
    names = (name_of(raw(view.trailer_view, key)) for key in _TRAILER_KEYS)
    return [name for name in names if name is not None]


def _references(value: Any) -> Iterator[Name]:  # noqa: ANN401 - any PDF object
    waiting = [value]
    while waiting:
        part = waiting.pop()
        name = name_of(part)
        if name is not None:
            yield name
        elif isinstance(part, generic.DictionaryObject):
            waiting.extend(part.raw_get(key) for key in part)
        elif isinstance(part, generic.ArrayObject):
            waiting.extend(part.raw_get(index) for index in range(len(part)))
