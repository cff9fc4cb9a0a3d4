"""Receives files: checks size and type, copies them to the work area, inspects them in a child.

One file is one paper here; splitting a file into several papers comes later.
"""

from __future__ import annotations

import errno
import stat
import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dossier.errors import RejectedInput, TransientFault
from dossier.ports import Clock, Ids, ObjectStore
from dossier.spine import MediaType, Page, Paper, Scan
from pages.children import (
    PRELOAD,
    ChildCrashed,
    ChildFailed,
    ChildOutOfMemory,
    ChildTimedOut,
    JobRunner,
)
from pages.limits import Limits, too_large
from pages.media import media_type, type_of

__all__ = ["Limits", "ScanFacts", "clean_source", "inspect", "receive", "split"]

_LONGEST_SOURCE = 200
_INSPECT_SECONDS = 60.0
# Caused by the file or its name; all others (no descriptors left, a failing disk) are ours.
_THE_FILES_FAULT = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ELOOP, errno.ENAMETOOLONG}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanFacts:
    """The facts of a received file.

    Attributes:
        pages: in the order of the file.
        arrived_signed: it is a PDF with a signature in it.
    """

    pages: tuple[Page, ...]
    arrived_signed: bool


def clean_source(name: str) -> str:
    """A file's own name, fit to be shown: no folders, NFC, nothing that cannot be seen, not long.

    Letters and signs stay as they are; what could turn the line around or hide something (controls,
    direction marks, lone surrogates of names that are not UTF-8) goes.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(
        c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C"
    )
    tidy = " ".join(seen.split())
    if len(tidy) > _LONGEST_SOURCE:
        dot = tidy.rpartition(".")[2]
        ending = f"….{dot}" if len(dot) <= 5 else "…"  # noqa: PLR2004 - .tiff and its like
        tidy = tidy[: _LONGEST_SOURCE - len(ending)] + ending
    return tidy or "unnamed"


def receive(
    file: Path | bytes,
    *,
    source: str,
    office: str,
    store: ObjectStore,
    limits: Limits,
    clock: Clock,
    ids: Ids,
) -> Scan:
    """Take a file into the work area. The file itself is left as it is.

    Args:
        file: the sender's file, or its bytes.
        source: its own name, for people; cleaned here.
        office: whose paper it is.
        store: where it goes.
        limits: its size is checked before it is copied, the rest by ``inspect``.
        clock: when it was received.
        ids: for the scan.

    Raises:
        RejectedInput: ``scan.not-a-file``, ``scan.unreadable``, ``scan.empty``,
            ``scan.too-large``, ``scan.not-a-known-type``.
    """
    if isinstance(file, bytes):
        if len(file) > limits.max_bytes:
            raise too_large(limits)
        kind = type_of(file)
        blob = store.put_work_bytes(file)
    else:
        kind = _checked_type(file, limits)
        blob = store.put_work(file)
        if blob.size > limits.max_bytes:  # it grew while it was copied
            raise too_large(limits)
    return Scan(
        id=ids.new(),
        office=office,
        blob=blob,
        media_type=kind,
        source=clean_source(source),
        received_at=clock.now(),
    )


def _checked_type(path: Path, limits: Limits) -> MediaType:
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise RejectedInput("scan.not-a-file", "what was sent is not a file; send the scan")
        if facts.st_size > limits.max_bytes:
            raise too_large(limits)
        return media_type(path)
    except OSError as fault:
        if fault.errno not in _THE_FILES_FAULT:
            name = errno.errorcode.get(fault.errno or 0, "unknown")
            raise TransientFault(
                "machine.fault",
                f"the machine could not read the file just now ({name}); nothing is lost, send it "
                "again later",
            ) from None
        raise RejectedInput(
            "scan.unreadable", "the file cannot be read; check that it is there and may be read"
        ) from None


def inspect(
    scan: Scan,
    file: Path,
    *,
    children: JobRunner,
    limits: Limits,
    seconds: float = _INSPECT_SECONDS,
) -> ScanFacts:
    """Count and measure the pages of a scan, in a child.

    Args:
        scan: as received.
        file: its bytes.
        children: where hostile files are opened.
        limits: of bytes, pages, pixels and page sizes.
        seconds: how long it may take.

    Raises:
        RejectedInput: the codes of ``pages.inspect.inspect``; ``scan.too-slow``,
            ``scan.too-much-memory`` and ``scan.unreadable`` where the file overcame its reader.
    """
    arguments = {"media_type": scan.media_type.value, "limits": limits.to_json()}
    what = f"scan {scan.id}"

    def inspected() -> Any:  # noqa: ANN401 - any JSON value
        return children.run(
            "pages.inspect:inspect",
            arguments,
            reads={"path": file},
            prepare=PRELOAD,
            deadline=seconds,
            what=what,
        )

    try:
        answer = inspected()
    except ChildTimedOut:
        raise RejectedInput(
            "scan.too-slow", f"{what}: takes too long to open; scan the paper again"
        ) from None
    except ChildOutOfMemory:
        raise RejectedInput(
            "scan.too-much-memory", f"{what}: takes too much memory to open; scan the paper again"
        ) from None
    except (ChildFailed, ChildCrashed) as error:
        # One failure may be our machine; a second one in a fresh child is the file's.
        try:
            answer = inspected()
        except (ChildFailed, ChildCrashed, ChildOutOfMemory, ChildTimedOut):
            raise RejectedInput(
                "scan.unreadable",
                f"{what}: the file makes its reader fail ({error.code}); scan the paper again",
            ) from None
    return _facts(answer, what=what, limits=limits)


def split(
    paper: Paper,
    file: Path,
    *,
    children: JobRunner,
    limits: Limits,
    seconds: float = _INSPECT_SECONDS,
) -> Paper:
    """The paper of a scan with its pages: all of the file, in its order.

    Args:
        paper: as written down when the scan was received, its pages not known yet.
        file: the bytes of its scan.
        children: where hostile files are opened.
        limits: of bytes, pages, pixels and page sizes.
        seconds: how long it may take.

    Raises:
        RejectedInput: as ``inspect``.
    """
    facts = inspect(paper.scan, file, children=children, limits=limits, seconds=seconds)
    return replace(paper, pages=facts.pages, arrived_signed=facts.arrived_signed)


def _facts(answer: Any, *, what: str, limits: Limits) -> ScanFacts:  # noqa: ANN401 - any JSON value
    """The facts of a child's answer, which is not trusted."""
    try:
        pages = tuple(
            Page(number, float(width), float(height))
            for number, (width, height) in enumerate(answer["pages"], 1)
        )
        signed = bool(answer["signed"])
    except (TypeError, ValueError, KeyError):
        pages, signed = (), False
    if not 0 < len(pages) <= limits.max_pages or not all(p.width > 0 < p.height for p in pages):
        raise TransientFault("child.failed", f"{what}: its reader answered nonsense")
    return ScanFacts(pages=pages, arrived_signed=signed)
