"""The report on a signature in words: Vietnamese, then English; times in the office's zone."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from dossier.reports import SignatureReport, Verdict

_VERDICTS = {
    Verdict.UNCHANGED: ("Nội dung không thay đổi sau khi ký", "The file is what was signed"),
    Verdict.CHANGED_AS_ALLOWED: (
        "Sau khi ký chỉ có bổ sung được phép",
        "Only additions that the signature allows came later",
    ),
    Verdict.ALTERED: ("TỆP ĐÃ BỊ SỬA SAU KHI KÝ", "THE FILE WAS ALTERED AFTER IT WAS SIGNED"),
    Verdict.UNDECIDED: (
        "Không kết luận được tệp có bị sửa hay không",
        "It cannot be decided whether the file was altered",
    ),
}
_TRUSTED = ("chứng thư đáng tin cậy", "the certificate is trusted")
_NOT_TRUSTED = ("chứng thư chưa đáng tin cậy", "the certificate is not trusted")
_CLAIMED = ("theo lời người ký", "the signer's own claim")
_YES, _NO = ("có", "yes"), ("chưa", "no")

# What a person should know of a signature, by its code; by the first part where that is enough.
_REMARKS = {
    "revocation.not-checked": "chưa kiểm tra được chứng thư có bị thu hồi hay không",
    "chain.unknown-root": "chứng thư do tổ chức chưa có trong danh sách tin cậy cấp",
    "chain.expired": "chứng thư hết hạn lúc ký",
    "chain.not-yet-valid": "chứng thư chưa có hiệu lực lúc ký",
    "chain.revoked": "chứng thư đã bị thu hồi",
    "chain.no-certificate": "trong chữ ký không có chứng thư",
    "pdf.hybrid-xref": "tệp có hai mục lục, phần mềm khác có thể hiện khác",
    "chain": "chưa chứng minh được chứng thư là đáng tin cậy",
    "digest": "thuật toán băm đã lỗi thời",
}
_OTHER_REMARK = "có điểm cần người có chuyên môn xem"

Row = tuple[str, str]


def remark(code: str) -> str:
    """A remark or problem of a report in Vietnamese, for people who know no codes.

    Args:
        code: such as ``chain.unknown-root``.
    """
    return _REMARKS.get(code) or _REMARKS.get(code.partition(".")[0], _OTHER_REMARK)


def verdict_sentence(report: SignatureReport) -> tuple[str, str]:
    """One sentence on a signature, in Vietnamese and in English."""
    verdict = _VERDICTS[report.verdict]
    if report.verdict is Verdict.ALTERED:
        return f"{verdict[0]}.", f"{verdict[1]}."
    trust = _TRUSTED if report.trusted else _NOT_TRUSTED
    return f"{verdict[0]}; {trust[0]}.", f"{verdict[1]}; {trust[1]}."


def report_rows(report: SignatureReport, *, zone: tzinfo) -> list[Row]:
    """What is known of a signature, as labels and values.

    Args:
        report: of one signature or document timestamp.
        zone: in which times are shown.
    """
    term = f"{_time(report.valid_from, zone)} - {_time(report.valid_until, zone)}"
    authority = report.time_authority or " / ".join(_CLAIMED)
    rows = [
        (
            "Dấu thời gian của / timestamp of" if report.is_timestamp else "Người ký / signer",
            report.signer,
        ),
        ("Cấp bởi / issuer", report.issuer),
        ("Thời hạn chứng thư / term", term),
        ("Thời điểm ký / time", _time(report.signed_at, zone)),
        ("Nguồn thời gian / time by", authority),
        ("Mức / level", "" if report.level is None else f"PAdES {report.level.value}"),
        ("Đã kiểm tra thu hồi / revocation checked", _said(report.revocation_checked)),
        ("Phủ cả tệp / covers the whole file", _said(report.covers_whole_file)),
        ("ETSI EN 319 102-1", f"{report.indication} {report.sub_indication}".strip()),
        ("Lý do / reason", report.problem),
        ("Sửa sau khi ký / changed later", ", ".join(report.changed_later)),
        ("Bổ sung được phép / allowed additions", ", ".join(report.allowed_changes)),
        ("Chưa kết luận vì / undecided", ", ".join(report.undecided)),
        ("Lưu ý / remarks", ", ".join(report.remarks)),
    ]
    return [(label, value) for label, value in rows if value]


def as_text(name: str, reports: Sequence[SignatureReport], *, zone: tzinfo) -> str:
    """The report on a file, for a terminal."""
    lines = [name]
    for report in reports:
        lines += [f"  {sentence}" for sentence in verdict_sentence(report)]
        lines += [f"    {label}: {value}" for label, value in report_rows(report, zone=zone)]
    return "\n".join(lines)


def as_html(files: Iterable[tuple[str, Sequence[SignatureReport]]], *, zone: tzinfo) -> str:
    """The report on files as a page of its own, without scripts or parts from elsewhere."""
    parts = []
    for name, reports in files:
        parts.append(f"<h2>{html.escape(name)}</h2>")
        for report in reports:
            vietnamese, english = map(html.escape, verdict_sentence(report))
            rows = "".join(
                f"<tr><th>{html.escape(label)}</th><td>{html.escape(value)}</td></tr>"
                for label, value in report_rows(report, zone=zone)
            )
            parts.append(
                f'<section class="{report.verdict.value}"><p><strong>{vietnamese}</strong><br>'
                f'<span lang="en">{english}</span></p><table>{rows}</table></section>'
            )
        if not reports:
            parts.append("<p>Tệp không có chữ ký số. / The file is not signed.</p>")
    return (
        '<!DOCTYPE html><html lang="vi"><meta charset="utf-8">'
        "<title>Báo cáo chữ ký số / Signature report</title>"
        "<style>body{font-family:serif;max-width:50em;margin:2em auto}th{text-align:left;"
        "padding-right:1em;vertical-align:top}section{border-left:4px solid #080;"
        "padding-left:1em;margin:1em 0}.altered{border-color:#b00}.undecided{border-color:#b80}"
        "</style>"
        "<h1>Báo cáo chữ ký số / Signature report</h1>" + "".join(parts) + "</html>\n"
    )


def _time(at: datetime | None, zone: tzinfo) -> str:
    return "" if at is None else at.astimezone(zone).isoformat(timespec="seconds")


def _said(yes: bool) -> str:  # noqa: FBT001 - the value itself
    return " / ".join(_YES if yes else _NO)
