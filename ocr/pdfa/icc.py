"""ICC profiles of received pictures, as a PDF/A may hold them (ISO 19005-2, 6.2.4.2)."""

from __future__ import annotations

import struct
from typing import Any

from pikepdf import Array, Name, Pdf, Stream
from PIL import Image

_HEADER = struct.Struct(">I4x4s4s4s")  # size, version, class, colour space (ISO 15076-1, 7.2)
_SIGNATURE_AT, _SIGNATURE = 36, b"acsp"
_LEAST_SIZE = 128 + 4
_CLASSES = frozenset({b"scnr", b"mntr", b"prtr", b"spac"})
_COMPONENTS = {b"GRAY": 1, b"RGB ": 3}
_VERSIONS = frozenset({2, 4})


def profile_of(image: Image.Image) -> bytes:
    """The profile that a picture file carries; empty where it has none of use.

    Args:
        image: as opened by Pillow.
    """
    carried = image.info.get("icc_profile")
    return carried if isinstance(carried, bytes) else b""


def usable(profile: bytes, components: int) -> bytes:
    """The profile where it says what so many components mean, cut to its own size; else empty."""
    if len(profile) < _LEAST_SIZE:
        return b""
    size, version, kind, space = _HEADER.unpack_from(profile)
    fits = (
        _LEAST_SIZE <= size <= len(profile)
        and profile[_SIGNATURE_AT : _SIGNATURE_AT + 4] == _SIGNATURE
        and kind in _CLASSES
        and version[0] in _VERSIONS
        and _COMPONENTS.get(space) == components
    )
    return profile[:size] if fits else b""


def colour_space(pdf: Pdf, profile: bytes, components: int) -> Any:  # noqa: ANN401 - a pikepdf array
    """``/ICCBased`` with this profile."""
    stream = Stream(pdf, profile)
    stream.N = components
    stream.Alternate = Name.DeviceGray if components == 1 else Name.DeviceRGB
    return Array([Name.ICCBased, pdf.make_indirect(stream)])
