"""The type of a file, detected from its first bytes and never from its name."""

from __future__ import annotations

from pathlib import Path

from dossier.errors import RejectedInput
from dossier.spine import MediaType

# A PDF's header may stand anywhere in the first 1024 bytes (Adobe's readers; ISO 32000-1 H.3.13).
_HEAD = 1024
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"II*\x00", MediaType.TIFF),
    (b"MM\x00*", MediaType.TIFF),
    (b"II+\x00", MediaType.TIFF),  # BigTIFF
    (b"MM\x00+", MediaType.TIFF),
)


def media_type(path: Path) -> MediaType:
    """The type of a file by content.

    Raises:
        RejectedInput: ``scan.empty``, ``scan.not-a-known-type``.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return type_of(file.read(_HEAD))


def type_of(content: bytes) -> MediaType:
    """The type of a file whose bytes, at least the first 1024, are these.

    Raises:
        RejectedInput: ``scan.empty``, ``scan.not-a-known-type``.
    """
    head = content[:_HEAD]
    if not head:
        raise RejectedInput("scan.empty", "the file is empty; scan the paper again")
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if b"%PDF-" in head:
        return MediaType.PDF
    raise RejectedInput(
        "scan.not-a-known-type",
        "the file is neither PDF, TIFF, JPEG nor PNG; save the scan as one of these",
    )
