"""The head of official papers, and their kind."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dossier.spine import Description

Describe = Callable[..., Description]

MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
SLOGAN = "Độc lập - Tự do - Hạnh phúc"
DATE = "Hà Nội, ngày 12 tháng 4 năm 2024"
DISPATCH = [
    f"VĂN PHÒNG CHÍNH PHỦ|{MOTTO}",
    f"|{SLOGAN}",
    f"Số: 2450/VPCP-KGVX|{DATE}",
    "V/v đề xuất hoán đổi ngày làm",
    "việc dịp nghỉ lễ",
    "|Kính gửi: Bộ Nội vụ",
    "Xét đề nghị của Bộ Nội vụ tại văn bản số 1511/BNV-CCVC ngày 11 tháng 4 năm 2024",
]
DECISION = [
    f"ỦY BAN NHÂN DÂN|{MOTTO}",
    f"TỈNH GIA LAI|{SLOGAN}",
    f"Số: 12/QĐ-UBND|{DATE}",
    "QUYẾT ĐỊNH",
    "Về việc giao đất",
    "Căn cứ Luật Đất đai ngày 18 tháng 01 năm 2024;",
]


def values(found: Description) -> dict[str, str]:
    return {v.attribute: v.text for v in found.values if v.role == "paper"}


def test_a_dispatch_has_no_title(described: Describe) -> None:
    found = described(DISPATCH)
    assert found.kind == "dispatch"
    assert found.certain
    assert values(found) == {
        "number": "2450/VPCP-KGVX",
        "date": "2024-04-12",
        "issuer": "VĂN PHÒNG CHÍNH PHỦ",
        "abstract": "V/v đề xuất hoán đổi ngày làm việc dịp nghỉ lễ",
    }


def test_a_decision_is_recognised_by_its_title(described: Describe) -> None:
    found = described(DECISION)
    assert found.kind == "decision"
    assert values(found) == {
        "number": "12/QĐ-UBND",
        "date": "2024-04-12",
        "issuer": "ỦY BAN NHÂN DÂN TỈNH GIA LAI",
        "abstract": "Về việc giao đất",
    }


def test_a_title_that_cannot_be_read_leaves_the_number(described: Describe) -> None:
    found = described([row.replace("QUYẾT ĐỊNH", "Q#Y— ĐNH") for row in DECISION])
    assert found.kind == "decision"
    assert "kind.by-number" in found.doubts


def test_a_title_may_take_two_rows_and_have_letters_wrong(described: Describe) -> None:
    assert described(["GIÂY XÁC NHẠN", "TÌNH TRANG HÔN NHÂN"]).kind == "marital-status"


def test_a_title_in_running_text_is_a_mention(described: Describe) -> None:
    found = described(
        ["Theo giấy khai sinh số 12 của Ủy ban nhân dân xã", "và giấy tờ khác kèm theo"]
    )
    assert found.kind == ""


@pytest.mark.parametrize("number", ["/QĐ-UBND", "1? /QĐ-UBND", "…/QĐ-UBND"])
def test_a_number_by_hand_that_cannot_be_read_stays_empty(described: Describe, number: str) -> None:
    found = described([row.replace("12/QĐ-UBND", number) for row in DECISION])
    assert "number" not in values(found)
    assert "missing:paper.number" in found.doubts
    assert found.kind == "decision"


@pytest.mark.parametrize("day", ["ngày tháng 4 năm 2024", "ngày I2 tháng 4 năm 2024"])
def test_a_date_by_hand_that_cannot_be_read_stays_empty(described: Describe, day: str) -> None:
    found = described([row.replace("ngày 12 tháng 4 năm 2024", day) for row in DECISION])
    assert "date" not in values(found)
    assert "missing:paper.date" in found.doubts


def test_dates_in_the_text_are_not_the_papers_own(described: Describe) -> None:
    found = described([row.replace(DATE, "") for row in DISPATCH])
    assert "date" not in values(found)


def test_a_certified_copy_keeps_the_papers_own_number(described: Describe) -> None:
    found = described(
        [
            f"ỦY BAN NHÂN DÂN|{MOTTO}",
            f"XÃ IA GRAI|{SLOGAN}",
            "Số: 19/2025|Ia Grai, ngày 12 tháng 4 năm 2025",
            "GIẤY KHAI SINH",
            "Họ, chữ đệm, tên: Trần Thị Hoa",
            "Ngày sinh: 01/02/2024",
            "Số định danh cá nhân: 048324001234",
            "CHỨNG THỰC BẢN SAO ĐÚNG VỚI",
            "BẢN CHÍNH",
            "Số chứng thực: 777 quyển số 2/2026-SCT/BS",
        ]
    )
    assert found.kind == "certified-copy"
    assert values(found)["number"] == "19/2025"
    assert [v.field for v in found.values if v.attribute == "citizen_id"] == ["child.citizen_id"]


def test_a_head_of_one_centred_column_has_number_date_and_issuer(described: Describe) -> None:
    found = described(
        [
            "|ỦY BAN NHÂN DÂN XÃ HÒA BÌNH",
            "||Số: 12/QĐ-UBND",
            "|CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
            "|Độc lập - Tự do - Hạnh phúc",
            "|Hòa Bình, ngày 02 tháng 3 năm 2024",
            "||QUYẾT ĐỊNH",
            "Về việc hỗ trợ hộ nghèo",
            "Căn cứ Luật Tổ chức chính quyền địa phương;",
        ],
        cells=(60.0, 180.0, 230.0),
    )
    assert values(found) == {
        "number": "12/QĐ-UBND",
        "date": "2024-03-02",
        "issuer": "ỦY BAN NHÂN DÂN XÃ HÒA BÌNH",
        "abstract": "Về việc hỗ trợ hộ nghèo",
    }


def test_the_number_of_a_paper_that_is_mentioned_is_not_its_own(described: Describe) -> None:
    found = described(
        [*DISPATCH[:2], "Theo Thông tư số 18/2025/TT-BCT ngày 02 tháng 3 năm 2025 của Bộ"]
    )
    assert values(found).get("number") != "18/2025/TT-BCT"
