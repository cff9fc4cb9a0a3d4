"""Looking into pyHanko's PDF objects, references followed.

Its dictionaries' ``get`` and its arrays' iteration hand out references as they stand.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic

_DEEPEST = 64  # levels of a page tree; nobody makes deeper ones


def entry(dictionary: Any, key: str, default: Any = None) -> Any:  # noqa: ANN401 - any PDF object
    """What stands under a key.

    Raises:
        ValueError: ``dictionary`` is none.
    """
    if not isinstance(dictionary, generic.DictionaryObject):
        raise ValueError("not a dictionary")  # noqa: TRY004 - it is the file's fault
    return dictionary[key] if key in dictionary else default  # noqa: SIM401 - see above


def raw(dictionary: generic.DictionaryObject, key: str) -> Any:  # noqa: ANN401 - any PDF object
    """What stands under a key, as it stands; None where nothing does."""
    return dictionary.raw_get(key) if key in dictionary else None


def items(array: Any) -> Iterator[Any]:  # noqa: ANN401 - any PDF object
    """The elements of an array; none of None.

    Raises:
        ValueError: ``array`` is none.
    """
    if array is None:
        return
    if not isinstance(array, generic.ArrayObject):
        raise ValueError("not an array")  # noqa: TRY004 - it is the file's fault
    for index in range(len(array)):
        yield array[index]


def inherited(page: Any, key: str) -> Any:  # noqa: ANN401 - any PDF object
    """What stands under a key of a page, or of what it inherits from, as it stands; or None.

    Raises:
        ValueError: the page tree is too deep, or goes in a circle.
    """
    node = page
    for _ in range(_DEEPEST):
        if key in node:
            return raw(node, key)
        if "/Parent" not in node:
            return None
        node = node["/Parent"]
    raise ValueError("the page tree is too deep")
