"""Nothing is signed that the verifier would not trust."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier
from unit.signing.made import (
    NOW,
    STAMP,
    UPRIGHT,
    FixedClock,
    font,
    key,
    pki,
    revocation_list,
    time_source,
    trust,
)

from dossier.errors import Misconfigured, SohoaError
from dossier.reports import Signature
from signing.approval import Approval
from signing.key import Key
from signing.pkcs12_signer import Pkcs12Signer
from signing.trial.pki import make_trial_pki
from signing.trial.tsa import TrialTimeSource
from signing.trust import (
    RevocationData,
    TrustAnchors,
    add_roots,
    ending_soon,
    export_roots,
)


def _sign(
    folder: Path,
    approval: Approval,
    *,
    held: Key | None = None,
    source: TrialTimeSource | None = None,
) -> Signature:
    return Pkcs12Signer(
        held or key(),
        time_source=source or time_source(),
        clock=FixedClock(),
        stamp_font=font(),
        approval=approval,
    ).sign(UPRIGHT, folder / "out.pdf", stamp=STAMP)


def _refused(folder: Path, approval: Approval, **more: object) -> str:
    with pytest.raises(SohoaError) as caught:
        _sign(folder, approval, **more)  # type: ignore[arg-type]
    assert list(folder.glob("*.pdf")) == []
    return caught.value.code


def _listed(*, revoked: bool) -> RevocationData:
    return RevocationData(crls=(revocation_list(revoked=revoked),))


def _with_purpose(purpose: ObjectIdentifier) -> Key:
    """A key with a certificate of the trial root for one purpose."""
    root = x509.load_pem_x509_certificate(pki().root_certificate.read_bytes())
    root_key = serialization.load_pem_private_key(pki().root_key.read_bytes(), None)
    assert isinstance(root_key, ec.EllipticCurvePrivateKey)
    private = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Người Thử")]))
        .issuer_name(root.subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(
            x509.KeyUsage(True, True, *[False] * 7),  # noqa: FBT003 - the library's order
            critical=True,
        )
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()),
            critical=False,
        )
        .sign(root_key, hashes.SHA256())
    )
    return Key(private, certificate, [root])


def test_a_trusted_chain_signs_and_records_that_revocation_was_not_checked(tmp_path: Path) -> None:
    assert _sign(tmp_path, Approval(trust)).remarks == ("revocation.not-checked",)
    checked = Approval(trust, lambda: _listed(revoked=False), must_check_revocation=True)
    assert _sign(tmp_path, checked).remarks == ()


def test_an_unknown_root_signs_nothing(tmp_path: Path) -> None:
    assert _refused(tmp_path, Approval(TrustAnchors)) == "signer.not-trusted"


def test_a_revoked_certificate_signs_nothing(tmp_path: Path) -> None:
    approval = Approval(trust, lambda: _listed(revoked=True))
    assert _refused(tmp_path, approval) == "signer.revoked"


def test_without_revocation_data_signing_waits_if_the_setting_says_so(tmp_path: Path) -> None:
    approval = Approval(trust, must_check_revocation=True)
    assert _refused(tmp_path, approval) == "revocation.unknown"


def test_an_authority_of_an_unknown_root_stamps_nothing(tmp_path: Path) -> None:
    other = make_trial_pki(tmp_path / "other", clock=FixedClock())
    source = TrialTimeSource.of(other, clock=FixedClock())
    assert _refused(tmp_path, Approval(trust), source=source) == "tsa.not-trusted"


@pytest.mark.parametrize(
    ("purpose", "accepted"),
    [
        (ExtendedKeyUsageOID.SERVER_AUTH, "no"),
        (ExtendedKeyUsageOID.CODE_SIGNING, "no"),
        (ExtendedKeyUsageOID.EMAIL_PROTECTION, "yes"),
        (ExtendedKeyUsageOID.CLIENT_AUTH, "yes"),
        (ObjectIdentifier("1.3.6.1.5.5.7.3.36"), "yes"),
    ],
)
def test_a_certificate_signs_what_it_was_made_for(
    purpose: ObjectIdentifier, accepted: str, tmp_path: Path
) -> None:
    held = _with_purpose(purpose)
    if accepted == "yes":
        assert _sign(tmp_path, Approval(trust), held=held).signer == "Người Thử"
    else:
        assert _refused(tmp_path, Approval(trust), held=held) == "signer.not-trusted"


def test_roots_are_added_and_exported(tmp_path: Path) -> None:
    folder = tmp_path / "trust"
    added = add_roots(folder, [pki().root_certificate])
    assert added == trust().roots
    assert add_roots(folder, [pki().root_certificate]) == ()
    assert TrustAnchors.from_folder(folder) == trust()
    assert len(export_roots(trust(), tmp_path / "out")) == 1
    leaf = tmp_path / "leaf.der"
    leaf.write_bytes(key().certificate)
    with pytest.raises(Misconfigured) as caught:
        add_roots(folder, [leaf])
    assert caught.value.code == "trust.not-an-authority"


def test_certificates_that_end_within_60_days_are_named() -> None:
    end = x509.load_der_x509_certificate(key().certificate).not_valid_after_utc
    assert ending_soon([key().certificate], now=end - timedelta(days=61)) == []
    (ending,) = ending_soon([key().certificate], now=end - timedelta(days=59))
    assert ending["valid_until"] == end.isoformat()
