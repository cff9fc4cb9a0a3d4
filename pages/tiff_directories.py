"""The image file directories of a TIFF: which of them are pages. In a child.

A TIFF may hold thumbnails and transparency masks beside its pages (TIFF 6.0, NewSubfileType and
SubfileType). Pillow opens no file whose first directory is a mask, so the chain is read here.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE = 254, 255
_COMPRESSION, _PHOTOMETRIC = 259, 262
_REDUCED, _MASK = 0b001, 0b100  # bits of NewSubfileType
_OLD_REDUCED = 2  # SubfileType of TIFF 5.0
_PHOTOMETRIC_MASK = 4
_WANTED = frozenset({_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _COMPRESSION, _PHOTOMETRIC})
_SHORT = 3  # field type; all other types wanted here are LONG
_MOST_DIRECTORIES = 100_000
_MOST_ENTRIES = 4096


@dataclass(frozen=True, slots=True)
class Directory:
    """One image file directory.

    Attributes:
        offset: of the directory in the file, bytes.
        compression: TIFF's number of it; 1 where none is named.
        reduced: a smaller version of another image of the file.
        mask: a transparency mask of another image of the file.
    """

    offset: int
    compression: int = 1
    reduced: bool = False
    mask: bool = False


@dataclass(frozen=True, slots=True)
class _Layout:
    """How numbers are written in one file: byte order and sizes, TIFF 6.0 or BigTIFF."""

    order: str
    big: bool

    @property
    def first(self) -> int:
        """Where the header holds the offset of the first directory."""
        return 8 if self.big else 4

    @property
    def pointer(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "I"))

    @property
    def count(self) -> struct.Struct:
        return struct.Struct(self.order + ("Q" if self.big else "H"))

    @property
    def entry(self) -> struct.Struct:
        return struct.Struct(self.order + ("HHQ8s" if self.big else "HHI4s"))


def page_directories(path: Path) -> tuple[Directory, ...]:
    """The directories that are pages, in the order of the file.

    A file that holds only reduced images has them for pages; so has one that holds only masks.
    Reading stops where the chain is broken or turns back on itself.

    Args:
        path: a TIFF or BigTIFF.
    """
    with path.open("rb") as file:
        layout = _layout(file)
        found = [] if layout is None else _chain(file, layout)
    pages = [d for d in found if not d.reduced and not d.mask]
    return tuple(pages or [d for d in found if not d.mask] or found)


def chain_is_whole(path: Path) -> bool:
    """Whether the last directory of the chain says that none follows, or turns back on itself.

    Where its pointer leads to nothing that can be read, the pages behind it are lost.
    """
    with path.open("rb") as file:
        layout = _layout(file)
        if layout is None:
            return True
        found = _chain(file, layout)
        if not found:
            return True
        count = _number_at(file, found[-1].offset, layout.count) or 0
        at = found[-1].offset + layout.count.size + count * layout.entry.size
        follows = _number_at(file, at, layout.pointer)
    return follows is not None and (follows == 0 or any(d.offset == follows for d in found))


class DirectoryFile(io.FileIO):
    """A TIFF whose header names another directory as the first one. The file is not changed.

    Args:
        path: of the file.
        directory: the one to be read first.
    """

    def __init__(self, path: Path, directory: Directory) -> None:
        super().__init__(path, "rb")
        self._at, self._patch = 0, b""
        layout = _layout(self)
        if layout is not None:
            self._at, self._patch = layout.first, layout.pointer.pack(directory.offset)
        self.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read bytes as ``io.FileIO`` does, with the changed header."""
        start = self.tell()
        data = super().read(-1 if size is None else size) or b""
        end = self._at + len(self._patch)
        if not self._patch or start >= end or start + len(data) <= self._at:
            return data
        changed = bytearray(data)
        for place in range(max(start, self._at), min(end, start + len(data))):
            changed[place - start] = self._patch[place - self._at]
        return bytes(changed)


def _layout(file: BinaryIO | io.FileIO) -> _Layout | None:
    head = file.read(8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:  # noqa: PLR2004 - the header of TIFF 6.0
        return None
    version = struct.unpack_from(order + "H", head, 2)[0]
    return _Layout(order, big=version == 43)  # noqa: PLR2004 - BigTIFF's number


def _chain(file: BinaryIO, layout: _Layout) -> list[Directory]:
    found: list[Directory] = []
    seen: set[int] = set()
    at = _number_at(file, layout.first, layout.pointer)
    while at and at not in seen and len(found) < _MOST_DIRECTORIES:
        seen.add(at)
        count = _number_at(file, at, layout.count)
        if count is None or not 0 < count <= _MOST_ENTRIES:
            break
        body = file.read(count * layout.entry.size)
        found.append(_directory(at, body, layout))
        next_at = file.read(layout.pointer.size)
        if len(next_at) < layout.pointer.size:
            break
        at = layout.pointer.unpack(next_at)[0]
    return found


def _number_at(file: BinaryIO, at: int, how: struct.Struct) -> int | None:
    file.seek(at)
    data = file.read(how.size)
    return int(how.unpack(data)[0]) if len(data) == how.size else None


def _directory(offset: int, body: bytes, layout: _Layout) -> Directory:
    tags: dict[int, int] = {}
    whole = len(body) - len(body) % layout.entry.size
    for tag, kind, _, value in layout.entry.iter_unpack(body[:whole]):
        if tag in _WANTED:
            number = "H" if kind == _SHORT else "I"
            tags.setdefault(tag, struct.unpack_from(layout.order + number, value)[0])
    kind = tags.get(_NEW_SUBFILE_TYPE, 0)
    return Directory(
        offset,
        compression=tags.get(_COMPRESSION, 1),
        reduced=bool(kind & _REDUCED) or tags.get(_SUBFILE_TYPE) == _OLD_REDUCED,
        mask=bool(kind & _MASK) or tags.get(_PHOTOMETRIC) == _PHOTOMETRIC_MASK,
    )
