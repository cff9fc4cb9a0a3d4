"""Levels of preservation: reached in order, by updates only, with a reason where not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from unit.signing.long_authority import LongAuthority
from unit.signing.made import (
    NOW,
    FixedClock,
    key,
    one,
    pki,
    revocation_list,
    signed,
    time_source,
    trust,
)

from dossier.errors import IntegrityViolation, TransientFault
from dossier.reports import Level, Verdict
from signing.levels import Preserved, Preserver
from signing.revocation import Fetch
from signing.trial.authority import TrialAuthority
from signing.trial.pki import OCSP_PATH
from signing.trust import RevocationData
from signing.validation.validate import verify

LATER = NOW + timedelta(minutes=5)


def answering(at: datetime = LATER, revoked: dict[int, datetime] | None = None) -> Fetch:
    """The trial authority without a network."""
    authority = TrialAuthority(pki(), clock=FixedClock(at))
    authority.revoked |= revoked or {}

    def fetch(url: str, body: bytes | None) -> bytes:
        if body is None:
            return authority.revocation_list()
        assert url.endswith(OCSP_PATH)
        return authority.answer(body)

    return fetch


def preserver(at: datetime = LATER, fetch: Fetch | None = None) -> Preserver:
    return Preserver(
        trust=trust, time_source=time_source(at), clock=FixedClock(at), fetch=fetch or answering(at)
    )


def code_of(made: Preserved) -> str:
    return "" if made.error is None else made.error.code


@cache
def archived() -> bytes:
    return preserver().extend(signed(), Level.B_T).content


def _silent(_url: str, _body: bytes | None) -> bytes:
    raise TransientFault("revocation.no-answer", "down")


def test_a_signed_file_reaches_b_lta_at_once() -> None:
    made = preserver().extend(signed(), Level.B_T)
    assert (made.level, code_of(made)) == (Level.B_LTA, "")
    assert made.content.startswith(signed())
    added = len(made.content) - len(signed())
    assert added < 30_000
    tsa = x509.load_pem_x509_certificate(pki().tsa_certificate.read_bytes())
    assert made.until == tsa.not_valid_after_utc
    report = one(made.content, now=LATER)
    assert report.valid
    assert report.verdict is Verdict.CHANGED_AS_ALLOWED
    assert (report.level, report.revocation_checked) == (Level.B_LTA, True)
    assert b"/Extensions" not in made.content
    assert preserver().extend(made.content, made.level).content == made.content


def test_a_changed_byte_of_a_preserved_file_is_found() -> None:
    spoilt = bytearray(archived())
    spoilt[len(signed()) // 2] ^= 1
    assert not any(report.valid for report in verify(bytes(spoilt), trust=trust(), now=LATER))


def test_without_an_answer_it_stays_b_t_and_says_why() -> None:
    made = preserver(fetch=_silent).extend(signed(), Level.B_T)
    assert (made.content, made.level, code_of(made)) == (
        signed(),
        Level.B_T,
        "revocation.no-answer",
    )


@pytest.mark.parametrize("at", [NOW - timedelta(seconds=1), NOW - timedelta(days=1)])
def test_revocation_data_older_than_the_signature_do_not_count(at: datetime) -> None:
    made = preserver(fetch=answering(at)).extend(signed(), Level.B_T)
    assert (made.level, code_of(made)) == (Level.B_T, "revocation.not-fresh")


def test_a_list_that_was_handed_in_is_enough() -> None:
    data = RevocationData((revocation_list(at=LATER),))
    made = replace(preserver(), fetch=None, revocation=lambda: data).extend(signed(), Level.B_T)
    assert made.level is Level.B_LTA


def test_data_for_one_of_two_certificates_is_not_enough() -> None:
    whole = answering()

    def half(url: str, body: bytes | None) -> bytes:
        serial = x509.load_der_x509_certificate(key().certificate).serial_number
        answer = whole(url, body)
        held = x509.ocsp.load_der_ocsp_response(answer)
        if held.serial_number != serial:
            raise TransientFault("revocation.no-answer", "down")
        return answer

    assert preserver(fetch=half).extend(signed(), Level.B_T).level is Level.B_T


def test_without_a_timestamp_it_gets_as_far_as_b_lt() -> None:
    class Silent:
        def timestamp(self, request: bytes) -> bytes:
            raise TransientFault("tsa.no-answer", str(len(request)))

    made = replace(preserver(), time_source=Silent()).extend(signed(), Level.B_T)
    assert (made.level, code_of(made)) == (Level.B_LT, "tsa.no-answer")
    assert made.content.startswith(signed())
    assert preserver().extend(made.content, made.level).level is Level.B_LTA


def test_a_signer_revoked_before_signing_is_not_preserved() -> None:
    serial = x509.load_der_x509_certificate(key().certificate).serial_number
    fetch = answering(revoked={serial: NOW - timedelta(hours=1)})
    made = preserver(fetch=fetch).extend(signed(), Level.B_T)
    assert (made.content, code_of(made)) == (signed(), "signer.revoked")


def test_an_altered_file_is_not_preserved() -> None:
    with pytest.raises(IntegrityViolation) as caught:
        preserver().extend(signed() + b"1 0 obj null endobj", Level.B_T)
    assert caught.value.code == "preserve.not-valid"


def test_renewal_adds_a_timestamp_and_keeps_what_was_there() -> None:
    at = LATER + timedelta(days=700)
    made = preserver(at).renew(archived())
    assert made.level is Level.B_LTA
    assert made.content.startswith(archived())
    assert one(made.content, now=at).valid


def test_renewal_after_the_end_of_the_timestamp_is_refused() -> None:
    with pytest.raises(IntegrityViolation) as caught:
        preserver(NOW + timedelta(days=1200)).renew(archived())
    assert caught.value.code == "preserve.too-late"


def test_renewed_in_time_it_holds_until_2050_and_else_it_does_not() -> None:
    """A simulated clock; the authority's certificate lasts eight years, the root's until 2060."""
    authority = LongAuthority()
    content = authority.preserver(NOW).extend(authority.signed(), Level.B_T)
    assert content.level is Level.B_LTA
    first, at = content, NOW
    while at.year < 2050:
        assert content.until is not None
        at = content.until - timedelta(days=60)
        content = authority.preserver(at).renew(content.content)
    reports = verify(content.content, trust=authority.trust, now=at + timedelta(days=30))
    assert at.year >= 2050
    assert [(one.valid, one.level, one.signed_at) for one in reports] == [(True, Level.B_LTA, NOW)]
    late = verify(first.content, trust=authority.trust, now=at)
    assert [one.valid for one in late] == [False]
    with pytest.raises(IntegrityViolation) as caught:
        authority.preserver(at).renew(first.content)
    assert caught.value.code == "preserve.too-late"
