"""What the command line says to a person: Vietnamese first."""

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
    "mentioned": "được nhắc đến",
    "signer": "người ký",
}


def state(value: str) -> str:
    """A state in words, with its name."""
    return f"{STATES[PaperState(value)]} ({value})"


def role(value: str) -> str:
    """A role in words."""
    return ROLES.get(value, value)
