"""Certificates and revocation data: what they make of level and trust."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from unit.signing.made import (
    NOW,
    FixedClock,
    one,
    revocation_list,
    signed,
    with_lists,
)

from dossier.errors import Misconfigured
from dossier.reports import Level, Verdict
from signing.trial.pki import make_trial_pki
from signing.trust import RevocationData


def test_a_signer_revoked_before_signing_is_not_trusted_by_a_list_handed_in() -> None:
    data = RevocationData(crls=(revocation_list(revoked=True),))
    report = one(signed(), revocation=data)
    assert (report.intact, report.trusted, report.valid) == (True, False, False)
    assert (report.problem, report.sub_indication) == ("chain.revoked", "REVOKED_NO_POE")
    assert report.verdict is Verdict.UNCHANGED


def test_a_signer_revoked_after_the_timestamp_stays_trusted() -> None:
    crl = revocation_list(
        revoked=True, at=NOW + timedelta(days=2), revoked_at=NOW + timedelta(days=1)
    )
    report = one(signed(), revocation=RevocationData(crls=(crl,)), now=NOW + timedelta(days=3))
    assert (report.valid, report.revocation_checked) == (True, True)


def test_a_list_handed_in_is_a_check_and_no_level() -> None:
    report = one(signed(), revocation=RevocationData(crls=(revocation_list(),)))
    assert (report.valid, report.revocation_checked, report.remarks) == (True, True, ())
    assert report.level is Level.B_T


def test_a_list_of_the_chain_makes_lt() -> None:
    report = one(with_lists(signed(), revocation_list()))
    assert (report.level, report.valid) == (Level.B_LT, True)
    assert report.verdict is Verdict.CHANGED_AS_ALLOWED


def test_an_empty_list_of_another_authority_makes_no_level(tmp_path: Path) -> None:
    other = make_trial_pki(tmp_path / "other", clock=FixedClock())
    report = one(with_lists(signed(), revocation_list(issuer=other)))
    assert (report.level, report.valid) == (Level.B_T, True)
    assert report.remarks == ("revocation.not-checked",)


def test_a_list_that_had_ended_before_the_signature_makes_no_level() -> None:
    stale = revocation_list(at=NOW - timedelta(days=30), lasts=timedelta(days=7))
    assert one(with_lists(signed(), stale)).level is Level.B_T


def test_lists_are_read_from_files(tmp_path: Path) -> None:
    der = revocation_list()
    (tmp_path / "a.crl").write_bytes(der)
    (tmp_path / "b.crl").write_bytes(x509.load_der_x509_crl(der).public_bytes(Encoding.PEM))
    (tmp_path / "c.crl").write_bytes(b"no list")
    data = RevocationData.from_files([tmp_path / "a.crl", tmp_path / "b.crl"])
    assert data == RevocationData(crls=(der, der))
    assert RevocationData.from_json(data.to_json()) == data
    with pytest.raises(Misconfigured) as caught:
        RevocationData.from_files([tmp_path / "c.crl"])
    assert caught.value.code == "revocation.unreadable"
