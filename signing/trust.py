"""The roots that signatures and timestamps are trusted from."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from dossier.errors import Misconfigured

_SUFFIXES = frozenset({".pem", ".crt", ".cer", ".der"})
_SOON = timedelta(days=60)
_LARGEST_CRL = 64 << 20  # bytes; the lists of national authorities reach some megabytes
_LARGEST = 1 << 20  # bytes; a bundle of a hundred certificates is a fifth of it


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """Certificates whose holders are believed without asking further.

    Attributes:
        roots: DER of each.
    """

    roots: tuple[bytes, ...] = ()

    @classmethod
    def from_folder(cls, folder: Path) -> TrustAnchors:
        """All certificates of the folder's ``.pem``, ``.crt``, ``.cer`` and ``.der`` files.

        Raises:
            Misconfigured: ``trust.unreadable``.
        """
        try:
            files = sorted(f for f in folder.iterdir() if f.suffix.lower() in _SUFFIXES)
            return cls(tuple(der for file in files for der in _certificates(file)))
        except (OSError, ValueError) as e:
            raise Misconfigured(
                "trust.unreadable",
                "the folder of trusted roots cannot be read or holds a file that is no "
                "certificate; put only certificates there, PEM or DER",
            ) from e

    def __add__(self, other: TrustAnchors) -> TrustAnchors:
        return TrustAnchors(tuple(dict.fromkeys((*self.roots, *other.roots))))

    @classmethod
    def from_json(cls, written: Iterable[str]) -> TrustAnchors:
        """The anchors of ``to_json``.

        Raises:
            Misconfigured: ``trust.unreadable``.
        """
        try:
            return cls(tuple(base64.b64decode(text, validate=True) for text in written))
        except (binascii.Error, ValueError, TypeError) as e:
            raise Misconfigured("trust.unreadable", "the trusted roots cannot be read") from e

    def to_json(self) -> list[str]:
        """As they cross to a child process: base64 of each."""
        return [base64.b64encode(root).decode("ascii") for root in self.roots]


def add_roots(folder: Path, files: Iterable[Path]) -> tuple[bytes, ...]:
    """Put certificates of authorities into a folder of trusted roots.

    Args:
        folder: made if it is not there.
        files: of certificates, PEM or DER.

    Returns:
        DER of those that were not there yet.

    Raises:
        Misconfigured: ``trust.unreadable``: a file holds no certificate;
            ``trust.not-an-authority``: a certificate is a signer's; ``trust.cannot-write``.
    """
    found: list[bytes] = []
    for file in files:
        try:
            found += _certificates(file)
        except (OSError, ValueError) as e:
            raise Misconfigured(
                "trust.unreadable", f"{file.name} is no certificate, PEM or DER"
            ) from e
    for der in found:
        if not _is_authority(x509.load_der_x509_certificate(der)):
            raise Misconfigured(
                "trust.not-an-authority",
                "a certificate is a signer's and not one of an authority; trust the root above it",
            )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        known = set(TrustAnchors.from_folder(folder).roots)
        new = tuple(der for der in dict.fromkeys(found) if der not in known)
        export_roots(TrustAnchors(new), folder)
    except OSError as e:
        raise Misconfigured(
            "trust.cannot-write", "the folder of trusted roots cannot be written; check its owner"
        ) from e
    return new


def export_roots(trust: TrustAnchors, folder: Path) -> tuple[Path, ...]:
    """Write each root as a PEM file named by its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for der in trust.roots:
        path = folder / f"{hashlib.sha256(der).hexdigest()}.pem"
        part = path.with_suffix(".part")
        part.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
        part.replace(path)
        written.append(path)
    return tuple(written)


def describe_certificate(der: bytes) -> dict[str, str]:
    """Names, end of term (ISO 8601) and SHA-256 (hex) of a certificate."""
    certificate = x509.load_der_x509_certificate(der)
    return {
        "name": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "valid_until": certificate.not_valid_after_utc.isoformat(),
        "sha256": hashlib.sha256(der).hexdigest(),
    }


def ending_soon(certificates: Iterable[bytes], *, now: datetime) -> list[dict[str, str]]:
    """Those that have ended or end within 60 days, as ``describe_certificate`` tells them."""
    return [
        describe_certificate(der)
        for der in certificates
        if x509.load_der_x509_certificate(der).not_valid_after_utc - now < _SOON
    ]


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        # Roots of the first version of the standard have no extensions.
        return certificate.version is x509.Version.v1 and certificate.subject == certificate.issuer
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class RevocationData:
    """Revocation lists and OCSP answers besides those in a file.

    Attributes:
        crls: DER of each certificate revocation list (RFC 5280 §5).
        ocsps: DER of each OCSP response (RFC 6960 §4.2).
    """

    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()

    @classmethod
    def from_files(cls, files: Iterable[Path]) -> RevocationData:
        """The lists and responses of files, each in DER or, for lists, in PEM.

        Raises:
            Misconfigured: ``revocation.unreadable``.
        """
        crls: list[bytes] = []
        ocsps: list[bytes] = []
        for file in files:
            try:
                kind, der = _revocation(file)
            except (OSError, ValueError) as e:
                raise Misconfigured(
                    "revocation.unreadable",
                    f"{file.name} is no revocation list (CRL) and no OCSP response; hand in one "
                    "as its authority publishes it",
                ) from e
            (crls if kind == "crl" else ocsps).append(der)
        return cls(tuple(crls), tuple(ocsps))

    @classmethod
    def from_json(cls, written: Mapping[str, Iterable[str]]) -> RevocationData:
        """The data of ``to_json``."""
        return cls(*(tuple(map(base64.b64decode, written[kind])) for kind in ("crls", "ocsps")))

    def to_json(self) -> dict[str, list[str]]:
        """As it crosses to a child process: base64 of each."""
        return {
            kind: [base64.b64encode(der).decode("ascii") for der in ders]
            for kind, ders in (("crls", self.crls), ("ocsps", self.ocsps))
        }


def _revocation(file: Path) -> tuple[str, bytes]:
    if file.stat().st_size > _LARGEST_CRL:
        raise ValueError("too large")
    content = file.read_bytes()
    if b"-----BEGIN X509 CRL" in content:
        return "crl", x509.load_pem_x509_crl(content).public_bytes(Encoding.DER)
    try:
        x509.load_der_x509_crl(content)
    except ValueError:
        ocsp.load_der_ocsp_response(content)
        return "ocsp", content
    return "crl", content


def _certificates(file: Path) -> list[bytes]:
    if file.stat().st_size > _LARGEST:
        raise ValueError("too large for certificates")
    content = file.read_bytes()
    if b"-----BEGIN" in content:
        found = x509.load_pem_x509_certificates(content)
    else:
        found = [x509.load_der_x509_certificate(content)]
    return [certificate.public_bytes(Encoding.DER) for certificate in found]
