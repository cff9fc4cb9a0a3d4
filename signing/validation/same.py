"""Whether two values of a PDF, of two revisions, are equal all the way down."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pyhanko.pdf_utils import generic

from signing.pdf_objects import raw
from signing.validation.object_graph import name_of
from signing.validation.revisions import Name

_MOST_VALUES = 500_000
_DEEPEST = 200


class Sameness:
    """Compares values of two revisions that follow each other.

    Args:
        changed: the objects below which something changed; others are equal without reading them.
        apart: objects that are compared by themselves; a reference to one is equal to a reference
            to the same one.
    """

    def __init__(self, changed: Collection[Name], apart: Collection[Name]) -> None:
        self._changed, self._apart = changed, apart
        self._compared: set[tuple[Name, Name]] = set()
        self._left = _MOST_VALUES

    def is_changed(self, value: Any) -> bool:  # noqa: ANN401 - any PDF object
        """Whether something below a reference may have changed."""
        return name_of(value) in self._changed

    def differing(self, old: Any, new: Any, apart_from: Collection[str]) -> set[str]:  # noqa: ANN401
        """The keys of two dictionaries whose values differ.

        Raises:
            ValueError: too much or too deep to compare, or no dictionaries.
        """
        if not (
            isinstance(old, generic.DictionaryObject) and isinstance(new, generic.DictionaryObject)
        ):
            raise ValueError("not dictionaries")  # noqa: TRY004 - it is the file's fault
        if isinstance(old, generic.StreamObject) or isinstance(new, generic.StreamObject):
            raise ValueError("a stream where a dictionary belongs")  # noqa: TRY004 - as above
        keys = (set(old.keys()) | set(new.keys())) - set(apart_from)
        return {str(key) for key in keys if not self.same(raw(old, key), raw(new, key))}

    def same(self, old: Any, new: Any) -> bool:  # noqa: ANN401 - any PDF object
        """Whether two raw values are equal.

        Raises:
            ValueError: too much or too deep to compare.
        """
        known = set(self._compared)
        equal = self._same(old, new, 0)
        if not equal:
            # What was taken for equal on the way may be so only up to the difference.
            self._compared = known
        return equal

    def _same(self, old: Any, new: Any, depth: int) -> bool:  # noqa: ANN401 - any PDF object
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise ValueError("too much to compare")
        before, after = name_of(old), name_of(new)
        if before is not None or after is not None:
            return self._same_objects(old, new, before, after, depth)
        if type(old) is not type(new):
            return isinstance(old, _NUMBERS) and isinstance(new, _NUMBERS) and bool(old == new)
        if isinstance(new, generic.DictionaryObject):  # a stream is one too
            if isinstance(new, generic.StreamObject) and old.encoded_data != new.encoded_data:
                return False
            return set(old.keys()) == set(new.keys()) and all(
                self._same(raw(old, key), raw(new, key), depth + 1) for key in new
            )
        if isinstance(new, generic.ArrayObject):
            return len(old) == len(new) and all(
                self._same(old.raw_get(i), new.raw_get(i), depth + 1) for i in range(len(old))
            )
        return bool(old == new)

    def _same_objects(
        self,
        old: Any,  # noqa: ANN401 - any PDF object
        new: Any,  # noqa: ANN401 - any PDF object
        before: Name | None,
        after: Name | None,
        depth: int,
    ) -> bool:
        if before is not None and before == after:
            if before in self._apart or before not in self._changed:
                return True
        elif before in self._apart or after in self._apart:
            return False
        if before is not None and after is not None:
            # What refers to itself is equal unless a difference is found on the way.
            if (before, after) in self._compared:
                return True
            self._compared.add((before, after))
        return self._same(_followed(old), _followed(new), depth + 1)


_NUMBERS = (generic.NumberObject, generic.FloatObject)


def _followed(value: Any) -> Any:  # noqa: ANN401 - any PDF object
    return value.get_object() if isinstance(value, generic.IndirectObject) else value
