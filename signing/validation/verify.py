"""Asking a child to judge the signatures of a PDF that may be hostile."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from dossier.reports import SignatureReport
from dossier.written import report_from_json
from pages.children import Children
from signing.trust import TrustAnchors

# The library that judges takes seconds to import; only the child does.
JOB = "signing.validation.judge:verify_job"
DEADLINE = 120.0  # seconds


def verify_file(
    path: Path,
    *,
    children: Children,
    trust: TrustAnchors,
    now: datetime,
    what: str = "the signatures of a PDF",
    deadline: float = DEADLINE,
) -> tuple[SignatureReport, ...]:
    """A report on each signature of a PDF, oldest first; see ``signing.validation.judge.verify``.

    Args:
        path: of the PDF; read by the child.
        children: what runs the child.
        trust: the roots, of signers and of time-stamping authorities.
        now: aware.
        what: names the job in errors, such as ``paper <uuid>``.
        deadline: seconds.

    Raises:
        TransientFault: ``child....``: the child was killed for its memory or its time, or crashed.
        Misconfigured: ``trust.unreadable``.
    """
    written = children.run(
        JOB,
        {"anchors": trust.to_json(), "now": now.isoformat()},
        reads={"path": path},
        deadline=deadline,
        what=what,
    )
    return tuple(report_from_json(report) for report in written)
