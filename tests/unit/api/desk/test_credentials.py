"""Passwords, one-time codes and secret links."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from api.desk import credentials
from dossier.errors import WrongUse

KEY = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
NOW = datetime(2026, 12, 1, 2, 0, 5, tzinfo=UTC)


def test_a_password_is_kept_as_argon2id_and_known_again() -> None:
    kept = credentials.hash_password("bàn phím xanh 7", login="ha.tran")
    assert kept.startswith("$argon2id$")
    assert credentials.password_is_right("bàn phím xanh 7", kept)
    assert not credentials.password_is_right("bàn phím xanh 8", kept)
    assert not credentials.needs_new_hash(kept)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "1212121212", "xx-HA.TRAN-yy"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(WrongUse) as caught:
        credentials.hash_password(password, login="ha.tran")
    assert caught.value.code == "password.too-weak"


def test_a_password_has_an_end() -> None:
    with pytest.raises(WrongUse):
        credentials.hash_password("x1y2z3" * 100, login="a")
    assert not credentials.password_is_right("x" * 10_000, None)


@pytest.mark.parametrize("kept", [None, "", "no hash at all"])
def test_nobody_has_no_password(kept: str | None) -> None:
    assert not credentials.password_is_right("bàn phím xanh 7", kept)


@pytest.mark.parametrize("away", [-30, 0, 30])
def test_a_code_is_right_around_its_time(away: int) -> None:
    secret = credentials.new_totp_secret()
    code = pyotp.TOTP(secret).at(NOW + timedelta(seconds=away))
    assert credentials.totp_step(f"{code[:3]} {code[3:]}", secret, at=NOW, last_step=0) is not None


def test_a_code_is_wrong_later() -> None:
    secret = KEY
    code = pyotp.TOTP(secret).at(NOW - timedelta(seconds=90))
    assert credentials.totp_step(code, secret, at=NOW, last_step=0) is None
    assert credentials.totp_step("", secret, at=NOW, last_step=0) is None
    assert credentials.totp_step("hai ba", secret, at=NOW, last_step=0) is None


def test_a_code_works_once() -> None:
    secret = KEY
    code = pyotp.TOTP(secret).at(NOW)
    step = credentials.totp_step(code, secret, at=NOW, last_step=0)
    assert step is not None
    assert credentials.totp_step(code, secret, at=NOW, last_step=step) is None


def test_the_database_keeps_only_the_digest_of_a_secret() -> None:
    first, second = credentials.new_secret(), credentials.new_secret()
    assert first.text != second.text
    assert credentials.digest_of(first.text) == first.digest
    assert len(first.digest) == 32
    assert len(first.text) >= 43


def test_an_authenticator_gets_name_and_issuer() -> None:
    made = credentials.totp_address(KEY, login="ha.tran", issuer="Sohoa")
    assert made.startswith("otpauth://totp/Sohoa:ha.tran?")
