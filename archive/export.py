"""Writing a package as a folder, a ZIP or a tar; nothing is held in memory whole."""

from __future__ import annotations

import hashlib
import hmac
import io
import shutil
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from archive.aip import Aip
from archive.file_faults import translated
from dossier.errors import WrongUse

_CHUNK = 256 * 1024


def write_folder(aip: Aip, target: Path) -> Path:
    """Write a package into a folder of its own; it appears whole or not at all.

    Where the folder is there already with the same bytes, nothing is written.

    Args:
        aip: the package.
        target: the folder to make it in; made if it is not there.

    Returns:
        The package's folder.

    Raises:
        WrongUse: ``export.exists``: something else has its name; it is left alone.
            ``export.not-a-folder``.
        IntegrityViolation: an object is not what was archived; nothing is left at ``target``.
    """
    place = target / aip.name
    with translated("a file of the export"):
        if place.exists() or place.is_symlink():
            if _is_same(place, aip):
                return place
            raise _exists(place)
        if target.exists() and not target.is_dir():
            raise WrongUse("export.not-a-folder", "the place to export to is a file, not a folder")
        target.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".export-", dir=target))
        try:
            for path in aip.paths:
                file = temporary / path
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("xb") as out, aip.open(path) as stream:
                    shutil.copyfileobj(stream, out, _CHUNK)
            temporary.chmod(0o755)
            # Fails where another process was faster: the folder is there and not empty.
            temporary.rename(place)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return place


def write_file(
    aip: Aip, target: Path, *, stream: Callable[[Aip], Iterator[bytes]], suffix: str
) -> Path:
    """Write a package as one file into a folder; it appears whole or not at all.

    Args:
        aip: the package.
        target: the folder to make it in; made if it is not there.
        stream: ``stream_zip`` or ``stream_tar``.
        suffix: of the file, with its dot.

    Raises:
        WrongUse: ``export.exists``; ``export.not-a-folder``.
        IntegrityViolation: an object is not what was archived; nothing is left at ``target``.
    """
    place = target / f"{aip.name}{suffix}"
    with translated("a file of the export"):
        if place.exists() or place.is_symlink():
            raise _exists(place)
        if target.exists() and not target.is_dir():
            raise WrongUse("export.not-a-folder", "the place to export to is a file, not a folder")
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(prefix=".export-", dir=target) as out:
            for chunk in stream(aip):
                out.write(chunk)
            out.flush()
            Path(out.name).chmod(0o644)
            try:
                place.hardlink_to(out.name)
            except FileExistsError:
                raise _exists(place) from None
    return place


def stream_zip(aip: Aip) -> Iterator[bytes]:
    """A package as a ZIP, stored without compression, chunk by chunk.

    Raises:
        IntegrityViolation: an object is not what was archived; the ZIP then has no end.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for path in aip.paths:
            info = zipfile.ZipInfo(f"{aip.name}/{path}", (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            with aip.open(path) as stream, archive.open(info, "w", force_zip64=True) as out:
                while chunk := stream.read(_CHUNK):
                    out.write(chunk)
                    yield sink.take()
    yield sink.take()


def stream_tar(aip: Aip) -> Iterator[bytes]:
    """A package as a tar (POSIX.1-2001), chunk by chunk.

    Raises:
        IntegrityViolation: an object is not what was archived; the tar then has no end.
    """
    sizes = aip.sizes()
    total = 0
    for path in aip.paths:
        size, _ = sizes[path]
        info = tarfile.TarInfo(f"{aip.name}/{path}")
        info.size, info.mode = size, 0o644
        header = info.tobuf(tarfile.PAX_FORMAT)
        yield header
        with aip.open(path) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
        padding = bytes(-size % tarfile.BLOCKSIZE)
        yield padding
        total += len(header) + size + len(padding)
    yield bytes(2 * tarfile.BLOCKSIZE + -(total + 2 * tarfile.BLOCKSIZE) % tarfile.RECORDSIZE)


class _Sink(io.RawIOBase):
    """Takes what a ZIP is written to, and hands it out chunk by chunk."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()
        self._taken = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: object, /) -> int:
        held = bytes(data)  # type: ignore[call-overload]  # a buffer
        self._held += held
        return len(held)

    def tell(self) -> int:
        return self._taken + len(self._held)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._taken += len(taken)
        self._held.clear()
        return taken


def _exists(place: Path) -> WrongUse:
    return WrongUse(
        "export.exists",
        f"{place.name} is already in the export folder with other content; it was left alone: "
        "move it away or export elsewhere",
    )


def _is_same(place: Path, aip: Aip) -> bool:
    """Whether a folder holds exactly the package's files."""
    if place.is_symlink() or not place.is_dir():
        return False
    sizes = aip.sizes()
    found = {p.relative_to(place).as_posix(): p for p in place.rglob("*") if not p.is_dir()}
    if set(found) != set(sizes):
        return False
    for path, file in found.items():
        if file.is_symlink() or not file.is_file():
            return False
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        if not hmac.compare_digest(sha256, sizes[path][1]):
            return False
    return True
