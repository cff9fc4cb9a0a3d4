"""Keys, clocks and files that the tests of signing share."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter, append_signature_field
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import ValidationContext

from dossier.ports import Stamp, TimeSource
from dossier.reports import SignatureReport
from signing.approval import Approval
from signing.key import Key
from signing.pkcs12_signer import Pkcs12Signer
from signing.stamp_font import StampFont
from signing.timestamp import TOLERANCE, PortTimeStamper
from signing.trial.pki import TrialPki, make_trial_pki
from signing.trial.tsa import TrialTimeSource
from signing.trust import RevocationData, TrustAnchors
from signing.validation.validate import verify

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures" / "signing"
UPRIGHT = FIXTURES / "upright.pdf"
FONT = Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf")
NOW = datetime(2026, 10, 8, 2, 15, tzinfo=UTC)
HANOI = timezone(timedelta(hours=7))
STAMP = Stamp(
    form="SAO Y",
    office="ỦY BAN NHÂN DÂN PHƯỜNG THỬ NGHIỆM",
    at=datetime(2026, 10, 8, 9, 15, tzinfo=HANOI),
)


@dataclass
class FixedClock:
    """Stands still until it is set."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@cache
def pki() -> TrialPki:
    """One for all tests of a run: making keys takes time."""
    return make_trial_pki(Path(mkdtemp(prefix="sohoa-trial-")) / "pki", clock=FixedClock())


@cache
def font() -> StampFont:
    """The stamp's font."""
    return StampFont(FONT)


def key() -> Key:
    """The trial signer's."""
    return Key.from_pkcs12(pki().signer, pki().passphrase())


def trust() -> TrustAnchors:
    """The trial root."""
    return TrustAnchors.from_folder(pki().trust)


def time_source(at: datetime = NOW) -> TrialTimeSource:
    """The trial TSA, in process."""
    return TrialTimeSource.of(pki(), clock=FixedClock(at))


def signer(source: TimeSource | None = None, *, clock: FixedClock | None = None) -> Pkcs12Signer:
    """A signer with the trial key."""
    return Pkcs12Signer(
        key(),
        time_source=source or time_source(),
        clock=clock or FixedClock(),
        stamp_font=font(),
        approval=Approval(trust),
    )


@cache
def signed() -> bytes:
    """A signed file, stamp visible."""
    out = pki().folder.parent / "signed.pdf"
    signer().sign(UPRIGHT, out, stamp=STAMP)
    return out.read_bytes()


def countersigned(content: bytes, *, name: str = "Second") -> bytes:
    """The file with a further honest signature, which our own signer would refuse to add."""
    output = io.BytesIO()
    pdf_signer(PdfSignatureMetadata(field_name=name, subfilter=SigSeedSubFilter.PADES)).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(content)), output=output
    )
    return output.getvalue()


def timestamped(content: bytes, *, box: tuple[int, int, int, int] | None = None) -> bytes:
    """The file with a document timestamp, in a field that shows something if it has a box."""
    writer, output = IncrementalPdfFileWriter(io.BytesIO(content)), io.BytesIO()
    if box is not None:
        append_signature_field(writer, SigFieldSpec("Stamped", on_page=0, box=box))
        field = writer.root["/AcroForm"]["/Fields"][-1]
        drawn = generic.StreamObject(
            {
                generic.pdf_name("/Type"): generic.pdf_name("/XObject"),
                generic.pdf_name("/Subtype"): generic.pdf_name("/Form"),
                generic.pdf_name("/BBox"): generic.ArrayObject(
                    [generic.NumberObject(n) for n in (0, 0, 250, 150)]
                ),
            },
            stream_data=b"1 g 0 0 250 150 re f",
        )
        field["/AP"] = generic.DictionaryObject({generic.pdf_name("/N"): writer.add_object(drawn)})
    stamper = PortTimeStamper(time_source(), clock=FixedClock(), tolerance=TOLERANCE)
    PdfTimeStamper(stamper, field_name="Stamped").timestamp_pdf(
        writer, "sha256", output=output, bytes_reserved=16384
    )
    return output.getvalue()


def pdf_signer(metadata: PdfSignatureMetadata) -> PdfSigner:
    """The library's own signer with the trial key and TSA."""
    own = SimpleSigner.load_pkcs12(str(pki().signer), passphrase=pki().passphrase().encode())
    assert own is not None
    stamper = PortTimeStamper(time_source(), clock=FixedClock(), tolerance=TOLERANCE)
    return PdfSigner(metadata, own, timestamper=stamper)


def revocation_list(
    *,
    revoked: bool = False,
    issuer: TrialPki | None = None,
    at: datetime = NOW - timedelta(minutes=30),
    lasts: timedelta = timedelta(days=90),
    revoked_at: datetime = NOW - timedelta(minutes=40),
) -> bytes:
    """DER of a list by the trial root, in which our signer's certificate stands or does not."""
    authority = issuer or pki()
    root = x509.load_pem_x509_certificate(authority.root_certificate.read_bytes())
    root_key = serialization.load_pem_private_key(authority.root_key.read_bytes(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(at)
        .next_update(at + lasts)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
    )
    if revoked:
        held = x509.load_der_x509_certificate(key().certificate)
        entry = x509.RevokedCertificateBuilder(held.serial_number, revoked_at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def with_lists(content: bytes, *crls: bytes) -> bytes:
    """The file with revocation lists in an update of validation data."""
    return updated(
        content,
        lambda writer: DocumentSecurityStore.supply_dss_in_writer(
            writer,
            sig_contents=None,
            certs=(),
            ocsps=(),
            crls=[asn1_crl.CertificateList.load(crl) for crl in crls],
        ),
    )


@cache
def signed_for_long(*, revoked: bool) -> bytes:
    """B-LTA with a revocation list, in which our certificate stands or does not."""
    crl = revocation_list(revoked=revoked)
    if revoked:  # no honest signer makes one, so the list is put in afterwards
        return with_lists(signed(), crl)
    metadata = PdfSignatureMetadata(
        field_name="Signature1",
        subfilter=SigSeedSubFilter.PADES,
        embed_validation_info=True,
        use_pades_lta=True,
        validation_context=ValidationContext(
            trust_roots=[asn1_x509.Certificate.load(der) for der in trust().roots],
            crls=[crl],
            allow_fetching=False,
            moment=NOW,
            revocation_mode="soft-fail",
        ),
    )
    output = io.BytesIO()
    pdf_signer(metadata).sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(UPRIGHT.read_bytes())), output=output
    )
    return output.getvalue()


def one(
    content: bytes,
    *,
    anchors: TrustAnchors | None = None,
    now: datetime = NOW,
    revocation: RevocationData | None = None,
) -> SignatureReport:
    """The report on a file that holds one signature."""
    (report,) = verify(
        content, trust=trust() if anchors is None else anchors, now=now, revocation=revocation
    )
    return report


def updated(content: bytes, change: Callable[[IncrementalPdfFileWriter], object]) -> bytes:
    """The file with an incremental update after it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(content))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()
