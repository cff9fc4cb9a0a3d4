"""Validation of the signatures of any PDF, however hostile.

Runs in a child: see ``signing.validation.verify``.

Fails closed: what cannot be read is reported with a problem, and nothing foreign is raised.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import dataclasses
import io
import logging
import re
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pyhanko.pdf_utils.decode_limits import DecodeLimits
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr
from pyhanko.sign.validation.status import SignatureCoverageLevel

from dossier.reports import Level, SignatureReport
from dossier.written import JsonObject, report_to_json
from signing.pdf_objects import entry
from signing.signable import MALFORMED
from signing.signatures import PADES, Filled, filled_fields
from signing.trust import RevocationData, TrustAnchors
from signing.validation import dss
from signing.validation.chain import ChainResult, validate_chain, validate_timestamp_chain
from signing.validation.changes import Update, updates_after
from signing.validation.cms_integrity import (
    UNSUPPORTED,
    certificate_facts,
    claimed_time,
)
from signing.validation.examine import Examined, examine, locks_of, permission_of
from signing.validation.permissions import Permissions, sort_changes
from signing.validation.revisions import AFTER_LAST_REVISION, Accounts, account, is_white

LARGEST = 512 << 20  # bytes
_WEAK = frozenset({"md2", "md5", "sha1"})
_SETTLED = (SignatureCoverageLevel.ENTIRE_FILE, SignatureCoverageLevel.ENTIRE_REVISION)
# Problems that say that a signature could not be examined, and nothing about the file.
_NOT_EXAMINED = frozenset(
    {
        UNSUPPORTED,
        "signature.unknown-kind",
        "signature.too-many",
        "pdf.unreadable",
        "pdf.encrypted",
        "pdf.too-large",
        "validation.failed",
    }
)
_BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*0\s+\d+\s+(\d{1,12})\s+(\d{1,12})\s*\]")
_MOST_ENDS = 10
_EOF_WITHIN = 16  # bytes from the end of a signed revision back to its last line


def verify_job(
    *, path: str, anchors: list[str], now: str, revocation: dict[str, list[str]] | None = None
) -> list[JsonObject]:
    """The job that a child runs: ``verify`` with JSON in and out.

    Args:
        path: of the PDF.
        anchors: as ``TrustAnchors.to_json`` writes them.
        now: ISO 8601 with its zone.
        revocation: as ``RevocationData.to_json`` writes it.

    Raises:
        Misconfigured: ``trust.unreadable``.
    """
    # The library logs each oddity of a file with a trace, and its texts may name people.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL + 1)
    logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL + 1)
    reports = verify(
        Path(path),
        trust=TrustAnchors.from_json(anchors),
        now=datetime.fromisoformat(now),
        revocation=RevocationData.from_json(revocation) if revocation else None,
    )
    return [report_to_json(report) for report in reports]


def verify(
    source: Path | bytes,
    *,
    trust: TrustAnchors,
    now: datetime,
    revocation: RevocationData | None = None,
) -> tuple[SignatureReport, ...]:
    """A report on each signature of a PDF, oldest first; none where it holds none.

    Args:
        source: the PDF or its path.
        trust: the roots, of signers and of time-stamping authorities.
        now: aware.
        revocation: revocation data besides that of the file.

    Returns:
        Document timestamps count in the level. One that is broken is reported with the problem
        ``document-timestamp.broken``; the last one of a file without signatures has a report of
        its own. A PDF that cannot be read, but in which something looks like a signature, gives
        one report with the problem ``pdf.unreadable`` or ``pdf.encrypted``.
    """
    if isinstance(source, Path) and source.stat().st_size > LARGEST:
        return (_failed("pdf.too-large"),)
    content = source if isinstance(source, bytes) else source.read_bytes()
    data = revocation or RevocationData()
    try:
        reader, filled = _opened(content)
    except _Encrypted:
        problem = "pdf.encrypted"
    except MALFORMED:
        problem = "pdf.unreadable"
    else:
        return _Validation(reader, content, trust, data, now).reports(filled)
    if b"/ByteRange" not in content:
        return ()
    return _signed_part(content, trust, data, now) or (_failed(problem),)


class _Encrypted(Exception):
    """The PDF is encrypted."""


def _opened(content: bytes) -> tuple[PdfFileReader, list[Filled]]:
    reader = PdfFileReader(
        io.BytesIO(content), strict=False, decode_limits=DecodeLimits.for_untrusted_input()
    )
    if reader.encrypted:
        raise _Encrypted
    return reader, filled_fields(reader, content)


def _signed_part(
    content: bytes, trust: TrustAnchors, revocation: RevocationData, now: datetime
) -> tuple[SignatureReport, ...]:
    """Reports on the part up to a signature's end, where what follows makes the rest unreadable."""
    ends = {int(start) + int(length) for start, length in _BYTE_RANGE.findall(content)}
    for end in sorted(ends, reverse=True)[:_MOST_ENDS]:
        part = content[:end]
        if is_white(content, end) or b"%%EOF" not in part[-_EOF_WITHIN:]:
            continue
        try:
            reader, filled = _opened(part)
            reports = _Validation(reader, part, trust, revocation, now).reports(filled)
        except (_Encrypted, *MALFORMED):
            continue
        return tuple(
            dataclasses.replace(
                report,
                covers_whole_file=False,
                changed_later=(*report.changed_later, AFTER_LAST_REVISION),
            )
            for report in reports
        )
    return ()


