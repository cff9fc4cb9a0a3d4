"""Pages made here, put aside on disk so that memory does not grow with their number."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

import pikepdf
from pikepdf import AccessMode, Page, Pdf, StreamDecodeLevel

from ocr.pdfa.pictures import Picture, add_page

_CHUNK = 16_000_000  # bytes of picture data that are held in memory at most, one picture aside


class Spool:
    """One-picture pages, in the order in which they were added.

    Args:
        folder: for files of some 16 MB each; the caller removes it.
        name: what the files are called; one of a kind in the folder.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._pdf = pikepdf.new()
        self._held = 0
        self._parts: list[Pdf] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for part in (*self._parts, self._pdf):
            part.close()

    def add(self, picture: Picture, *, width: float, height: float) -> None:
        """Add a page of this size (pt) that the picture covers."""
        add_page(self._pdf, picture, width=width, height=height)
        self._held += len(picture.data)
        if self._held >= _CHUNK:
            self._put_aside()

    def pages(self) -> list[Page]:
        """All pages, to be appended to another document while this one is open."""
        if len(self._pdf.pages):
            self._put_aside()
        return [page for part in self._parts for page in part.pages]

    def _put_aside(self) -> None:
        path = self._folder / f"{self._name}-{len(self._parts)}.pdf"
        self._pdf.save(path, stream_decode_level=StreamDecodeLevel.none, compress_streams=False)
        self._pdf.close()
        # Read when the document that takes them is written, not before.
        self._parts.append(pikepdf.open(path, access_mode=AccessMode.stream))
        self._pdf = pikepdf.new()
        self._held = 0
