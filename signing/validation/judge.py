"""Validation of the signatures of any PDF, however hostile.

Runs in a child: see ``signing.validation.verify``.

Fails closed: what cannot be read is reported with a problem, and nothing foreign is raised.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms, core, x509
from pyhanko.pdf_utils.decode_limits import DecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel, SuspiciousModification
from pyhanko.sign.general import extract_certificate_info, extract_signer_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr, validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from dossier.reports import Level, SignatureReport
from dossier.written import JsonObject, report_to_json
from signing.pdf_objects import entry
from signing.signable import MALFORMED
from signing.signatures import PADES, Filled, filled_fields
from signing.timestamp import signed_data, token_info
from signing.trust import TrustAnchors
from signing.validation.chain import judge_chain
from signing.validation.changes import later_changes
from signing.validation.coverage import gap_problem

LARGEST = 512 << 20  # bytes
_LONGEST_NAME = 200  # characters of a common name that are shown
_WEAK = frozenset({"md2", "md5", "sha1"})
_SETTLED = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)


def verify_job(*, path: str, anchors: list[str], now: str) -> list[JsonObject]:
    """The job that a child runs: ``verify`` with JSON in and out.

    Args:
        path: of the PDF.
        anchors: as ``TrustAnchors.to_json`` writes them.
        now: ISO 8601 with its zone.

    Raises:
        Misconfigured: ``trust.unreadable``.
    """
    # The library tells each oddity of a file with a trace, and its texts may name people.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL + 1)
    trust, at = TrustAnchors.from_json(anchors), datetime.fromisoformat(now)
    return [report_to_json(report) for report in verify(Path(path), trust=trust, now=at)]


def verify(
    source: Path | bytes, *, trust: TrustAnchors, now: datetime
) -> tuple[SignatureReport, ...]:
    """A report on each signature of a PDF, oldest first; none where it holds none.

    Args:
        source: the PDF or where it lies.
        trust: the roots, of signers and of time-stamping authorities.
        now: aware.

    Returns:
        Document timestamps are no signatures and only tell in the level; one that does not hold
        is reported with the problem ``document-timestamp.broken``. A PDF that cannot be read, but
        in which something looks like a signature, gives one report with the problem
        ``pdf.unreadable`` or ``pdf.encrypted``.
    """
    if isinstance(source, Path) and source.stat().st_size > LARGEST:
        return (_unreadable("pdf.too-large"),)
    content = source if isinstance(source, bytes) else source.read_bytes()
    try:
        reader = PdfFileReader(
            io.BytesIO(content), strict=False, decode_limits=DecodeLimits.for_untrusted_input()
        )
        problem = "pdf.encrypted" if reader.encrypted else ""
        filled = [] if problem else filled_fields(reader, content)
    except MALFORMED:
        problem, filled = "pdf.unreadable", []
    if problem:
        return (_unreadable(problem),) if b"/ByteRange" in content else ()
    return _Judge(reader, content, trust, now).reports(filled)


def _unreadable(problem: str) -> SignatureReport:
    return SignatureReport(
        signer="",
        signed_at=None,
        level=None,
        intact=False,
        trusted=False,
        covers_whole_file=False,
        problem=problem,
    )


@dataclass(frozen=True, slots=True)
class _Examined:
    """What was found of one signature before its certificates are asked about.

    Attributes:
        problem: why it does not hold, or empty.
        stamped_at: the time in its timestamp, where that holds.
        whole: it covers the file to its end.
    """

    embedded: EmbeddedPdfSignature
    problem: str
    stamped_at: datetime | None = None
    whole: bool = False


class _Judge:
    def __init__(
        self, reader: PdfFileReader, content: bytes, trust: TrustAnchors, now: datetime
    ) -> None:
        self._reader, self._file = reader, io.BytesIO(content)
        self._trust, self._now = trust, now

    def reports(self, filled: Sequence[Filled]) -> tuple[SignatureReport, ...]:
        """One for each signature and each broken document timestamp."""
        examined = [self._examine(field.embedded) for field in filled if field.embedded is not None]
        sound = [e for e in examined if not e.problem]
        reports = []
        for one in examined:
            if one.embedded.sig_object_type == "/DocTimeStamp":
                if one.problem:
                    broken = _unreadable("document-timestamp.broken")
                    reports.append(broken)
                continue
            try:
                reports.append(self._report(one, sound))
            except MALFORMED:
                reports.append(_unreadable("signature.unreadable"))
        reports.extend(_unreadable(field.problem) for field in filled if field.embedded is None)
        return tuple(reports)

    def _examine(self, embedded: EmbeddedPdfSignature) -> _Examined:
        try:
            problem = gap_problem(self._file, list(embedded.byte_range), embedded.pkcs7_content)
            if problem:
                return _Examined(embedded, problem)
            coverage = embedded.evaluate_signature_coverage()
            if coverage not in _SETTLED:
                return _Examined(embedded, "byte-range.coverage")
            whole = coverage is SignatureCoverageLevel.ENTIRE_FILE
            problem = _integrity(embedded)
            stamped_at = None
            if not problem and embedded.sig_object_type != "/DocTimeStamp":
                problem, stamped_at = _timestamp(embedded.signer_info)
        except MALFORMED:
            return _Examined(embedded, "signature.unreadable")
        return _Examined(embedded, problem, stamped_at, whole)

    def _report(self, one: _Examined, sound: Sequence[_Examined]) -> SignatureReport:
        embedded, intact = one.embedded, not one.problem
        level = self._level(one, sound) if intact else None
        problem = one.problem
        if intact:
            problem = judge_chain(
                embedded,
                trust=self._trust,
                now=self._now,
                level=level,
                stamped_at=one.stamped_at,
            ).problem
        trusted = intact and not problem
        remarks = self._remarks(embedded)
        if trusted and remarks:
            problem = remarks[0]
        if trusted and one.stamped_at is not None and one.stamped_at > self._now:
            problem = "timestamp.in-the-future"
        return SignatureReport(
            signer=_common_name(embedded.signer_cert),
            signed_at=one.stamped_at or _claimed_time(embedded),
            level=level,
            intact=intact,
            trusted=trusted,
            covers_whole_file=one.whole,
            changed_later=() if one.whole or not intact else self._changes(one, sound),
            problem=problem,
            remarks=remarks,
        )

    def _changes(self, one: _Examined, sound: Sequence[_Examined]) -> tuple[str, ...]:
        """What updates after this signature changed beyond what signing itself does."""
        embedded = one.embedded
        codes = list(later_changes(self._reader, embedded.signed_revision))
        embedded.compute_integrity_info()
        result = embedded.diff_result
        if result is None or isinstance(result, SuspiciousModification):
            return tuple(codes or ["other"])
        level = result.modification_level
        # Filling a form is allowed only where the filling is a later signature, and that holds.
        by_later = any(later.embedded.signed_revision > embedded.signed_revision for later in sound)
        if level is ModificationLevel.OTHER or (
            level in {ModificationLevel.FORM_FILLING, ModificationLevel.ANNOTATIONS}
            and not (by_later and level is ModificationLevel.FORM_FILLING)
        ):
            codes = codes or ["other"]
        if not codes and not embedded.summarise_integrity_info()["docmdp_ok"]:
            codes = ["not-permitted"]
        return tuple(codes)

    def _level(self, one: _Examined, sound: Sequence[_Examined]) -> Level | None:
        """How far it is preserved, by what is there (ETSI EN 319 142-1 §6)."""
        embedded = one.embedded
        attributes = embedded.signer_info["signed_attrs"]
        if (
            str(entry(embedded.sig_object, "/SubFilter")) != PADES
            or get_signing_cert_attr(attributes) is None
        ):
            return None
        if one.stamped_at is None:
            return Level.B_B
        try:
            store = DocumentSecurityStore.read_dss(self._reader)
            kept = bool(store.ocsps or store.crls)
        except MALFORMED:
            kept = False
        if not kept:
            return Level.B_T
        archived = any(
            other.embedded.sig_object_type == "/DocTimeStamp"
            and other.embedded.signed_revision > embedded.signed_revision
            and self._store_is_in(other.embedded.signed_revision)
            for other in sound
        )
        return Level.B_LTA if archived else Level.B_LT

    def _store_is_in(self, revision: int) -> bool:
        return "/DSS" in self._reader.get_historical_resolver(revision).root

    def _remarks(self, embedded: EmbeddedPdfSignature) -> tuple[str, ...]:
        remarks = []
        if embedded.md_algorithm in _WEAK:
            remarks.append(f"digest.{embedded.md_algorithm}")
        if self._reader.xrefs.hybrid_xrefs_present:
            remarks.append("pdf.hybrid-xref")
        return tuple(remarks)


def _integrity(embedded: EmbeddedPdfSignature) -> str:
    """A code why digest or signature do not hold, or empty."""
    signed = embedded.signed_data
    encapsulated = signed["encap_content_info"]
    if len(signed["signer_infos"]) != 1:
        return "signature.unreadable"
    if embedded.sig_object_type == "/DocTimeStamp":
        covered = token_info(signed)
        if covered["message_imprint"]["hashed_message"].native != embedded.compute_digest():
            return "signature.digest-mismatch"
        digest = hashlib.new(embedded.md_algorithm, bytes(encapsulated["content"])).digest()
        kind = "tst_info"
    else:
        if (
            encapsulated["content_type"].native != "data"
            or encapsulated["content"] is not core.VOID
        ):
            return "signature.encapsulated"
        digest, kind = embedded.compute_digest(), "data"
    intact, valid = validate_sig_integrity(
        embedded.signer_info,
        embedded.signer_cert,
        expected_content_type=kind,
        actual_digest=digest,
    )
    if not intact:
        return "signature.digest-mismatch"
    return "" if valid else "signature.broken"


def _timestamp(signer: cms.SignerInfo) -> tuple[str, datetime | None]:
    """A code why a timestamp over the signature does not hold, or its time; nothing if none."""
    tokens = [
        token
        for attribute in _unsigned(signer)
        if attribute["type"].native == "signature_time_stamp_token"
        for token in attribute["values"]
    ]
    if not tokens:
        return "", None
    if len(tokens) > 1:
        return "timestamp.several", None
    try:
        info = token_info(signed_data(tokens[0]))
        algorithm = info["message_imprint"]["hash_algorithm"]["algorithm"].native
        over = hashlib.new(algorithm, signer["signature"].native).digest()
        signed = tokens[0]["content"]
        own = extract_signer_info(signed)
        digest = hashlib.new(
            own["digest_algorithm"]["algorithm"].native,
            bytes(signed["encap_content_info"]["content"]),
        ).digest()
        intact, valid = validate_sig_integrity(
            own,
            extract_certificate_info(signed).signer_cert,
            expected_content_type="tst_info",
            actual_digest=digest,
        )
        holds = intact and valid and info["message_imprint"]["hashed_message"].native == over
        at = info["gen_time"].native.astimezone(UTC)
    except MALFORMED:
        return "timestamp.broken", None
    return ("", at) if holds else ("timestamp.broken", None)


def _unsigned(signer: cms.SignerInfo) -> Sequence[Any]:
    attributes = signer["unsigned_attrs"]
    return () if attributes is core.VOID else list(attributes)


def _claimed_time(embedded: EmbeddedPdfSignature) -> datetime | None:
    with contextlib.suppress(*MALFORMED):
        claimed = embedded.self_reported_timestamp
        if claimed is not None:
            aware = claimed if claimed.tzinfo is not None else claimed.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
    return None


def _common_name(certificate: x509.Certificate) -> str:
    """For people: without what could disturb a terminal or a page."""
    try:
        native = certificate.subject.native
        name = native.get("common_name") or certificate.subject.human_friendly
    except MALFORMED:
        return ""
    text = unicodedata.normalize("NFC", name[-1] if isinstance(name, list) else str(name))
    return "".join(c for c in text if c.isprintable())[:_LONGEST_NAME]
