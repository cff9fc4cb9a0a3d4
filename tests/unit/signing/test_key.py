"""Loading a key, and what it refuses."""

from __future__ import annotations

import pickle
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from unit.signing.made import (
    FONT,
    NOW,
    STAMP,
    UPRIGHT,
    FixedClock,
    key,
    pki,
    signer,
    time_source,
    trust,
)

from dossier.errors import Misconfigured
from signing.approval import Approval
from signing.key import Key
from signing.pkcs12_signer import Pkcs12Signer
from signing.stamp_font import StampFont
from signing.trust import TrustAnchors

PASSPHRASE = "correct horse"  # noqa: S105 - of keys that live for one test


def _usage(*, signing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=signing,
        content_commitment=False,
        key_encipherment=not signing,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _file(
    folder: Path,
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
    *,
    usage: x509.KeyUsage | None = None,
    ca: bool = False,
) -> Path:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Người Thử")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if usage is not None:
        builder = builder.add_extension(usage, critical=True)
    edwards = isinstance(private, ed25519.Ed25519PrivateKey)
    certificate = builder.sign(private, None if edwards else hashes.SHA256())
    path = folder / "key.p12"
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            None,
            private,
            certificate,
            None,
            serialization.BestAvailableEncryption(PASSPHRASE.encode()),
        )
    )
    return path


def _code(path: Path, passphrase: str = PASSPHRASE) -> str:
    with pytest.raises(Misconfigured) as caught:
        Key.from_pkcs12(path, passphrase)
    assert passphrase not in caught.value.message
    return caught.value.code


def test_a_wrong_passphrase_is_named_and_not_repeated() -> None:
    assert _code(pki().signer, "hunter2") == "signer.wrong-passphrase"
    with pytest.raises(Misconfigured) as caught:
        Key.from_pkcs12(pki().signer, "hunter2")
    assert caught.value.__cause__ is None


def test_a_missing_or_damaged_file_is_named(tmp_path: Path) -> None:
    assert _code(tmp_path / "none.p12") == "signer.key-missing"
    (tmp_path / "bad.p12").write_bytes(b"not a key")
    assert _code(tmp_path / "bad.p12") == "signer.key-unreadable"
    (tmp_path / "large.p12").write_bytes(bytes(3 << 20))
    assert _code(tmp_path / "large.p12") == "signer.key-unreadable"


def test_keys_that_do_not_fit_are_named(tmp_path: Path) -> None:
    signing = _usage(signing=True)
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point of it
    assert _code(_file(tmp_path, weak, usage=signing)) == "signer.key-unfit"
    edwards = ed25519.Ed25519PrivateKey.generate()
    assert _code(_file(tmp_path, edwards, usage=signing)) == "signer.key-unfit"
    curve = ec.generate_private_key(ec.SECP256R1())
    assert _code(_file(tmp_path, curve, usage=_usage(signing=False))) == "signer.key-usage"
    assert _code(_file(tmp_path, curve, usage=signing, ca=True)) == "signer.key-usage"
    assert Key.from_pkcs12(_file(tmp_path, curve, usage=signing), PASSPHRASE).name == "Người Thử"
    assert _code(_file(tmp_path, curve)) == "signer.key-usage"


@pytest.mark.parametrize(
    ("days", "code"),
    [(4000, "signer.certificate-expired"), (-10, "signer.certificate-not-yet-valid")],
)
def test_outside_its_term_nothing_is_signed(days: int, code: str, tmp_path: Path) -> None:
    late = FixedClock(NOW + timedelta(days=days))
    with pytest.raises(Misconfigured) as caught:
        signer(clock=late).sign(UPRIGHT, tmp_path / "out.pdf", stamp=None)
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_key_does_not_show_itself() -> None:
    held = key()
    assert repr(held) == "Key(<hidden>)"
    assert pki().passphrase() not in repr(vars(held))
    with pytest.raises(TypeError):
        pickle.dumps(held)
    assert pki().passphrase() not in repr(vars(signer()))


def test_an_rsa_key_signs_too(tmp_path: Path) -> None:
    private = rsa.generate_private_key(65537, 2048)
    held = Key.from_pkcs12(_file(tmp_path, private, usage=_usage(signing=True)), PASSPHRASE)
    made = Pkcs12Signer(
        held,
        time_source=time_source(),
        clock=FixedClock(),
        stamp_font=StampFont(FONT),
        approval=Approval(lambda: trust() + TrustAnchors((held.certificate,))),
    ).sign(UPRIGHT, tmp_path / "out.pdf", stamp=STAMP)
    assert held.mechanism == "sha256_rsa"
    assert made.signer == "Người Thử"
