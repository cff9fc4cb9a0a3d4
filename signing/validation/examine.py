"""Examines one signature of a file, apart from its certificates and from later changes."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signing.signable import MALFORMED
from signing.validation.cms_integrity import integrity_problem, timestamp_of
from signing.validation.coverage import gap_problem, padding_problem

_SETTLED = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)


@dataclass(frozen=True, slots=True)
class Examined:
    """The result for one signature, apart from its certificates.

    Attributes:
        problem: a code why it does not hold, or empty.
        stamped_at: the time in its timestamp, where that holds.
        authority: common name of the timestamp's authority.
        end: offset behind the last byte that it covers; 0 where that cannot be said.
    """

    embedded: EmbeddedPdfSignature
    problem: str
    stamped_at: datetime | None = None
    authority: str = ""
    end: int = 0

    @property
    def revision(self) -> int:
        """Number of the revision that it signs, from 0."""
        return int(self.embedded.signed_revision)

    @property
    def is_timestamp(self) -> bool:
        """Whether it is a document timestamp."""
        return bool(self.embedded.sig_object_type == "/DocTimeStamp")


def examine(embedded: EmbeddedPdfSignature, content: bytes) -> Examined:
    """Examine the covered bytes, the digest, the signature and its timestamp.

    Args:
        embedded: the signature.
        content: the whole file.
    """
    try:
        numbers = list(embedded.byte_range)
        contents = embedded.pkcs7_content
        problem = gap_problem(io.BytesIO(content), numbers, contents)
        if problem:
            return Examined(embedded, problem)
        if embedded.evaluate_signature_coverage() not in _SETTLED:
            return Examined(embedded, "byte-range.coverage")
        end = int(numbers[2]) + int(numbers[3])
        problem = padding_problem(contents) or integrity_problem(embedded)
        stamped_at, authority = None, ""
        if not problem and embedded.sig_object_type != "/DocTimeStamp":
            problem, stamped_at, authority = timestamp_of(embedded.signer_info)
    except MALFORMED:
        return Examined(embedded, "signature.unreadable")
    return Examined(embedded, problem, stamped_at, authority, end)


def permission_of(embedded: EmbeddedPdfSignature) -> MDPPerm | None:
    """Which changes a signature allows where it certifies or locks the file; else None."""
    try:
        return embedded.docmdp_level
    except MALFORMED:
        return MDPPerm.NO_CHANGES  # unreadable, and so the strictest


def locks_of(embedded: EmbeddedPdfSignature) -> Callable[[str], bool]:
    """Whether a signature locks the field of a full name."""
    try:
        lock = embedded.fieldmdp
    except MALFORMED:
        return lambda _: True
    return (lambda _: False) if lock is None else lock.is_locked
