"""What the API answers. Each model carries an example; OpenAPI shows it for every answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_PAPER = "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11"
_AT = "2026-10-08T02:15:00Z"
_DOSSIER = "H15.50.05.13-261008-0975"


def example(**shown: Any) -> ConfigDict:  # noqa: ANN401 - any JSON value
    """The configuration of a model of an answer: frozen, with an example."""
    return ConfigDict(frozen=True, json_schema_extra={"examples": [shown]})


class Problem(BaseModel):
    """RFC 9457. ``code`` is stable; ``detail`` says what to do."""

    model_config = example(
        type="urn:sohoa:problem:paper.unknown",
        title="Không có giấy này.",
        status=404,
        code="paper.unknown",
        detail="no such paper for this token; list those there are: GET /v1/papers",
    )

    type: str
    title: str = Field(description="of the code, for a clerk: Vietnamese where there is a sentence")
    status: int
    code: str
    detail: str
    paper: UUID | None = Field(default=None, description="where a paper was written down for it")
    errors: list[dict[str, Any]] | None = Field(
        default=None, description="which parts of the question cannot be, and why"
    )


class Taken(BaseModel):
    """A scan that came in."""

    model_config = example(paper=_PAPER, dossier=_DOSSIER, known=False, state="RECEIVED")

    paper: UUID
    dossier: str
    known: bool = Field(description="the same bytes were in this dossier already")
    state: str


class Stage(BaseModel):
    """One of the stages a paper goes through, in their order."""

    model_config = example(name="read", title="Đọc", status="done", at=_AT)

    name: Literal["receive", "read", "describe", "review", "sign", "archive"]
    title: str
    status: Literal["done", "now", "ahead", "skipped"]
    at: datetime | None = Field(description="when it was done")


class ReadSoFar(BaseModel):
    """How far the reading is."""

    model_config = example(pages_read=3, pages=12)

    pages_read: int
    pages: int = Field(description="0 where they have not been counted yet")


class MoveLine(BaseModel):
    """One line of history."""

    model_config = example(
        id=7, at=_AT, before="DESCRIBED", after="REVIEW", after_title="Chờ kiểm tra",
        code="sent-back", code_title="Người ký trả lại giấy này.", reason="", actor="token:abc",
    )  # fmt: skip

    id: int
    at: datetime
    before: str
    after: str
    after_title: str
    code: str
    code_title: str = Field(description="the same for a clerk, in Vietnamese")
    reason: str
    actor: str


class ScanLine(BaseModel):
    """One of the scans that stood for a paper."""

    model_config = example(sha256="9f" * 32, size=183204, received_at=_AT, replaced_at=None)

    sha256: str
    size: int
    received_at: datetime
    replaced_at: datetime | None


WAITS_FOR = Literal["machine", "time", "clerk", "official", "operator", "nobody"]
_ROW: dict[str, Any] = {
    "paper": _PAPER,
    "office": "H15.50.05.13",
    "dossier": _DOSSIER,
    "ordinal": 1,
    "source": "scan-0001.pdf",
    "media_type": "application/pdf",
    "state": "REVIEW",
    "state_title": "Chờ kiểm tra",
    "waits_for": "clerk",
    "code": "review.doubtful",
    "code_title": "Giấy này cần người xem lại.",
    "reason": "this paper needs a person's eye: GET /v1/papers/{paper}/review",
    "kind": "birth-declaration",
    "kind_title": "Tờ khai đăng ký khai sinh",
    "pages": 2,
    "received_at": _AT,
    "updated_at": _AT,
}


class PaperRow(BaseModel):
    """A paper as lists show it; runs of digits as long as a citizen's number are masked."""

    model_config = example(**_ROW)

    paper: UUID
    office: str
    dossier: str
    ordinal: int
    source: str
    media_type: str = Field(description="empty where what came could not be taken")
    state: str
    state_title: str
    waits_for: WAITS_FOR
    code: str = Field(description="why it waits, was rejected or is in review; or empty")
    code_title: str = Field(description="the same for a clerk, in Vietnamese: why, and what to do")
    reason: str
    kind: str
    kind_title: str = Field(description="what people call it, in Vietnamese")
    pages: int
    received_at: datetime
    updated_at: datetime


class PaperList(BaseModel):
    """A page of the list."""

    model_config = example(papers=[_ROW], next=_PAPER)

    papers: list[PaperRow]
    next: str | None = Field(description="ask again with after=..., where there are more")


class PaperStanding(PaperRow):
    """Where a paper stands, how it came there, and what it waits for."""

    model_config = example(
        **_ROW,
        version=7,
        sign_requested=False,
        retry_at=None,
        progress={"pages_read": 2, "pages": 2},
        stages=[{"name": "receive", "title": "Nhận", "status": "done", "at": _AT}],
        history=[
            {
                "id": 1, "at": _AT, "before": "", "after": "RECEIVED", "after_title": "Đang đọc",
                "code": "", "code_title": "", "reason": "", "actor": "token:abc",
            }
        ],
        scans=[{"sha256": "9f" * 32, "size": 183204, "received_at": _AT, "replaced_at": None}],
    )  # fmt: skip

    version: int = Field(description="send it with a wish to sign: what was seen is signed")
    sign_requested: bool
    retry_at: datetime | None = Field(description="when it is tried again")
    progress: ReadSoFar
    stages: list[Stage]
    history: list[MoveLine]
    scans: list[ScanLine] = Field(description="the one that stands last")


class Alive(BaseModel):
    """The process answers."""

    model_config = example(status="ok")

    status: Literal["ok"] = "ok"


class Part(BaseModel):
    """One thing that the service stands on."""

    model_config = example(ok=True, code="", detail="")

    ok: bool
    code: str = ""
    detail: str = ""


class Ready(BaseModel):
    """Whether papers can be taken in, read, signed and archived now."""

    model_config = example(
        status="degraded",
        parts={
            "service": {"ok": True, "code": "", "detail": ""},
            "database": {"ok": True, "code": "", "detail": ""},
            "store": {"ok": True, "code": "", "detail": ""},
            "disk": {"ok": True, "code": "", "detail": ""},
            "queue": {"ok": True, "code": "", "detail": ""},
            "workers": {"ok": True, "code": "", "detail": ""},
            "sandbox": {"ok": True, "code": "", "detail": ""},
            "tesseract": {"ok": True, "code": "", "detail": ""},
            "tsa": {
                "ok": False,
                "code": "tsa.no-answer",
                "detail": "the time-stamping authority does not answer; what is to be signed waits",
            },
            "catalogue": {"ok": True, "code": "", "detail": ""},
        },
    )

    status: Literal["ready", "degraded", "not-ready"]
    parts: dict[str, Part]
