"""Vietnamese names of states, stages, fields, roles and table headings."""

from __future__ import annotations

import re

from dossier.states import PaperState

STATES = {
    PaperState.RECEIVED: "Đang đọc",
    PaperState.RECOGNISED: "Đang bóc tách dữ liệu",
    PaperState.REVIEW: "Chờ kiểm tra",
    PaperState.DESCRIBED: "Chờ ký",
    PaperState.SIGNED: "Đã ký",
    PaperState.ARCHIVED: "Đã lưu trữ",
    PaperState.DISPOSED: "Đã hủy",
    PaperState.REJECTED: "Không tiếp nhận",
}

# Headings of tables; the keys are those of --json, which stay English.
HEADINGS = {
    "paper": "Giấy",
    "dossier": "Hồ sơ",
    "source": "Tệp",
    "state": "Trạng thái",
    "code": "Lý do",
    "pages": "Trang",
    "kind": "Loại",
    "person": "Người",
    "number": "Số",
    "role": "Vai trò",
    "archived_at": "Lưu trữ lúc",
    "file": "Tệp",
    "signer": "Người ký",
    "signed_at": "Ký lúc",
    "level": "Mức chữ ký",
    "valid": "Hợp lệ",
    "trusted": "Tin cậy",
    "problem": "Lý do",
    "changed_later": "Sửa sau khi ký",
    "verdict": "Kết luận",
    "issuer": "Cấp bởi",
    "valid_until": "Hết hạn",
    "sha256": "SHA-256",
    "undecided": "Chưa kết luận vì",
    "remarks": "Lưu ý",
    "field": "Mục",
    "text": "Giá trị",
    "confidence": "Tin cậy",
    "page": "Trang",
    "box": "Vị trí (pt)",
    "doubt": "Cần kiểm tra vì",
    "at": "Lúc",
    "before": "Từ",
    "after": "Đến",
    "actor": "Người thực hiện",
    "reason": "Lý do",
    "citizen_ids": "Số định danh cá nhân",
    "pdfa": "PDF/A",
    "signature": "Chữ ký",
    "where": "Nằm ở",
    "papers": "Số giấy",
    "key": "Tên trong kho",
    "message": "Điều không đúng",
    "token": "Mã truy cập",
    "name": "Tên",
    "office": "Cơ quan",
    "scopes": "Được phép",
    "rate": "Lần/phút",
    "created_at": "Tạo lúc",
    "expires_at": "Hết hạn lúc",
    "last_used_at": "Dùng lần cuối",
    "revoked_at": "Thu hồi lúc",
    "stopped_at": "Dừng lúc",
    "webhook": "Webhook",
    "url": "Địa chỉ",
}

ROLES = {
    "requester": "người yêu cầu",
    "child": "con",
    "mother": "mẹ",
    "father": "cha",
    "wife": "vợ",
    "husband": "chồng",
    "owner": "người đứng tên",
    "deceased": "người chết",
    "mentioned": "người được nhắc đến",
    "signer": "người ký",
}

# What a person may do in an office and those below it.
PERSON_ROLES = {
    "clerk": "Công chức tiếp nhận: nhận, kiểm tra, tra cứu",
    "signer": "Người ký: xem và ký giấy tờ",
    "archivist": "Người lưu trữ: tra cứu, cấp bản sao",
    "auditor": "Người giám sát: đọc nhật ký truy cập",
    "admin": "Quản trị: người dùng và vai trò",
}

# What the access log names.
ACTIONS = {
    "open": "Mở giấy tờ",
    "citizen-id": "Tra cứu theo số định danh cá nhân",
    "text": "Tra cứu theo nội dung",
    "dossier": "Tra cứu theo hồ sơ",
    "list": "Xem danh sách",
}

# The stages of a paper.
STAGES = {
    "receive": "Nhận",
    "read": "Đọc",
    "describe": "Bóc tách dữ liệu",
    "review": "Kiểm tra",
    "sign": "Ký",
    "archive": "Lưu trữ",
}

# What a form says of a person, or of itself (role ``paper``).
ATTRIBUTES = {
    "name": "họ, chữ đệm, tên",
    "birth": "ngày sinh",
    "sex": "giới tính",
    "citizen_id": "số định danh cá nhân",
    "cmnd": "số CMND",
    "relation": "quan hệ",
    "residence": "nơi cư trú",
    "origin": "quê quán",
    "card": "ngày cấp, nơi cấp giấy tờ",
    "death": "ngày chết",
    "death-place": "nơi chết",
    "number": "số, ký hiệu",
    "date": "ngày ban hành",
    "issuer": "cơ quan ban hành",
    "abstract": "trích yếu",
    "certification-number": "số chứng thực",
    "book": "quyển số",
    "book-number": "số vào sổ",
    "registered": "ngày đăng ký",
    "place": "nơi đăng ký",
    "attachments": "tệp kèm theo",
}

# Where an office hands out a paper to a person, as on civil-status papers, it is not issued as a
# document of administration is (NĐ 30/2020).
_ON_TITLED_PAPERS = {"date": "ngày cấp", "issuer": "cơ quan cấp"}
_SEXES = {"male": "Nam", "female": "Nữ"}
_ISO_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DATES = frozenset({"date", "birth", "death", "registered", "valid_until"})


# A paper that left its dossier by the act of a person; none of them is refused.
OUT_OF_DOSSIER = {
    "withdrawn": "Đã rút",
    "pages-merged": "Đã gộp",
    "pages-undone": "Đã hoàn tác",
    "reused": "Dùng giấy đã có",
}


def standing(value: PaperState, code: str = "") -> str:
    """A state in words; of a paper out of its dossier, whether it was withdrawn.

    Args:
        value: the state.
        code: of the paper, which says why.
    """
    if value is PaperState.REJECTED and code in OUT_OF_DOSSIER:
        return OUT_OF_DOSSIER[code]
    return STATES[value]


def state(value: str) -> str:
    """A state in words, with its name."""
    return f"{STATES[PaperState(value)]} ({value})"


def field(value: str, *, titled: bool = False) -> str:
    """A field in words: ``mother.citizen_id`` is số định danh cá nhân của mẹ.

    Args:
        value: the field.
        titled: of a civil-status paper or another that has a title, not of an administrative
            document.
    """
    whose, _, what = value.partition(".")
    words = (_ON_TITLED_PAPERS.get(what) if titled else None) or ATTRIBUTES.get(what, what)
    return words if whose == "paper" else f"{words} của {role(whose)}"


def role(value: str) -> str:
    """A role in words; a second person of one role is numbered."""
    name, _, number = value.partition("-")
    return f"{ROLES.get(name, name)} {number}".strip()


def value(field_name: str, text: str) -> str:
    """A value as people write it: ``09/10/1982``, ``Nam``.

    Args:
        field_name: such as ``mother.birth``.
        text: in its canonical form.
    """
    what = field_name.partition(".")[2]
    if what == "sex":
        return _SEXES.get(text, text)
    date = _ISO_DATE.fullmatch(text) if what in _DATES else None
    return text if date is None else "/".join(reversed(date.groups()))
