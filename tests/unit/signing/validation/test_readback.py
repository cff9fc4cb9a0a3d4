"""What came out is compared with what was meant, whatever the library did."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from asn1crypto import cms
from unit.signing import tampering
from unit.signing.made import (
    NOW,
    STAMP,
    UPRIGHT,
    countersigned,
    key,
    one,
    pki,
    signed,
    signer,
    updated,
)

from dossier.errors import IntegrityViolation, TransientFault
from signing import pkcs12_signer
from signing.encoded import EncodedToken, as_it_came
from signing.timestamp import Token
from signing.validation.readback import check_signed


def _token() -> Token:
    start = signed().index(b"<30") + 1
    content = cms.ContentInfo.load(
        bytes.fromhex(signed()[start : signed().index(b">", start)].decode())
    )
    token = content["content"]["signer_infos"][0]["unsigned_attrs"][0]["values"][0]
    return Token(content=EncodedToken.load(as_it_came(token)), at=NOW, certificate=b"")


def _check(
    after: bytes,
    *,
    before: bytes | None = None,
    certificate: bytes = b"",
    token: Token | None = None,
) -> None:
    check_signed(
        io.BytesIO(UPRIGHT.read_bytes() if before is None else before),
        io.BytesIO(after),
        certificate=certificate or key().certificate,
        token=token or _token(),
    )


def test_the_honest_one_passes() -> None:
    _check(signed())


def _flipped(at: int) -> bytes:
    return signed()[:at] + bytes([signed()[at] ^ 1]) + signed()[at + 1 :]


@pytest.mark.parametrize(
    ("check", "why"),
    [
        (lambda: _check(_flipped(100)), "does not begin"),
        (lambda: _check(signed()[:3000]), "does not begin"),
        (lambda: _check(signed()[:-100]), "cannot be read|does not cover"),
        (lambda: _check(_flipped(len(signed()) - 30)), "cannot be read|do not hold|does not cover"),
        (lambda: _check(updated(signed(), tampering.nothing)), "does not cover"),
        (lambda: _check(countersigned(signed())), "one signature"),
        (lambda: _check(UPRIGHT.read_bytes()), "one signature"),
        (lambda: _check(signed(), certificate=b"another"), "another certificate"),
        (
            lambda: _check(
                signed(), token=replace(_token(), content=cms.ContentInfo({"content_type": "data"}))
            ),
            "timestamp",
        ),
    ],
)
def test_anything_else_is_an_alarm(check: Callable[[], None], why: str) -> None:
    with pytest.raises(IntegrityViolation, match=why) as caught:
        check()
    assert caught.value.code == "signed.not-what-was-meant"


def test_an_alarm_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def planted(*_: object, **__: object) -> None:
        raise IntegrityViolation("signed.not-what-was-meant", "planted")

    monkeypatch.setattr(pkcs12_signer, "check_signed", planted)
    with pytest.raises(IntegrityViolation):
        signer().sign(UPRIGHT, tmp_path / "out.pdf", stamp=STAMP)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_fault_that_passes(tmp_path: Path) -> None:
    with pytest.raises(TransientFault) as caught:
        signer().sign(UPRIGHT, tmp_path / "none" / "out.pdf", stamp=None)
    assert caught.value.code == "signer.cannot-write"


def test_many_signatures_are_all_whole(tmp_path: Path) -> None:
    """ECDSA signatures and tokens differ in length from one to the next."""
    for number in range(12):
        out = tmp_path / f"{number}.pdf"
        signer().sign(UPRIGHT, out, stamp=STAMP)
        assert one(out.read_bytes()).valid
    assert pki().complete()
