"""Validation, in a child, of the signatures of a PDF that may be hostile."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from dossier.reports import SignatureReport
from dossier.written import report_from_json
from pages.children import JobRunner
from signing.trust import RevocationData, TrustAnchors

# The library takes seconds to import; only the child does.
JOB = "signing.validation.job:verify_job"
DEADLINE = 120.0  # seconds


def verify_file(
    path: Path,
    *,
    children: JobRunner,
    trust: TrustAnchors,
    now: datetime,
    revocation: RevocationData | None = None,
    what: str = "the signatures of a PDF",
    deadline: float = DEADLINE,
) -> tuple[SignatureReport, ...]:
    """A report on each signature of a PDF, oldest first: ``validate.verify`` in a child.

    Args:
        path: of the PDF; read by the child.
        children: what runs the child.
        trust: the roots, of signers and of time-stamping authorities.
        now: aware.
        revocation: revocation data besides that of the file.
        what: names the job in errors, such as ``paper <uuid>``.
        deadline: seconds.

    Raises:
        TransientFault: ``child....``: the child was killed for its memory or its time, or crashed.
        Misconfigured: ``trust.unreadable``.
    """
    written = children.run(
        JOB,
        {
            "anchors": trust.to_json(),
            "now": now.isoformat(),
            "revocation": None if revocation is None else revocation.to_json(),
        },
        reads={"path": path},
        deadline=deadline,
        what=what,
    )
    return tuple(report_from_json(report) for report in written)
