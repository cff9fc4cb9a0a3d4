"""How many rows a Group 3 stream (ITU-T T.4) holds. In a child.

Decoders fill missing rows with white and say nothing. Each row has at least one code, so the rows
that the stream really has can be counted: by their codes where they are coded one by one (modified
Huffman), by their end-of-line codes where some are coded by the row above (modified READ).
"""

from __future__ import annotations

from functools import cache

_LEAST_MISSING = 12  # rows: fewer are no loss
_ZEROS = "0" * 11  # more are fill; a one ends the code
_END_OF_LINE = _ZEROS + "1"
_LONGEST = 13  # bits of a code
_MAKEUP = 64  # a code of so long a run or longer is followed by another one of its colour

# T.4, tables 2, 3a and 3b: codes of runs 0 to 63, then of 64 to 1728 in steps of 64.
_WHITE = """
00110101 000111 0111 1000 1011 1100 1110 1111 10011 10100 00111 01000 001000 000011 110100 110101
101010 101011 0100111 0001100 0001000 0010111 0000011 0000100 0101000 0101011 0010011 0100100
0011000 00000010 00000011 00011010 00011011 00010010 00010011 00010100 00010101 00010110 00010111
00101000 00101001 00101010 00101011 00101100 00101101 00000100 00000101 00001010 00001011 01010010
01010011 01010100 01010101 00100100 00100101 01011000 01011001 01011010 01011011 01001010 01001011
00110010 00110011 00110100
11011 10010 010111 0110111 00110110 00110111 01100100 01100101 01101000 01100111 011001100
011001101 011010010 011010011 011010100 011010101 011010110 011010111 011011000 011011001 011011010
011011011 010011000 010011001 010011010 011000 010011011
"""
_BLACK = """
0000110111 010 11 10 011 0011 0010 00011 000101 000100 0000100 0000101 0000111 00000100 00000111
000011000 0000010111 0000011000 0000001000 00001100111 00001101000 00001101100 00000110111
00000101000 00000010111 00000011000 000011001010 000011001011 000011001100 000011001101 000001101000
000001101001 000001101010 000001101011 000011010010 000011010011 000011010100 000011010101
000011010110 000011010111 000001101100 000001101101 000011011010 000011011011 000001010100
000001010101 000001010110 000001010111 000001100100 000001100101 000001010010 000001010011
000000100100 000000110111 000000111000 000000100111 000000101000 000001011000 000001011001
000000101011 000000101100 000001011010 000001100110 000001100111
0000001111 000011001000 000011001001 000001011011 000000110011 000000110100 000000110101
0000001101100 0000001101101 0000001001010 0000001001011 0000001001100 0000001001101 0000001110010
0000001110011 0000001110100 0000001110101 0000001110110 0000001110111 0000001010010 0000001010011
0000001010100 0000001010101 0000001011010 0000001011011 0000001100100 0000001100101
"""
# Of both colours: 1792 to 2560.
_LONG = """
00000001000 00000001100 00000001101 000000010010 000000010011 000000010100 000000010101 000000010110
000000010111 000000011100 000000011101 000000011110 000000011111
"""


def is_whole(data: bytes, width: int, height: int, *, mixed: bool, aligned: bool = False) -> bool:
    """Whether the stream reaches the last row.

    Args:
        data: highest bit first.
        width: px.
        height: rows that the picture is said to have.
        mixed: some rows are coded by the row above (K > 0).
        aligned: each row begins at a byte.
    """
    bits = "".join(f"{byte:08b}" for byte in data)
    rows = _ends_of_line(bits) if mixed else _rows(bits, width, height, aligned=aligned)
    return rows > height - _LEAST_MISSING


def _ends_of_line(bits: str) -> int:
    """The end-of-line codes that a row follows; the six at the end have none."""
    ends = []
    at = bits.find(_END_OF_LINE)
    while at >= 0:
        ends.append(at + len(_END_OF_LINE))
        at = bits.find(_END_OF_LINE, ends[-1])
    # Behind each code stands a bit that says how the next row is coded.
    return sum(
        other - one > _LONGEST for one, other in zip(ends, [*ends[1:], len(bits)], strict=True)
    )


def _rows(bits: str, width: int, most: int, *, aligned: bool) -> int:
    """The rows of modified Huffman codes; a broken one is passed over, up to its end of line."""
    rows = at = 0
    while rows < most:
        if aligned:
            at = -(-at // 8) * 8
        # A row begins with a white run, whose code has no eleven zeros.
        while bits.startswith(_ZEROS, at) and (one := bits.find("1", at)) >= 0:
            at = one + 1
        after = _after_row(bits, at, width)
        if after is None:
            end = bits.find(_END_OF_LINE, at)
            if end < 0:
                return rows
            at = end + len(_END_OF_LINE)
            continue
        at = after
        rows += 1
    return rows


def _after_row(bits: str, at: int, width: int) -> int | None:
    """Where the row that begins here ends; None where it is broken."""
    colours = _codes()
    done, black, goes_on = 0, 0, False
    while done < width or goes_on:
        codes = colours[black]
        for length in range(2, _LONGEST + 1):
            run = codes.get(bits[at : at + length])
            if run is not None:
                break
        else:
            return None
        at += length
        done += run
        goes_on = run >= _MAKEUP
        black = black if goes_on else 1 - black
    return at if done == width else None


@cache
def _codes() -> tuple[dict[str, int], dict[str, int]]:
    """The lengths of runs by code, of white and of black ones."""
    runs = [*range(64), *range(64, 1729, 64)]
    long = dict(zip(_LONG.split(), range(1792, 2561, 64), strict=True))
    white, black = (dict(zip(text.split(), runs, strict=True)) for text in (_WHITE, _BLACK))
    return white | long, black | long
