"""An authority whose root lasts until 2060 and whose other certificates last eight years."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import io
from datetime import datetime, timedelta

from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore
from unit.signing.made import NOW, UPRIGHT, FixedClock

from signing.levels import Preserver
from signing.timestamp import TOLERANCE, PortTimeStamper
from signing.trial.tsa import TrialTimeSource
from signing.trust import RevocationData, TrustAnchors

_TERM = timedelta(days=365 * 8)


class LongAuthority:
    """Signs, stamps and answers on revocation at any simulated time."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._root = self._certificate("Root", self._key, NOW, timedelta(days=365 * 34))
        self.trust = TrustAnchors((self._root.public_bytes(serialization.Encoding.DER),))

    def _certificate(
        self, name: str, key: ec.EllipticCurvePrivateKey, at: datetime, term: timedelta
    ) -> x509.Certificate:
        def named(text: str) -> x509.Name:
            return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

        root = name == "Root"
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(name))
            .issuer_name(named("Root"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(at - timedelta(hours=1))
            .not_valid_after(at + term)
            .add_extension(x509.BasicConstraints(ca=root, path_length=None), critical=True)
            .add_extension(_usage(root=root), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
        )
        if not root:
            point = x509.UniformResourceIdentifier("http://127.0.0.1/root.crl")
            builder = builder.add_extension(
                x509.CRLDistributionPoints([x509.DistributionPoint([point], None, None, None)]),
                critical=False,
            )
        if name == "TSA":
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, critical=True)
        return builder.sign(self._key, hashes.SHA256())

    def _time_source(self, at: datetime) -> TrialTimeSource:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate("TSA", key, at, _TERM)
        return TrialTimeSource(
            key=key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
            certificate=certificate.public_bytes(serialization.Encoding.PEM),
            clock=FixedClock(at),
        )

    def _revocation_list(self, at: datetime) -> bytes:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._root.subject)
            .last_update(at)
            .next_update(at + timedelta(days=7))
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def preserver(self, at: datetime) -> Preserver:
        """At a simulated time, with a new certificate of the time-stamping authority."""
        data = RevocationData((self._revocation_list(at),))
        return Preserver(
            trust=lambda: self.trust,
            time_source=self._time_source(at),
            clock=FixedClock(at),
            revocation=lambda: data,
        )

    def signed(self) -> bytes:
        """A file signed now, B-T."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate("Signer", key, NOW, _TERM)
        store = SimpleCertificateStore()
        store.register(_loaded(self._root))
        signer = SimpleSigner(
            signing_cert=_loaded(certificate),
            signing_key=asn1_keys.PrivateKeyInfo.load(
                key.private_bytes(
                    serialization.Encoding.DER,
                    serialization.PrivateFormat.PKCS8,
                    serialization.NoEncryption(),
                )
            ),
            cert_registry=store,
        )
        stamper = PortTimeStamper(self._time_source(NOW), clock=FixedClock(), tolerance=TOLERANCE)
        output = io.BytesIO()
        metadata = PdfSignatureMetadata(field_name="Signature1", subfilter=SigSeedSubFilter.PADES)
        PdfSigner(metadata, signer, timestamper=stamper).sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(UPRIGHT.read_bytes())), output=output
        )
        return output.getvalue()


def _usage(*, root: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not root,
        content_commitment=not root,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=root,
        crl_sign=root,
        encipher_only=False,
        decipher_only=False,
    )


def _loaded(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))
