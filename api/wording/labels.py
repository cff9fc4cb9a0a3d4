"""Vietnamese names of states, stages, fields, roles and table headings."""

from __future__ import annotations

from dossier.states import PaperState

STATES = {
    PaperState.RECEIVED: "Đang đọc",
    PaperState.RECOGNISED: "Đang trích",
    PaperState.REVIEW: "Cần xem",
    PaperState.DESCRIBED: "Chờ ký",
    PaperState.SIGNED: "Đã ký",
    PaperState.ARCHIVED: "Đã lưu",
    PaperState.DISPOSED: "Đã hủy",
    PaperState.REJECTED: "Từ chối",
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
    "archived_at": "Lưu lúc",
    "file": "Tệp",
    "signer": "Người ký",
    "signed_at": "Ký lúc",
    "level": "Mức",
    "valid": "Hợp lệ",
    "trusted": "Tin cậy",
    "problem": "Vì sao",
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
    "box": "Chỗ (pt)",
    "doubt": "Cần xem vì",
    "at": "Lúc",
    "before": "Từ",
    "after": "Đến",
    "actor": "Ai",
    "reason": "Vì sao",
    "citizen_ids": "Số định danh",
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
    "owner": "chủ thể",
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
    "citizen-id": "Tra cứu theo số định danh",
    "text": "Tra cứu theo nội dung",
    "dossier": "Tra cứu theo hồ sơ",
    "list": "Xem danh sách",
}

# The stages of a paper.
STAGES = {
    "receive": "Nhận",
    "read": "Đọc",
    "describe": "Trích",
    "review": "Xem lại",
    "sign": "Ký",
    "archive": "Lưu",
}

# What a form says of a person, or of itself (role ``paper``).
ATTRIBUTES = {
    "name": "họ tên",
    "birth": "ngày sinh",
    "sex": "giới tính",
    "citizen_id": "số định danh",
    "cmnd": "số CMND",
    "relation": "quan hệ",
    "residence": "nơi cư trú",
    "origin": "quê quán",
    "card": "ngày cấp, nơi cấp giấy tờ",
    "death": "ngày mất",
    "death-place": "nơi mất",
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


def state(value: str) -> str:
    """A state in words, with its name."""
    return f"{STATES[PaperState(value)]} ({value})"


def field(value: str) -> str:
    """A field in words: ``mother.citizen_id`` is what people call số định danh của mẹ."""
    whose, _, what = value.partition(".")
    said = ATTRIBUTES.get(what, what)
    return said if whose == "paper" else f"{said} của {role(whose)}"


def role(value: str) -> str:
    """A role in words."""
    return ROLES.get(value, value)
