"""The pages of one revision, and the nodes above them."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.pdf_objects import raw
from signing.validation.object_graph import name_of
from signing.validation.revisions import Name

_MOST_PAGES = 20_000


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and the object that it is."""

    name: Name | None
    page: generic.DictionaryObject


class PageTree:
    """Pages in order, and the nodes above them.

    Attributes:
        pages: in order.
        nodes: by object; a node that is written into another one is not among them.
        names: of the objects of both.

    Raises:
        ValueError: no tree, or too many pages.
    """

    def __init__(self, view: PdfHandler) -> None:
        self.pages: list[Page] = []
        self.nodes: dict[Name, generic.DictionaryObject] = {}
        waiting: list[Any] = [raw(view.root, "/Pages")]
        for _ in range(_MOST_PAGES):
            if not waiting:
                break
            self._visit(waiting)
        else:
            raise ValueError("too many pages")
        self.names = {page.name for page in self.pages} | set(self.nodes)

    def _visit(self, waiting: list[Any]) -> None:
        node = waiting.pop()
        name, dictionary = name_of(node), node.get_object()
        if not isinstance(dictionary, generic.DictionaryObject):
            raise ValueError("not a page")  # noqa: TRY004 - it is the file's fault
        if "/Kids" not in dictionary:
            self.pages.append(Page(name, dictionary))
            return
        if name is not None:
            self.nodes[name] = dictionary
        kids = dictionary["/Kids"]
        waiting.extend(kids.raw_get(i) for i in reversed(range(len(kids))))
