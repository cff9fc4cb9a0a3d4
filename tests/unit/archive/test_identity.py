"""The keys for people's numbers."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import identity
from archive.identity import IdentityKeys
from dossier.errors import IntegrityViolation, Misconfigured, SohoaError

KEYS = IdentityKeys(bytes(range(32)))
OTHER = IdentityKeys(bytes(32))


def test_hashes_are_short_keyed_and_of_their_own_kind() -> None:
    number = "001099012345"
    assert len(KEYS.number_hash(number)) == 16
    assert KEYS.number_hash(number) == KEYS.number_hash(number)
    assert KEYS.number_hash(number) != OTHER.number_hash(number)
    assert KEYS.number_hash(number) != KEYS.number_hash("001099012346")
    assert KEYS.number_token(number).isalnum()
    assert KEYS.number_token(number) != OTHER.number_token(number)
    assert KEYS.number_hash(number)[:10].hex() not in KEYS.number_token(number)


def test_a_key_always_gives_the_same() -> None:
    # Stored hashes depend on it: a change makes everybody unfindable. Computed with
    # nothing but RFC 5869 and RFC 2104.
    assert KEYS.id == "382221ed"
    assert KEYS.number_hash("001099012345").hex() == "c7e0dd926e6e29e041104b56505f8c5a"
    assert KEYS.number_token("001099012345") == "n9d5b9dd40a381594f55d"


@given(st.binary(max_size=200), st.binary(max_size=40))
def test_what_is_closed_opens_again_and_never_looks_the_same(plain: bytes, context: bytes) -> None:
    closed = KEYS.encrypt(plain, context=context)
    assert KEYS.decrypt(closed, context=context) == plain
    assert closed != KEYS.encrypt(plain, context=context)
    assert len(closed) == len(plain) + 33


@given(st.binary(max_size=60))
def test_anything_else_is_refused(closed: bytes) -> None:
    with pytest.raises(SohoaError):
        KEYS.decrypt(closed, context=b"")


@pytest.mark.parametrize("place", range(33 + 6))
def test_a_flipped_byte_is_seen(place: int) -> None:
    closed = bytearray(KEYS.encrypt(b"secret", context=b"row 1"))
    closed[place] ^= 1
    expected: type[SohoaError] = Misconfigured if 1 <= place <= 4 else IntegrityViolation
    with pytest.raises(expected):
        KEYS.decrypt(bytes(closed), context=b"row 1")


def test_another_row_or_key_does_not_open_it() -> None:
    closed = KEYS.encrypt(b"secret", context=b"row 1")
    with pytest.raises(IntegrityViolation) as damaged:
        KEYS.decrypt(closed, context=b"row 2")
    assert damaged.value.code == "identity.damaged"
    with pytest.raises(Misconfigured) as other:
        OTHER.decrypt(closed, context=b"row 1")
    assert other.value.code == "identity.other-key"
    assert KEYS.id in other.value.message


def test_a_key_does_not_show_itself() -> None:
    assert repr(KEYS) == f"IdentityKeys({KEYS.id})"


def test_keys_are_made_once_and_only_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = identity.create(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / identity.FILE).stat().st_mode) == 0o600
    assert [p.name for p in folder.iterdir()] == [identity.FILE]
    closed = made.encrypt(b"x", context=b"")
    assert identity.create(folder).decrypt(closed, context=b"") == b"x"
    assert identity.load(folder).id == made.id


def test_two_who_make_keys_at_once_have_the_same(tmp_path: Path) -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.append(identity.create(tmp_path).id)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert len(set(made)) == 1


def test_a_missing_key_is_the_operators(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        identity.load(tmp_path)
    assert caught.value.code == "identity.no-key"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_an_open_key_is_refused(tmp_path: Path, mode: int) -> None:
    identity.create(tmp_path)
    (tmp_path / identity.FILE).chmod(mode)
    with pytest.raises(Misconfigured) as caught:
        identity.load(tmp_path)
    assert caught.value.code == "identity.key-open"


@pytest.mark.parametrize("how", ["cut", "empty", "another", "not base64", "short", "list"])
def test_a_key_that_is_not_whole_is_refused_and_not_quoted(tmp_path: Path, how: str) -> None:
    identity.create(tmp_path)
    path = tmp_path / identity.FILE
    whole = path.read_bytes()
    secret = json.loads(whole)
    path.write_bytes(
        {
            "cut": whole[:-20],
            "empty": b"",
            "another": json.dumps(secret | {"id": "00000000"}).encode(),
            "not base64": json.dumps(secret | {"secret": "é"}).encode(),
            "short": json.dumps(secret | {"secret": "AAAA"}).encode(),
            "list": b"[]",
        }[how]
    )
    with pytest.raises(Misconfigured) as caught:
        identity.load(tmp_path)
    assert caught.value.code == "identity.bad-key"
    assert secret["secret"] not in str(caught.value)


def test_a_key_that_is_a_link_is_refused(tmp_path: Path) -> None:
    identity.create(tmp_path / "elsewhere")
    (tmp_path / identity.FILE).symlink_to(tmp_path / "elsewhere" / identity.FILE)
    with pytest.raises(Misconfigured):
        identity.load(tmp_path)
