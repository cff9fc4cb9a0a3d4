"""Vietnamese typed without its keyboard layout: raw Telex and VNI."""

from __future__ import annotations

import re
import unicodedata

from archive.finding.words import Word, word_of

_VOWELS = "aăâeêioôơuưy"
_SHAPES = (
    ("dd", "đ"), ("uow", "ươ"), ("aa", "â"), ("ee", "ê"), ("oo", "ô"), ("aw", "ă"), ("ow", "ơ"),
    ("uw", "ư"),
)  # fmt: skip
_VNI_SHAPES = (
    ("a6", "â"),
    ("e6", "ê"),
    ("o6", "ô"),
    ("o7", "ơ"),
    ("u7", "ư"),
    ("a8", "ă"),
    ("d9", "đ"),
)
_GRAVE, _ACUTE, _HOOK, _TILDE, _DOT = "\u0300", "\u0301", "\u0309", "\u0303", "\u0323"
_TONES = {
    "f": _GRAVE, "s": _ACUTE, "r": _HOOK, "x": _TILDE, "j": _DOT,
    "2": _GRAVE, "1": _ACUTE, "3": _HOOK, "4": _TILDE, "5": _DOT,
}  # fmt: skip
_TELEX_TONE = re.compile(r"([^\W\d_]*?[aăâeêioôơuưy]+)([a-zđ]{0,2}?)([sfrxj])([a-z]{0,2})")
_VNI = re.compile(r"[a-z]+(?:\d[a-z]*)+")
_SHORTEST = 3


def decode(typed: str) -> Word | None:
    """A lower-case word read as raw Telex (``nguyeexn``) or VNI (``nguye6n4``).

    Returns:
        None where it is neither.
    """
    if not typed.isascii() or len(typed) < _SHORTEST:
        return None
    if typed.isalpha():
        shaped, tone = _telex(typed)
    elif _VNI.fullmatch(typed):
        shaped, tone = _vni(typed)
    else:
        return None
    if shaped == typed:
        return None
    return word_of(_with_tone(shaped, tone) if tone else shaped)


def _telex(typed: str) -> tuple[str, str]:
    for keys, letter in _SHAPES:
        typed = typed.replace(keys, letter, 1)
    found = _TELEX_TONE.fullmatch(typed)
    if found is None:
        return typed, ""
    return found[1] + found[2] + found[4], found[3]


def _vni(typed: str) -> tuple[str, str]:
    for keys, letter in _VNI_SHAPES:
        # The digit may come at the end of the word: nguyen64.
        base, digit = keys[0], keys[1]
        if digit in typed and base in typed:
            typed = typed.replace(digit, "", 1).replace(base, letter, 1)
    tones = re.findall(r"[1-5]", typed)
    return re.sub(r"\d", "", typed), tones[0] if len(tones) == 1 else ""


def _with_tone(word: str, tone: str) -> str:
    vowels = [i for i, letter in enumerate(word) if letter in _VOWELS]
    if word[:2] in {"qu", "gi"} and any(letter in _VOWELS for letter in word[2:]):
        vowels = [i for i in vowels if i > 1]
    if not vowels:
        return word
    shaped = [i for i in vowels if word[i] in "ăâêôơư"]
    if shaped:
        place = shaped[-1]
    elif vowels[-1] < len(word) - 1:
        place = vowels[-1]
    else:
        place = vowels[max(0, len(vowels) - 2)]
    marked = unicodedata.normalize("NFC", word[place] + _TONES[tone])
    return word[:place] + marked + word[place + 1 :]
