"""A certificate authority, a signer and a time-stamping key for trying out.

Every name in it says that it is for trying out; nobody else trusts its root.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
)

from dossier.errors import Misconfigured, TransientFault
from dossier.ports import Clock

# "For trying out, of no worth"; a common name holds 64 bytes (X.520).
ROOT_NAME = "THỬ NGHIỆM - CA gốc, không có giá trị"
SIGNER_NAME = "THỬ NGHIỆM - chữ ký, không có giá trị"
TSA_NAME = "THỬ NGHIỆM - dấu thời gian, không có giá trị"
CRL_PATH, ISSUER_PATH, OCSP_PATH = "/root.crl", "/root.crt", "/ocsp"
OCSP_NAME = "THỬ NGHIỆM - OCSP, không có giá trị"
_ORGANISATION = "Sohoa trial"

# Clocks of two machines differ a little; a certificate must not look not yet valid to the other.
_BACKDATED = timedelta(hours=1)
_ROOT_LASTS = timedelta(days=3650)
_LEAF_LASTS = timedelta(days=1095)


@dataclass(frozen=True, slots=True)
class TrialPki:
    """Where the parts of a trial PKI lie.

    Attributes:
        folder: the folder that holds it all.
    """

    folder: Path

    @property
    def trust(self) -> Path:
        """The folder with the root's certificate alone, fit for ``TrustAnchors.from_folder``."""
        return self.folder / "trust"

    @property
    def root_certificate(self) -> Path:
        """PEM."""
        return self.trust / "root.pem"

    @property
    def root_key(self) -> Path:
        """PEM, not encrypted, mode 0600; for revocation lists and further trial certificates."""
        return self.folder / "root.key"

    @property
    def signer(self) -> Path:
        """PKCS#12 with key, certificate and root, under the passphrase."""
        return self.folder / "signer.p12"

    @property
    def passphrase_file(self) -> Path:
        """The passphrase of ``signer.p12``, one line, mode 0600."""
        return self.folder / "signer.passphrase"

    @property
    def tsa_certificate(self) -> Path:
        """PEM."""
        return self.folder / "tsa.pem"

    @property
    def tsa_key(self) -> Path:
        """PEM, not encrypted, mode 0600."""
        return self.folder / "tsa.key"

    @property
    def ocsp_certificate(self) -> Path:
        """PEM."""
        return self.folder / "ocsp.pem"

    @property
    def ocsp_key(self) -> Path:
        """PEM, not encrypted, mode 0600."""
        return self.folder / "ocsp.key"

    @property
    def port(self) -> int:
        """Of 127.0.0.1, where certificates say that their authority answers; 0 for none."""
        try:
            return int((self.folder / "authority.port").read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def passphrase(self) -> str:
        """The passphrase of ``signer.p12``."""
        return self.passphrase_file.read_text(encoding="ascii").strip()

    def complete(self) -> bool:
        """Whether every part is there."""
        return all(
            part.is_file()
            for part in (
                self.root_certificate,
                self.root_key,
                self.signer,
                self.passphrase_file,
                self.tsa_certificate,
                self.tsa_key,
            )
        )


def make_trial_pki(folder: Path, *, clock: Clock) -> TrialPki:
    """Make the trial PKI in ``folder``, whole or not at all; an existing one is left as it is.

    Keys are P-256, signatures ECDSA with SHA-256.

    Args:
        folder: made with mode 0700; must be absent, empty, or hold a trial PKI already.
        clock: tells from when the certificates are valid.

    Raises:
        Misconfigured: ``trial.incomplete``: the folder holds something else.
        TransientFault: ``trial.not-written``: the disk is full, or can only be read.
    """
    pki = TrialPki(folder)
    if pki.complete():
        return pki
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".trial-", dir=folder.parent))
    try:
        _write(TrialPki(fresh), clock)
        # Renaming onto a folder that is not empty fails, so nothing is ever overwritten.
        fresh.rename(folder)
    except OSError as e:
        if pki.complete():  # somebody else made it meanwhile
            return pki
        if e.errno in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
            raise TransientFault(
                "trial.not-written",
                "the disk is full or can only be read, the trial keys were not made; make room "
                "and start again",
            ) from e
        raise Misconfigured(
            "trial.incomplete",
            "the folder for the trial keys cannot be written or holds something else than a whole "
            "set; name another folder, or look at what is there and move it away",
        ) from e
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return pki


@dataclass(frozen=True, slots=True)
class _Authority:
    root: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    url: str


def _write(pki: TrialPki, clock: Clock) -> None:
    port = _free_port()
    keys = (ec.generate_private_key(ec.SECP256R1()) for _ in range(4))
    root_key, signer_key, tsa_key, ocsp_key = keys
    root = _root(root_key, clock)
    authority = _Authority(root, root_key, f"http://127.0.0.1:{port}")
    signer = _leaf(SIGNER_NAME, signer_key, authority, clock)
    # RFC 3161 §2.3: this purpose alone, and critical
    stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    tsa = _leaf(TSA_NAME, tsa_key, authority, clock, (stamping, True))
    responding = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    # RFC 6960 §4.2.2.2.1: nobody is asked about the certificate of this key itself
    responder = _leaf(
        OCSP_NAME, ocsp_key, authority, clock, (responding, False), (x509.OCSPNoCheck(), False)
    )
    passphrase = secrets.token_urlsafe(24)
    pki.trust.mkdir()
    (pki.folder / "authority.port").write_text(str(port), encoding="ascii")
    pki.root_certificate.write_bytes(root.public_bytes(serialization.Encoding.PEM))
    pki.tsa_certificate.write_bytes(tsa.public_bytes(serialization.Encoding.PEM))
    _write_secret(pki.root_key, _pem(root_key))
    _write_secret(pki.tsa_key, _pem(tsa_key))
    pki.ocsp_certificate.write_bytes(responder.public_bytes(serialization.Encoding.PEM))
    _write_secret(pki.ocsp_key, _pem(ocsp_key))
    _write_secret(pki.passphrase_file, passphrase.encode() + b"\n")
    _write_secret(
        pki.signer,
        pkcs12.serialize_key_and_certificates(
            b"trial",
            signer_key,
            signer,
            [root],
            serialization.BestAvailableEncryption(passphrase.encode()),
        ),
    )


def _write_secret(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _ORGANISATION),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _root(key: ec.EllipticCurvePrivateKey, clock: Clock) -> x509.Certificate:
    start = clock.now() - _BACKDATED
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(_name(ROOT_NAME))
        .issuer_name(_name(ROOT_NAME))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _ROOT_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    common: str,
    key: ec.EllipticCurvePrivateKey,
    authority: _Authority,
    clock: Clock,
    *more: tuple[x509.ExtensionType, bool],
) -> x509.Certificate:
    start = clock.now() - _BACKDATED
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(common))
        .issuer_name(authority.root.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + _LEAF_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
        .add_extension(_access(authority.url), critical=False)
        .add_extension(_distribution(authority.url), critical=False)
    )
    for extension, critical in more:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(authority.key, hashes.SHA256())


def _access(url: str) -> x509.AuthorityInformationAccess:
    method = AuthorityInformationAccessOID
    return x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(kind, x509.UniformResourceIdentifier(url + path))
            for kind, path in ((method.OCSP, OCSP_PATH), (method.CA_ISSUERS, ISSUER_PATH))
        ]
    )


def _distribution(url: str) -> x509.CRLDistributionPoints:
    name = x509.UniformResourceIdentifier(url + CRL_PATH)
    return x509.CRLDistributionPoints([x509.DistributionPoint([name], None, None, None)])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,  # non-repudiation, which a signature is made for
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
