"""Review: doubtful values with their pictures, and their corrections."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.desk import corrections, files
from api.http import problems
from api.http.authentication import AnyClient, ReviewClient
from api.http.openapi import ACT_PROBLEMS, PAPER_PROBLEMS, TOKEN_PROBLEMS, file_answer
from api.http.papers import state_of
from api.http.schemas import PaperStanding, example
from api.wording import labels, sentences
from dossier.spine import Description, Value

router = APIRouter(prefix="/v1", tags=["review"])

_PAPER = "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11"
_FIELD = r"[a-z][a-z0-9_]{0,30}(-[2-9])?\.[a-z][a-z0-9_]{0,30}"


class Kind(BaseModel):
    """A kind of paper that has a form definition."""

    model_config = example(kind="birth-declaration", name="Tờ khai đăng ký khai sinh")

    kind: str
    name: str


class Kinds(BaseModel):
    """The kinds of paper."""

    model_config = example(kinds=[{"kind": "birth-declaration", "name": "Tờ khai khai sinh"}])

    kinds: list[Kind]


class ReviewValue(BaseModel):
    """A value with its box, its confidence and the doubt about it."""

    model_config = example(
        field="mother.citizen_id",
        field_title="số định danh cá nhân của mẹ",
        text="001184000123",
        source="ocr",
        confidence=0.71,
        page=1,
        box=[210.0, 388.2, 301.4, 400.1],
        doubt="citizen_id.birth-mismatch",
        doubt_title="Số định danh cá nhân không khớp năm sinh",
        picture=f"/v1/papers/{_PAPER}/values/mother.citizen_id/picture",
    )

    field: str
    field_title: str = Field(description="what people call it, in Vietnamese")
    text: str
    source: str
    confidence: float
    page: int | None = Field(description="its number in the scan; none where it was typed")
    box: list[float] | None = Field(description="left, top, right, bottom in pt, page upright")
    doubt: str = Field(description="a stable code, or empty")
    doubt_title: str = Field(description="the same for a clerk, in Vietnamese")
    picture: str | None = Field(description="of just that box")


class ReviewSheet(BaseModel):
    """The values of a paper under review."""

    model_config = example(
        paper=_PAPER,
        version=7,
        state="REVIEW",
        code="review.doubtful",
        code_title="Giấy này cần người xem lại.",
        reason="this paper needs a person's eye",
        kind="birth-declaration",
        doubts=["page.unread:2"],
        doubt_titles=["Không đọc được trang 2"],
        values=[],
    )

    paper: UUID
    version: int = Field(description="send it with the answer: nobody overwrites another's work")
    state: str
    code: str
    code_title: str
    reason: str
    kind: str
    doubts: list[str]
    doubt_titles: list[str] = Field(description="the same for a clerk, in Vietnamese")
    values: list[ReviewValue]


class Reviewed(BaseModel):
    """Corrected values; all others are confirmed."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [{"values": {"mother.citizen_id": "001184000123"}, "version": 7}]
        },
    )

    values: dict[str, Annotated[str, Field(max_length=2000)]] = Field(
        default={},
        max_length=200,
        description="field to text; an empty text removes the value, `không có trên giấy` "
        "states that the paper lacks it; `kind` sets the kind",
    )
    version: int | None = None


@router.get("/kinds", responses=TOKEN_PROBLEMS)
def list_kinds(client: AnyClient) -> Kinds:
    """The kinds of paper that have a form definition."""
    forms = client.application.forms.by_id
    return Kinds(kinds=[Kind(kind=id_, name=form.name) for id_, form in forms.items()])


@router.get("/papers/{paper}/review", responses=ACT_PROBLEMS)
def show_review(client: ReviewClient, paper: UUID) -> ReviewSheet:
    """The values of a paper with box, confidence, doubt and picture; the access is logged."""
    view = corrections.open_review(client.application, client.caller, paper)
    description = view.content.description if view.content else Description(kind="")
    return ReviewSheet(
        paper=paper,
        version=view.version,
        state=view.state.value,
        code=view.code,
        code_title=sentences.sentence(view.code, view.fault),
        reason=problems.said(view.code, view.reason),
        kind=description.kind,
        doubts=list(description.doubts),
        doubt_titles=[sentences.doubt(doubt) for doubt in description.doubts],
        values=[_value(paper, value) for value in description.values],
    )


@router.get(
    "/papers/{paper}/values/{field}/picture",
    responses={**ACT_PROBLEMS, 200: file_answer("image/webp", "the box", "RIFF...WEBP")},
    response_class=Response,
)
def get_value_picture(
    client: ReviewClient, paper: UUID, field: Annotated[str, Path(pattern=_FIELD)]
) -> Response:
    """A picture of the box of a value; the access is logged."""
    drawn = files.value_picture(client.application, client.caller, paper, field)
    return Response(drawn, media_type="image/webp")


@router.post("/papers/{paper}/review", responses={**PAPER_PROBLEMS, **ACT_PROBLEMS})
def finish_review(client: ReviewClient, paper: UUID, reviewed: Reviewed) -> PaperStanding:
    """Correct values, confirm the rest and let the paper go on; this settles all doubts."""
    corrections.review(
        client.application, client.caller, paper, reviewed.values, version=reviewed.version
    )
    return state_of(client, paper)


def _value(paper: UUID, value: Value) -> ReviewValue:
    box = value.box
    return ReviewValue(
        field=value.field,
        field_title=labels.field(value.field),
        text=value.text,
        source=value.source.value,
        confidence=round(value.confidence, 3),
        page=value.page,
        box=None if box is None else [box.left, box.top, box.right, box.bottom],
        doubt=value.doubt,
        doubt_title=sentences.doubt(value.doubt),
        picture=None if box is None else f"/v1/papers/{paper}/values/{value.field}/picture",
    )
