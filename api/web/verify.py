"""The public page on which anybody learns whether a signed PDF is genuine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from api.desk import public_verify
from api.web.page_context import PageRoute, service_of
from api.web.templating import render
from api.wording import sentences
from api.wording.signature_report import remark
from dossier.errors import SohoaError, WrongUse
from dossier.reports import SignatureReport, Verdict

router = APIRouter(prefix="/verify", route_class=PageRoute, include_in_schema=False)

_STATUSES = {
    "verify.too-many": HTTPStatus.TOO_MANY_REQUESTS,
    "verify.busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "verify.too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}


@dataclass(frozen=True)
class Answer:
    """The answer on a whole file.

    Attributes:
        tone: ``good``, ``warn`` or ``bad``.
    """

    tone: str
    title: str
    meaning: str


_ALTERED = Answer(
    "bad", "Đã bị thay đổi", "Nội dung tệp không còn như lúc ký. Không dùng tệp này làm bằng chứng."
)
_INTACT = Answer(
    "good",
    "Nguyên vẹn",
    "Nội dung đúng như lúc ký, và người ký có chứng thư chữ ký số đáng tin cậy.",
)
_NOT_TRUSTED = Answer(
    "warn",
    "Chưa xác định",
    "Nội dung không thay đổi sau khi ký, nhưng chưa đủ căn cứ để tin người ký. Xem chi tiết bên "
    "dưới.",
)
_UNDECIDED = Answer(
    "warn", "Chưa xác định", "Không kết luận được tệp có bị sửa sau khi ký hay không."
)
_UNSIGNED = Answer(
    "warn", "Chưa xác định", "Tệp không có chữ ký số nào, nên không kiểm tra được nguồn gốc."
)


@router.get("")
def show_form(request: Request) -> Response:
    """The page to drop a PDF on."""
    return _page(request)


@router.post("")
async def verify(request: Request) -> Response:
    """Verify one file; nothing of it is stored."""
    application = service_of(request).application
    address = request.client.host if request.client else ""
    try:
        await run_in_threadpool(public_verify.check_address, application, address)
        async with request.form(max_files=1, max_fields=1) as form:
            sent = form.get("file")
            if not isinstance(sent, UploadFile) or not sent.filename:
                raise WrongUse("verify.not-a-pdf", "send a PDF in the field file")
            write_to = partial(_write, sent.file)
            reports = await run_in_threadpool(public_verify.verify, application, write_to)
            name = sent.filename
    except SohoaError as error:
        return _page(request, error=error)
    return _page(request, name=name, reports=reports)


def answer_of(reports: tuple[SignatureReport, ...]) -> Answer:
    """The answer on a file: the worst of what its signatures say.

    Args:
        reports: on each signature; a timestamp alone does not make a file signed.
    """
    verdicts = {report.verdict for report in reports}
    if Verdict.ALTERED in verdicts:
        return _ALTERED
    if all(report.is_timestamp for report in reports):
        return _UNSIGNED
    if Verdict.UNDECIDED in verdicts:
        return _UNDECIDED
    return _INTACT if all(report.valid for report in reports) else _NOT_TRUSTED


def _write(source: BinaryIO, target: Path) -> int:
    with target.open("xb") as out:
        shutil.copyfileobj(source, out)
    return target.stat().st_size


def _page(
    request: Request,
    *,
    name: str = "",
    reports: tuple[SignatureReport, ...] | None = None,
    error: SohoaError | None = None,
) -> Response:
    settings = service_of(request).application.settings
    status = HTTPStatus.OK
    if error is not None:
        status = _STATUSES.get(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    return render(
        "verify.html",
        zone=settings.zone,
        status=status,
        office=service_of(request).application.office_name(settings.office),
        name=name,
        answer=None if reports is None else answer_of(reports),
        reports=reports or (),
        remark=remark,
        sentence="" if error is None else sentences.sentence(error.code, error.fault),
    )
