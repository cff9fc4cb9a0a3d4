"""What is said of a PDF: its conformance, and the signatures it carries.

Times are aware UTC. Codes are stable, lower case and dotted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """How far a signature is preserved (ETSI EN 319 142-1)."""

    B_B = "B-B"
    B_T = "B-T"
    B_LT = "B-LT"
    B_LTA = "B-LTA"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """What can be said of one signature in a PDF.

    Attributes:
        signer: common name of the signer's certificate.
        signed_at: aware UTC, from the timestamp where there is one, else as claimed; or None.
        level: None where the signature is not PAdES or cannot be read.
        intact: the signed bytes are what was signed, and the CMS holds.
        trusted: the chain ends at a root we trust and was valid at ``signed_at``.
        covers_whole_file: nothing was added after it.
        changed_later: codes of what later updates changed beyond what is allowed; empty if none.
        problem: a stable code why it is not accepted, or empty.
        remarks: stable codes of what a person should be told besides, such as ``digest.sha1``.
    """

    signer: str
    signed_at: datetime | None
    level: Level | None
    intact: bool
    trusted: bool
    covers_whole_file: bool
    changed_later: tuple[str, ...] = ()
    problem: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether it may be relied upon without asking further."""
        return self.intact and self.trusted and not self.changed_later and not self.problem


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfaReport:
    """What was found when the PDF/A was made.

    Attributes:
        flavour: always ``2u``.
        validator: name and version of what judged it.
        findings: rules still broken; empty, or the file may not be signed.
        drawn_anew: numbers of pages whose content could not be kept and was drawn as a picture.
    """

    flavour: str
    validator: str
    findings: tuple[str, ...] = ()
    drawn_anew: tuple[int, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the file may be signed."""
        return not self.findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The facts of a signature of ours.

    Attributes:
        signer: common name of the certificate.
        certificate: SHA-256 of the certificate's DER, hex.
        signed_at: aware UTC, the time in the timestamp.
    """

    signer: str
    certificate: str
    signed_at: datetime
    level: Level
