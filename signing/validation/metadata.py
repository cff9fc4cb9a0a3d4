"""What the metadata of a PDF says, but for when and by which program it was written."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.decode_limits import DecodePurpose
from pyhanko.pdf_utils.rw_common import PdfHandler

from signing.pdf_objects import entry

# Written anew by whatever adds a signature or a timestamp.
_PROPERTIES_OF_WRITING = frozenset(
    {"ModDate", "ModifyDate", "MetadataDate", "Producer", "InstanceID", "xmptk"}
)
_LARGEST_XMP = 1 << 20  # bytes
_DEEPEST = 60


def xmp_facts(view: PdfHandler) -> object:
    """The statements of the XMP packet, whatever their order; to be compared for equality.

    Raises:
        ValueError: nested too deep.
    """
    stream = entry(view.root, "/Metadata")
    if stream is None:
        return frozenset()
    if not isinstance(stream, generic.StreamObject):
        raise ValueError("metadata that is no stream")  # noqa: TRY004 - it is the file's fault
    data = stream.read_data(DecodePurpose.XMP_METADATA)
    if len(data) > _LARGEST_XMP or re.search(rb"<!(?:DOCTYPE|ENTITY)", data):
        return data  # not parsed: entities can blow up or reach out
    try:
        root = ET.fromstring(data.strip(b"\0 \n\r\t"))  # noqa: S314 - without DTD, see above
    except ET.ParseError:
        return data
    return frozenset(_facts(root, ()))


def _facts(element: ET.Element, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    path = (*path, element.tag)
    if len(path) > _DEEPEST:
        raise ValueError("metadata too deep")
    named = [((*path, name), value) for name, value in element.attrib.items()]
    for where, text in [*named, (path, (element.text or "").strip())]:
        if text and where[-1].rpartition("}")[2] not in _PROPERTIES_OF_WRITING:
            yield where, text
    for child in element:
        yield from _facts(child, path)


def info_facts(view: PdfHandler) -> dict[str, str]:
    """The entries of the document information dictionary."""
    info = entry(view.trailer_view, "/Info") or {}
    return {
        str(key): str(info[key]) for key in info if key.lstrip("/") not in _PROPERTIES_OF_WRITING
    }
