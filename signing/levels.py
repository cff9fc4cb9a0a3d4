"""Preservation of signatures: B-LT, B-LTA, and renewal, by incremental updates only.

ETSI EN 319 142-1 §5.4, §6.3: validation data for the chains of signer and time-stamping authority,
made after the signature's timestamp; then a document timestamp over all of it, renewed before its
authority's certificate ends.
"""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from asn1crypto import cms
from asn1crypto import crl as asn1_crl
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import SigningError, extract_certificate_info
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault
from dossier.ports import Clock, TimeSource
from dossier.reports import Level, SignatureReport, Verdict
from signing.encoded import as_it_came
from signing.plain_writer import PlainWriter
from signing.revocation import Fetch, Link, concerning, fetch_revocation, links_of
from signing.signable import MALFORMED
from signing.timestamp import TOLERANCE, PortTimeStamper, signed_data, token_info
from signing.trust import RevocationData, TrustAnchors
from signing.validation.cms_integrity import timestamp_tokens
from signing.validation.validate import verify

# A document timestamp is as long as the one in the signature, but for the authority's next chain.
_SPARE = 2_048  # bytes
_LEAST = 4_096  # bytes


@dataclass(frozen=True, slots=True)
class Preserved:
    """A signed PDF and how far its signatures are preserved.

    Attributes:
        content: the PDF.
        level: of its signature.
        until: end of the term of the archive timestamp's certificate, aware UTC; None below B-LTA.
        error: why the level is below B-LTA; None where it is not.
    """

    content: bytes
    level: Level
    until: datetime | None = None
    error: SohoaError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preserver:
    """Brings signed PDFs of ours to B-LTA, and renews their archive timestamps.

    Attributes:
        trust: reads the trusted roots.
        time_source: the time-stamping authority.
        clock: ours.
        revocation: reads the revocation data that is at hand.
        fetch: gets revocation data; None where nothing may be fetched.
        tolerance: by how much the authority's clock may differ from ours.
    """

    trust: Callable[[], TrustAnchors]
    time_source: TimeSource
    clock: Clock
    revocation: Callable[[], RevocationData] = RevocationData
    fetch: Fetch | None = None
    tolerance: timedelta = TOLERANCE

    def assess(self, content: bytes) -> Preserved:
        """How far a signed PDF is preserved now.

        Raises:
            IntegrityViolation: ``preserve.not-valid``: a signature of it is not valid.
        """
        report = self._report(content)
        level = report.level or Level.B_B
        return Preserved(content, level, _until(content) if level is Level.B_LTA else None)

    def extend(self, content: bytes, level: Level) -> Preserved:
        """Add what is missing up to B-LTA; as far as it gets, with the reason.

        Args:
            content: a PDF with a signature of ours and a timestamp in it.
            level: that it has now.

        Returns:
            The same bytes and updates after them.

        Raises:
            IntegrityViolation: ``preserve.not-valid``: its signature is not valid;
                ``preserve.not-as-meant``: what came out does not begin with it.
        """
        if level is Level.B_LTA:
            return self.assess(content)
        extended, found = content, _signatures(content)
        try:
            if level is not Level.B_LT:
                extended = self._with_validation_data(content, found)
            return self._with_timestamp(extended, _reserve(found))
        except (TransientFault, Misconfigured) as fault:
            if extended != content and self._reaches_b_lt(extended):
                return Preserved(extended, Level.B_LT, error=fault)
            return Preserved(content, level, error=fault)

    def _reaches_b_lt(self, content: bytes) -> bool:
        try:
            return self._report(content).level is Level.B_LT
        except (Misconfigured, IntegrityViolation):
            return False

    def renew(self, content: bytes) -> Preserved:
        """Add validation data for the last archive timestamp, and another one after it.

        Raises:
            IntegrityViolation: ``preserve.too-late``: the certificate of the last timestamp has
                ended, so that nothing proves the signature any more; and as ``extend``.
            TransientFault, Misconfigured: the timestamp or revocation data cannot be had.
        """
        until = _until(content)
        if until is None or until < self.clock.now():
            raise IntegrityViolation(
                "preserve.too-late",
                "the certificate of the last archive timestamp has ended, and a new timestamp "
                "would prove nothing; bring in a copy that was renewed in time",
            )
        before = self._report(content)
        found = _signatures(content)
        last = found[-1]
        links = _links(last, self.trust())
        data = self._data(links, since=_time_of(last))
        renewed = _stored(content, links, data)
        made = self._with_timestamp(renewed, _reserve(found))
        if before.signed_at != self._report(made.content).signed_at:
            raise _not_as_meant("another signature")
        return made

    def _with_validation_data(
        self, content: bytes, signatures: Sequence[EmbeddedPdfSignature]
    ) -> bytes:
        links: list[Link] = []
        since = datetime.min.replace(tzinfo=UTC)
        for one in signatures:
            links += _links(one, self.trust())
            since = max(since, _time_of(one))
        data = self._data(links, since=since)
        return _stored(content, links, data)

    def _with_timestamp(self, content: bytes, reserve: int) -> Preserved:
        stamper = PortTimeStamper(self.time_source, clock=self.clock, tolerance=self.tolerance)
        output = io.BytesIO()
        try:
            asyncio.run(
                PdfTimeStamper(stamper).async_timestamp_pdf(
                    PlainWriter(io.BytesIO(content)),
                    "sha256",
                    bytes_reserved=2 * reserve,  # hexadecimal
                    output=output,
                )
            )
        except (SigningError, *MALFORMED) as e:
            raise Misconfigured(
                "preserve.failed", "the archive timestamp could not be added; report this"
            ) from e
        made = output.getvalue()
        if not made.startswith(content):
            raise _not_as_meant("it does not begin with the earlier version")
        report = self._report(made)
        if report.level is not Level.B_LTA:
            raise TransientFault(
                "revocation.incomplete",
                "the revocation data at hand do not cover all certificates of signer and "
                "time-stamping authority; it is tried again when there are more",
            )
        if stamper.token is None:
            raise _not_as_meant("no timestamp was asked for")
        stamped = x509.load_der_x509_certificate(stamper.token.certificate)
        return Preserved(made, Level.B_LTA, stamped.not_valid_after_utc)

    def _data(self, links: Sequence[Link], *, since: datetime) -> RevocationData:
        """Revocation data of the chains, made after ``since``.

        Raises:
            TransientFault: ``revocation.not-fresh``, ``revocation.no-answer``,
                ``revocation.no-address``.
        """
        data = concerning(self.revocation(), links, since=since)
        if self.fetch is not None:
            fetched = concerning(fetch_revocation(links, self.fetch), links, since=since)
            data = RevocationData(
                tuple(dict.fromkeys((*data.crls, *fetched.crls))),
                tuple(dict.fromkeys((*data.ocsps, *fetched.ocsps))),
            )
        if not data.crls and not data.ocsps:
            raise TransientFault(
                "revocation.not-fresh",
                "no revocation data made after the signature are at hand; it is tried again later",
            )
        return data

    def _report(self, content: bytes) -> SignatureReport:
        """The report on our signature, which has to be valid.

        Raises:
            IntegrityViolation: ``preserve.not-valid``.
        """
        reports = verify(content, trust=self.trust(), now=self.clock.now())
        for report in reports:
            if report.problem.endswith("chain.revoked"):
                whose = "tsa" if report.problem.startswith("timestamp.") else "signer"
                raise Misconfigured(
                    f"{whose}.revoked",
                    "the certificate of the signer or of the time-stamping authority was revoked "
                    "before the signature; get another one, and have the paper signed again",
                )
            if not report.valid or report.verdict is Verdict.ALTERED:
                problem = report.problem or ", ".join((*report.changed_later, *report.undecided))
                raise IntegrityViolation(
                    "preserve.not-valid",
                    f"a signature is not valid ({problem}); nothing was added, look for the cause",
                )
        if not reports or reports[0].is_timestamp:
            raise IntegrityViolation("preserve.not-valid", "the PDF holds no signature")
        return reports[0]


