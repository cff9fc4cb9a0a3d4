"""A signing key held in memory with its certificate; loaded once, never shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import NameOID

from dossier.errors import Misconfigured

_LEAST_RSA = 2048  # bits
_CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
_LARGEST_FILE = 1 << 20  # bytes


class Key:
    """Signs with SHA-256; its text shows neither key nor passphrase.

    Args:
        private: RSA of at least 2048 bits, or EC on a NIST curve.
        certificate: of that key.
        chain: other certificates to put beside it, the root too.

    Attributes:
        name: common name of the certificate's holder.
        certificate: DER.
        chain: DER of each.
        mechanism: ``sha256_rsa`` or ``sha256_ecdsa``.

    Raises:
        Misconfigured: ``signer.key-unfit``: another kind of key, or not the certificate's;
            ``signer.key-usage``: the certificate is not for signing documents.
    """

    def __init__(
        self, private: object, certificate: x509.Certificate, chain: Sequence[x509.Certificate]
    ) -> None:
        if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= _LEAST_RSA:
            mechanism = "sha256_rsa"
        elif isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, _CURVES):
            mechanism = "sha256_ecdsa"
        else:
            raise Misconfigured(
                "signer.key-unfit",
                "the signing key must be RSA from 2048 bits or EC P-256 to P-521",
            )
        if private.public_key() != certificate.public_key():
            raise Misconfigured(
                "signer.key-unfit", "the signing key is not the one of its certificate"
            )
        _check_usage(certificate)
        self._private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = private
        self._from, self._until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        self.name = common_name(certificate)
        self.certificate = certificate.public_bytes(Encoding.DER)
        self.chain = tuple(c.public_bytes(Encoding.DER) for c in chain)
        self.mechanism = mechanism

    @classmethod
    def from_pkcs12(cls, path: Path, passphrase: str) -> Key:
        """The key of a PKCS#12 file.

        Raises:
            Misconfigured: ``signer.key-missing``, ``signer.wrong-passphrase``,
                ``signer.key-unreadable``, and what the constructor raises.
        """
        try:
            with path.open("rb") as file:
                content = file.read(_LARGEST_FILE)  # what is larger is no key, and fails to load
            private, certificate, chain = pkcs12.load_key_and_certificates(
                content, passphrase.encode()
            )
        except OSError as e:
            raise Misconfigured(
                "signer.key-missing", "the signer's PKCS#12 file cannot be read; check its path"
            ) from e
        except (ValueError, TypeError, UnsupportedAlgorithm) as e:
            # No cause: a library's message may quote what it was given.
            raise _unreadable(e) from None
        if private is None or certificate is None:
            raise Misconfigured(
                "signer.key-unreadable", "the signer's PKCS#12 file lacks a key or its certificate"
            )
        return cls(private, certificate, chain)

    def check_valid_at(self, now: datetime) -> None:
        """Refuse to be used outside the certificate's term.

        Raises:
            Misconfigured: ``signer.certificate-expired``, ``signer.certificate-not-yet-valid``.
        """
        if now > self._until:
            raise Misconfigured(
                "signer.certificate-expired",
                f"the signer's certificate ended at {self._until.isoformat()}; get a new one",
            )
        if now < self._from:
            raise Misconfigured(
                "signer.certificate-not-yet-valid",
                f"the signer's certificate begins at {self._from.isoformat()}; check the clock",
            )

    def sign(self, data: bytes) -> bytes:
        """The signature over ``data``: RSA PKCS#1 v1.5 or ECDSA in DER, with SHA-256."""
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self._private.sign(data, ec.ECDSA(hashes.SHA256()))

    def certificates_size(self) -> int:
        """Bytes of all certificates together."""
        return sum(map(len, (self.certificate, *self.chain)))

    def __repr__(self) -> str:
        return "Key(<hidden>)"

    def __reduce__(self) -> Any:  # noqa: ANN401 - the type of object.__reduce__
        raise TypeError("a signing key is not written anywhere")


def common_name(certificate: x509.Certificate) -> str:
    """The common name of a certificate's holder, or the whole name where there is none; NFC."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    name = str(names[-1].value) if names else certificate.subject.rfc4514_string()
    return unicodedata.normalize("NFC", name)


def _unreadable(error: Exception) -> Misconfigured:
    if "password" in str(error).lower():
        return Misconfigured(
            "signer.wrong-passphrase", "the passphrase does not open the signer's PKCS#12 file"
        )
    return Misconfigured(
        "signer.key-unreadable", "the signer's PKCS#12 file is damaged or of an unknown kind"
    )


def _check_usage(certificate: x509.Certificate) -> None:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        fit = usage.digital_signature or usage.content_commitment
    except x509.ExtensionNotFound:
        fit = False  # RFC 5280 §4.2.1.3 asks it of CAs alone, but verifiers ask for it
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        fit = fit and not basic.ca
    except x509.ExtensionNotFound:
        pass
    except ValueError as e:  # malformed extensions
        raise Misconfigured("signer.key-usage", "the certificate cannot be read") from e
    if not fit:
        raise Misconfigured(
            "signer.key-usage",
            "the signer's certificate is not for signing documents (its key usage has neither "
            "digital signature nor non-repudiation, or it is a CA's); use another",
        )