def _failed(problem: str) -> SignatureReport:
    return SignatureReport(
        signer="",
        signed_at=None,
        level=None,
        intact=False,
        trusted=False,
        covers_whole_file=False,
        problem=problem,
        undecided=(problem,) if problem in _NOT_EXAMINED else (),
        sub_indication="" if problem in _NOT_EXAMINED else "FORMAT_FAILURE",
    )


class _Validation:
    """The validation of one file; it is compared once for all its signatures."""

    def __init__(
        self,
        reader: PdfFileReader,
        content: bytes,
        trust: TrustAnchors,
        revocation: RevocationData,
        now: datetime,
    ) -> None:
        self._reader, self._content = reader, content
        self._trust, self._revocation, self._now = trust, revocation, now
        self._updates: tuple[Update, ...] = ()
        self._accounts = Accounts({}, ())
        self._sound: list[Examined] = []
        self._dss_problem = self._problem_of_dss()

    def reports(self, filled: Sequence[Filled]) -> tuple[SignatureReport, ...]:
        """One for each signature and each broken document timestamp."""
        examined = [
            examine(field.embedded, self._content) for field in filled if field.embedded is not None
        ]
        self._sound = [e for e in examined if not e.problem]
        self._compare([e for e in examined if e.end])
        signatures = [e for e in examined if not e.is_timestamp]
        reports = [self._report(one) for one in signatures]
        reports += [
            _failed("document-timestamp.broken") for e in examined if e.is_timestamp and e.problem
        ]
        reports += [_failed(field.problem) for field in filled if field.embedded is None]
        if not reports and self._sound:
            reports = [self._report(self._sound[-1])]
        return tuple(reports)

    def _compare(self, covering: Sequence[Examined]) -> None:
        if not covering:
            return
        first = min(covering, key=lambda one: (one.revision, one.end))
        self._accounts = account(
            self._reader, self._content, revision=first.revision, end=first.end
        )
        self._updates = updates_after(self._reader, first.revision)

    def _report(self, one: Examined) -> SignatureReport:
        embedded, intact = one.embedded, not one.problem
        level, chain = self._level_and_chain(one) if intact else (None, ChainResult(one.problem))
        remarks = self._remarks(one, chain)
        changed, allowed, undecided = self._changes(one)
        if one.problem in _NOT_EXAMINED or chain.problem == "validation.failed":
            undecided = (*undecided, one.problem or chain.problem)
        facts = certificate_facts(embedded.signer_cert)
        problem = chain.problem
        if intact and not problem:
            problem = self._own_problem(one, remarks)
        return SignatureReport(
            signer=facts.name,
            issuer=facts.issuer,
            valid_from=facts.valid_from,
            valid_until=facts.valid_until,
            signed_at=one.stamped_at or claimed_time(embedded),
            time_authority=one.authority,
            level=level,
            intact=intact,
            trusted=intact and not chain.problem,
            revocation_checked=chain.revocation_checked,
            covers_whole_file=bool(one.end) and is_white(self._content, one.end),
            changed_later=changed,
            allowed_changes=allowed,
            undecided=undecided,
            problem=problem,
            remarks=remarks,
            sub_indication=_sub_indication(one.problem, changed, chain),
            is_timestamp=one.is_timestamp,
        )

    def _own_problem(self, one: Examined, remarks: Sequence[str]) -> str:
        if one.stamped_at is not None and one.stamped_at > self._now:
            return "timestamp.in-the-future"
        return next((remark for remark in remarks if remark.startswith("digest.")), "")

    def _changes(self, one: Examined) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Codes of what changed later: not allowed, allowed, and undecided."""
        if not one.end:
            return (), (), ()
        permissions = Permissions(
            level=self._permitted(one),
            locked=locks_of(one.embedded),
            closed_by={other.revision for other in self._sound},
        )
        found = sort_changes(
            [update for update in self._updates if update.revision > one.revision],
            self._accounts,
            permissions,
        )
        undecided = found.undecided
        if self._dss_problem and self._dss_problem not in undecided:
            undecided = (*undecided, self._dss_problem)
        return found.altered, found.allowed, undecided

    def _permitted(self, one: Examined) -> MDPPerm | None:
        """The changes that the signature allows, or else the one that certifies the file."""
        own = permission_of(one.embedded)
        if own is not None:
            return own
        earlier = [
            permission
            for other in self._sound
            if other.revision <= one.revision
            and (permission := permission_of(other.embedded)) is not None
        ]
        return min(earlier, key=lambda permission: permission.value, default=None)

    def _level_and_chain(self, one: Examined) -> tuple[Level | None, ChainResult]:
        """How far it is preserved (ETSI EN 319 142-1 §6), and its certificates."""
        embedded = one.embedded
        try:
            if one.is_timestamp:
                return None, validate_timestamp_chain(
                    embedded, trust=self._trust, revocation=self._revocation, now=self._now
                )
            archived = [
                other
                for other in self._sound
                if other.is_timestamp
                and other.revision > one.revision
                and "/DSS" in self._reader.get_historical_resolver(other.revision).root
            ]
            archived.sort(key=lambda other: other.revision)
            chain = validate_chain(
                embedded,
                trust=self._trust,
                revocation=self._revocation,
                now=self._now,
                stamped_at=one.stamped_at,
                archived=[other.embedded for other in archived],
            )
            return _level(one, chain, archived=bool(archived)), chain
        except MALFORMED:
            return None, ChainResult("validation.failed")

    def _remarks(self, one: Examined, chain: ChainResult) -> tuple[str, ...]:
        remarks = []
        if one.embedded.md_algorithm in _WEAK:
            remarks.append(f"digest.{one.embedded.md_algorithm}")
        if self._reader.xrefs.hybrid_xrefs_present:
            remarks.append("pdf.hybrid-xref")
        if not one.problem and not chain.revocation_checked:
            remarks.append("revocation.not-checked")
        if self._dss_problem:
            remarks.append(self._dss_problem)
        return tuple(remarks)

    def _problem_of_dss(self) -> str:
        try:
            store = entry(self._reader.root, "/DSS")
        except MALFORMED:
            return dss.UNREADABLE
        return "" if store is None else dss.dss_problem(store)


def _level(one: Examined, chain: ChainResult, *, archived: bool) -> Level | None:
    attributes = one.embedded.signer_info["signed_attrs"]
    if (
        str(entry(one.embedded.sig_object, "/SubFilter")) != PADES
        or get_signing_cert_attr(attributes) is None
    ):
        return None
    if one.stamped_at is None:
        return Level.B_B
    if not chain.revocation_in_file:
        return Level.B_T
    return Level.B_LTA if archived else Level.B_LT


def _sub_indication(problem: str, changed: Sequence[str], chain: ChainResult) -> str:
    if problem == "signature.digest-mismatch":
        return "HASH_FAILURE"
    if problem == "signature.broken":
        return "SIG_CRYPTO_FAILURE"
    if changed or (problem and problem not in _NOT_EXAMINED):
        return "FORMAT_FAILURE"
    return chain.sub_indication