def _not_as_meant(what: str) -> IntegrityViolation:
    return IntegrityViolation(
        "preserve.not-as-meant",
        f"the preserved PDF is not what was meant ({what}); it was thrown away, look for the cause",
    )


def _signatures(content: bytes) -> list[EmbeddedPdfSignature]:
    try:
        found = PdfFileReader(io.BytesIO(content), strict=True).embedded_signatures
    except MALFORMED as e:
        raise IntegrityViolation("preserve.not-valid", "the signed PDF cannot be read") from e
    return sorted(found, key=lambda one: int(one.signed_revision))


def _reserve(signatures: Sequence[EmbeddedPdfSignature]) -> int:
    """Bytes to keep free for a document timestamp."""
    sizes = [len(as_it_came(_signed_data(one)[-1])) for one in signatures]
    return max(_LEAST, _SPARE + max(sizes))


def _until(content: bytes) -> datetime | None:
    """End of the term of the newest document timestamp's certificate."""
    stamps = [one for one in _signatures(content) if one.sig_object_type == "/DocTimeStamp"]
    return None if not stamps else stamps[-1].signer_cert.not_valid_after.astimezone(UTC)


def _time_of(one: EmbeddedPdfSignature) -> datetime:
    """The time in a signature's timestamp, or in a document timestamp."""
    made: datetime = token_info(_signed_data(one)[-1])["gen_time"].native
    return made.astimezone(UTC)


def _links(one: EmbeddedPdfSignature, trust: TrustAnchors) -> list[Link]:
    """The chains of a signature's certificate and of its timestamp's."""
    try:
        found: list[Link] = []
        for signed in _signed_data(one):
            held = extract_certificate_info(signed)
            others = [*trust.roots, *map(as_it_came, held.other_certs)]
            found += links_of(as_it_came(held.signer_cert), others)
    except MALFORMED as e:
        raise TransientFault(
            "chain.incomplete",
            "a certificate between signer and root is missing; add it with `sohoa trust add`",
        ) from e
    return found


def _signed_data(one: EmbeddedPdfSignature) -> list[cms.SignedData]:
    """Of the signature itself, and of the timestamp in it."""
    tokens = timestamp_tokens(one.signer_info)
    return [one.signed_data, *(signed_data(token) for token in tokens)]


def _stored(content: bytes, links: Sequence[Link], data: RevocationData) -> bytes:
    """The PDF with an update of validation data (ISO 32000-2 §12.8.4.3)."""
    writer = PlainWriter(io.BytesIO(content))
    ders = dict.fromkeys(
        certificate.public_bytes(Encoding.DER)
        for link in links
        for certificate in (link.certificate, link.issuer)
    )
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(der) for der in ders],
        crls=[asn1_crl.CertificateList.load(der) for der in data.crls],
        ocsps=[asn1_ocsp.OCSPResponse.load(der) for der in data.ocsps],
    )
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()
