"""Vietnamese text: one normal form, and a folded form that forgets diacritics."""

from __future__ import annotations

import re
import unicodedata

NOT_ON_PAPER = "không có trên giấy"
"""What a person types for a value that the paper does not have; begins the reason in history."""

# data/names and some keyboards write Ð/ð (eth) where Đ/đ is meant.
_ETH = {"ð": "đ", "Ð": "Đ"}
# Old and new placing of the tone mark: hoà/hòa, khoẻ/khỏe, thuý/thúy. At the end of a syllable the
# old style is taken as the same word; `quý` is not one of them, since qu is the initial.
_TONE_PAIRS = {
    "oà": "òa", "oá": "óa", "oả": "ỏa", "oã": "õa", "oạ": "ọa",
    "oè": "òe", "oé": "óe", "oẻ": "ỏe", "oẽ": "õe", "oẹ": "ọe",
    "uỳ": "ùy", "uý": "úy", "uỷ": "ủy", "uỹ": "ũy", "uỵ": "ụy",
}  # fmt: skip
_OLD_TONE = re.compile(r"(" + "|".join(_TONE_PAIRS) + r")(?<![qQ]..)(?!\w)")
_WORD = re.compile(r"\w+")


def nfc(text: str) -> str:
    """The text in NFC, with eth written as đ."""
    text = unicodedata.normalize("NFC", text)
    for wrong, right in _ETH.items():
        text = text.replace(wrong, right)
    return text


def exact(text: str) -> str:
    """Lower case, NFC, one placing of tone marks: equal for spellings of the same word."""
    return _OLD_TONE.sub(lambda m: _TONE_PAIRS[m.group(1)], nfc(text).lower())


def folded(text: str) -> str:
    """Lower case without any diacritic, ``đ`` as ``d``; of NFC text, as long as before."""
    text = unicodedata.normalize("NFD", nfc(text).lower()).replace("đ", "d")
    return "".join(c for c in text if not unicodedata.combining(c))


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, in ``exact`` form, in order."""
    return _WORD.findall(exact(text))
