"""Reports on a PDF: its conformance, and the signatures it carries.

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


class Verdict(StrEnum):
    """Whether a signed file is still what was signed."""

    UNCHANGED = "unchanged"
    CHANGED_AS_ALLOWED = "changed-as-allowed"
    ALTERED = "altered"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureReport:
    """The result of validating one signature, or the document timestamp of an unsigned file.

    Attributes:
        signer: common name of the signer's certificate; of the authority's for a timestamp.
        issuer: common name of the issuer of that certificate.
        valid_from: start of that certificate's term; None where it cannot be read.
        valid_until: end of that term.
        signed_at: aware UTC, from the timestamp where there is one, else as claimed; or None.
        time_authority: common name of the authority whose timestamp proves ``signed_at``; empty
            where that is the signer's own claim.
        level: None where the signature is not PAdES or cannot be read.
        intact: the signed bytes are what was signed, and the CMS holds.
        trusted: the chain ends at a root we trust and was valid at ``signed_at``.
        revocation_checked: revocation data for the whole chain was there, and fresh enough.
        covers_whole_file: nothing was added after it but white space.
        changed_later: codes of what later updates changed beyond what is allowed; empty if none.
        allowed_changes: codes of what later updates changed as the signature allows.
        undecided: codes of why no verdict on later changes is possible; empty if it is.
        problem: a stable code why it is not accepted, or empty.
        remarks: stable codes of what a person should know besides, such as
            ``revocation.not-checked``.
        sub_indication: as ETSI EN 319 102-1 §5.1.3 names it; empty where it passed.
        is_timestamp: it is a document timestamp of a file that nobody signed.
    """

    signer: str
    signed_at: datetime | None
    level: Level | None
    intact: bool
    trusted: bool
    covers_whole_file: bool
    issuer: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    time_authority: str = ""
    revocation_checked: bool = False
    changed_later: tuple[str, ...] = ()
    allowed_changes: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    problem: str = ""
    remarks: tuple[str, ...] = ()
    sub_indication: str = ""
    is_timestamp: bool = False

    @property
    def verdict(self) -> Verdict:
        """Whether the file is still what was signed, regardless of trust."""
        if self.changed_later:
            return Verdict.ALTERED
        if self.undecided:
            return Verdict.UNDECIDED
        if not self.intact:
            return Verdict.ALTERED
        return Verdict.UNCHANGED if self.covers_whole_file else Verdict.CHANGED_AS_ALLOWED

    @property
    def valid(self) -> bool:
        """Whether it may be relied upon as it is."""
        accepted = self.verdict in {Verdict.UNCHANGED, Verdict.CHANGED_AS_ALLOWED}
        return self.intact and self.trusted and accepted and not self.problem

    @property
    def indication(self) -> str:
        """The result as ETSI EN 319 102-1 §5.1.3 names it."""
        if self.verdict is Verdict.ALTERED or self.sub_indication in _FAILURES:
            return "TOTAL-FAILED"
        return "TOTAL-PASSED" if self.valid else "INDETERMINATE"


_FAILURES = frozenset({"FORMAT_FAILURE", "HASH_FAILURE", "SIG_CRYPTO_FAILURE", "REVOKED"})


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
        remarks: stable codes of what could not be checked before signing, such as
            ``revocation.not-checked``.
        provable_until: aware UTC; end of the term of the archive timestamp's certificate, before
            which another one has to follow; None below B-LTA.
    """

    signer: str
    certificate: str
    signed_at: datetime
    level: Level
    remarks: tuple[str, ...] = ()
    provable_until: datetime | None = None


class PageFinding(StrEnum):
    """What is wrong with the picture of a page."""

    BLANK = "blank"
    BLURRED = "blurred"
    DARK = "dark"
    FAINT = "faint"
    BURNT = "burnt"
    CUT = "cut"
    FOLDED = "folded"
    UPSIDE_DOWN = "upside-down"
    SIDEWAYS = "sideways"


@dataclass(frozen=True, slots=True)
class PageMarks:
    """What was seen on the picture of a page before it was read.

    Attributes:
        number: in the scan.
        findings: what is wrong, and where: such as ``top-left``, ``bottom``; empty for all of it.
        separator: the text of a separator sheet's QR code; empty for any other page.
    """

    number: int
    findings: tuple[tuple[PageFinding, str], ...]
    separator: str = ""
