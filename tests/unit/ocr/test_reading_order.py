"""The order of lines on papers of one and of two blocks."""

from __future__ import annotations

from dossier.spine import Box, RecognisedPage, Word
from ocr.reading_order import in_reading_order

# Lines as an engine gives them: pieces of text with their left edges, and the base line.
Line = tuple[float, list[tuple[float, str]]]
LETTER = 5.5  # pt

HEAD: list[Line] = [
    (80, [(90, "BỘ TƯ PHÁP"), (250, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")]),
    (95, [(100, "CỤC HỘ TỊCH"), (300, "Độc lập - Tự do - Hạnh phúc")]),
    (130, [(95, "Số: 12/HT"), (320, "Hà Nội, ngày 3 tháng 4 năm 2026")]),
    (145, [(85, "V/v đăng ký lại")]),
    (160, [(85, "khai sinh")]),
]
BODY: list[Line] = [
    (200, [(150, "Kính gửi: Ủy ban nhân dân tỉnh")]),
    (230, [(80, "Theo đề nghị tại văn bản số 7 của Ủy ban nhân dân tỉnh về việc đăng ký lại")]),
]
FOOT: list[Line] = [
    (600, [(80, "Nơi nhận:"), (350, "KT. CỤC TRƯỞNG")]),
    (615, [(80, "- Như trên;"), (350, "PHÓ CỤC TRƯỞNG")]),
    (630, [(80, "- Lưu: VT.")]),
    (690, [(360, "Trần Văn An")]),
]


def page(lines: list[Line]) -> RecognisedPage:
    words = []
    for number, (base, pieces) in enumerate(lines):
        for left, text in pieces:
            at = left
            for word in text.split():
                right = at + len(word) * LETTER
                words.append(Word(word, Box(at, base - 10, right, base), 0.9, number))
                at = right + 3.5
    return RecognisedPage(1, 595, 842, tuple(words))


def order(lines: list[Line]) -> list[str]:
    return in_reading_order(page(lines)).text().splitlines()


def test_a_head_of_two_blocks_is_read_block_by_block() -> None:
    assert order([*HEAD, *BODY]) == [
        "BỘ TƯ PHÁP", "CỤC HỘ TỊCH",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
        "Số: 12/HT", "V/v đăng ký lại", "khai sinh", "Hà Nội, ngày 3 tháng 4 năm 2026",
        "Kính gửi: Ủy ban nhân dân tỉnh",
        "Theo đề nghị tại văn bản số 7 của Ủy ban nhân dân tỉnh về việc đăng ký lại",
    ]  # fmt: skip


def test_an_arrival_stamp_beside_the_abstract_does_not_part_its_lines() -> None:
    stamped: list[Line] = [
        *HEAD[:3],
        (145, [(85, "V/v đăng ký lại"), (330, "CÔNG VĂN ĐẾN")]),
        (160, [(85, "khai sinh"), (330, "Số 812")]),
    ]
    read = order([*stamped, *BODY])
    assert read[4:7] == ["Số: 12/HT", "V/v đăng ký lại", "khai sinh"]
    assert read[7:10] == ["Hà Nội, ngày 3 tháng 4 năm 2026", "CÔNG VĂN ĐẾN", "Số 812"]


def test_receivers_are_read_before_who_signs() -> None:
    assert order([*HEAD, *BODY, *FOOT])[-6:] == [
        "Nơi nhận:", "- Như trên;", "- Lưu: VT.",
        "KT. CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG", "Trần Văn An",
    ]  # fmt: skip


def test_a_title_in_the_middle_ends_the_head() -> None:
    decision: list[Line] = [
        *HEAD[:3],
        (160, [(245, "QUYẾT ĐỊNH")]),
        (180, [(80, "Căn cứ"), (400, "Luật")]),
    ]
    assert order(decision)[-2:] == ["QUYẾT ĐỊNH", "Căn cứ Luật"]


def test_a_head_of_one_column_and_rows_of_a_table_stay_as_they_are() -> None:
    form: list[Line] = [
        (80, [(190, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")]),
        (95, [(230, "Độc lập - Tự do - Hạnh phúc")]),
        (130, [(80, "Họ và tên"), (350, "Trần Văn An")]),
        (145, [(80, "Ngày sinh"), (350, "02/01/1990")]),
    ]
    assert order(form) == page(form).text().splitlines()
    assert order([]) == []


def test_each_word_is_kept_and_lines_are_numbered_anew() -> None:
    before = page([*HEAD, *BODY, *FOOT])
    after = in_reading_order(before)
    assert sorted(w.text for w in before.words) == sorted(w.text for w in after.words)
    lines = [word.line for word in after.words]
    assert sorted(set(lines)) == list(range(max(lines) + 1))
    assert lines == sorted(lines)
