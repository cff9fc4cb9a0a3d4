"""The signatures that a PDF holds: all of them, those that cannot be read too."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.pdf_objects import entry
from signing.signable import MALFORMED

PADES = "/ETSI.CAdES.detached"
_KINDS = frozenset({PADES, "/adbe.pkcs7.detached", "/ETSI.RFC3161"})
MOST_SIGNATURES = 100

_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]")


@dataclass(frozen=True, slots=True)
class Filled:
    """A signature field that holds something.

    Attributes:
        embedded: what pyHanko made of it; None where it could not be read.
        problem: a stable code why it could not be read, or empty.
    """

    embedded: EmbeddedPdfSignature | None
    problem: str = ""

    @property
    def is_timestamp(self) -> bool:
        """Whether it is a document timestamp and nobody's signature."""
        return self.embedded is not None and self.embedded.sig_object_type == "/DocTimeStamp"


def filled_fields(reader: PdfFileReader, content: bytes) -> list[Filled]:
    """What the signature fields hold, oldest first, those that cannot be read at the end.

    A signature that lies in the file but hangs in no field any more is among them too:
    a later update must not make one vanish.

    Raises:
        Exception: any of ``signable.MALFORMED``: the form cannot be walked.
    """
    found: list[Filled] = []
    for count, (name, value, field) in enumerate(enumerate_sig_fields(reader, filled_status=True)):
        if count >= MOST_SIGNATURES:
            found.append(Filled(None, "signature.too-many"))
            break
        found.append(_read(reader, name, value, field))
    readable = sorted(
        (f for f in found if f.embedded is not None),
        key=lambda f: f.embedded.signed_revision if f.embedded else 0,
    )
    broken = [f for f in found if f.embedded is None]
    # Each has a range of its own; one that is copied into a second field is counted once.
    known = {tuple(f.embedded.byte_range) for f in readable if f.embedded}
    written = {tuple(int(n) for n in match.groups()) for match in _BYTE_RANGE.finditer(content)}
    lost = len(written - known) - len(broken)
    orphans = [Filled(None, "signature.orphaned")] * min(max(lost, 0), MOST_SIGNATURES)
    return [*readable, *broken, *orphans]


def _read(reader: PdfFileReader, name: str, value: Any, field: Any) -> Filled:  # noqa: ANN401
    try:
        dictionary = value.get_object()
        if not isinstance(dictionary, generic.DictionaryObject):
            return Filled(None, "signature.empty")
        if str(entry(dictionary, "/SubFilter")) not in _KINDS:
            return Filled(None, "signature.unknown-kind")
        if not entry(dictionary, "/ByteRange"):
            return Filled(None, "byte-range.malformed")
        contents = entry(dictionary, "/Contents")
        if not isinstance(contents, generic.ByteStringObject) or not contents.strip(b"\0"):
            return Filled(None, "signature.empty")
        embedded = EmbeddedPdfSignature(reader, field, name)
        _ = embedded.signer_cert  # read once here, so that nothing later fails on it
    except MALFORMED:
        return Filled(None, "signature.unreadable")
    return Filled(embedded)
