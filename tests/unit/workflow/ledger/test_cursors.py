"""Cursors: what callers get of them, and what they may send back."""

from __future__ import annotations

import base64

import pytest

from dossier.errors import WrongUse
from workflow.ledger.cursors import Cursor


def test_a_cursor_comes_back_as_it_was_given_out() -> None:
    cursor = Cursor({"H15": 7, "H15.01": 2**62})
    text = cursor.to_text()
    assert Cursor.from_text(text) == cursor
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert Cursor.from_text(Cursor().to_text()) == Cursor()


@pytest.mark.parametrize(
    "text",
    [
        "x", "", "7", "ü", "a" * 70_000,
        *(
            base64.urlsafe_b64encode(content).decode().rstrip("=")
            for content in (
                b"[]", b'{"H15": -1}', b'{"H15": true}', b'{"H15": "1"}', b'{"H15": 1.5}',
                b"[" * 9999, b'{"H15": 9223372036854775808}', b"\xff",
            )
        ),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_was_not_given_out_is_refused(text: str) -> None:
    with pytest.raises(WrongUse) as raised:
        Cursor.from_text(text)
    assert raised.value.code == "cursor.invalid"
