"""What is wrong with the picture of a page, and what to do, in Vietnamese."""

from __future__ import annotations

from collections.abc import Sequence

from dossier.reports import PageFinding, PageMarks

_PLACES = {
    "top": "ở phía trên",
    "middle": "ở giữa trang",
    "bottom": "ở phía dưới",
    "left": "ở bên trái",
    "right": "ở bên phải",
    "top-left": "ở góc trên bên trái",
    "top-right": "ở góc trên bên phải",
    "middle-left": "ở giữa, bên trái",
    "middle-right": "ở giữa, bên phải",
    "bottom-left": "ở góc dưới bên trái",
    "bottom-right": "ở góc dưới bên phải",
}
_WORDS = {
    PageFinding.BLANK: "Trang trắng",
    PageFinding.BLURRED: "Ảnh mờ",
    PageFinding.DARK: "Ảnh tối",
    PageFinding.FAINT: "Chữ nhạt quá",
    PageFinding.BURNT: "Ảnh sáng quá, mất nét",
    PageFinding.CUT: "Ảnh có thể bị cắt mất chữ",
    PageFinding.FOLDED: "Giấy có thể bị gập",
    PageFinding.UPSIDE_DOWN: "Trang ngược đầu",
    PageFinding.SIDEWAYS: "Trang nằm ngang",
}
_TURNED = frozenset({PageFinding.UPSIDE_DOWN, PageFinding.SIDEWAYS})


def page_remarks(marks: Sequence[PageMarks] | None) -> list[str]:
    """One sentence for each thing that is wrong, and what to do.

    Args:
        marks: of the paper's pages in order; None where nobody looked.
    """
    found = []
    for place, mark in enumerate(marks or (), 1):
        for what, where in mark.findings:
            if mark.separator:
                continue
            said = f"{_WORDS[what]} {_PLACES.get(where, '')}".strip()
            found.append(f"{said}. {_next_step(what, place)}")
    return found


def _next_step(what: PageFinding, page: int) -> str:
    if what in _TURNED:
        return f"Máy sẽ xoay trang {page} khi đọc."
    if what is PageFinding.BLANK:
        return f"Trang {page} có thể bỏ ở bước kiểm tra."
    if what is PageFinding.FOLDED:
        return f"Xem lại trang {page}; nếu gập thì vuốt phẳng và quét lại."
    if what is PageFinding.CUT:
        return f"Xem lại mép trang {page}; nếu mất chữ thì quét lại."
    return f"Quét lại trang {page}."
