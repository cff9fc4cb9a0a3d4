"""Which papers that arrived signed may be copied and signed again by the office."""

from __future__ import annotations

from collections.abc import Iterable

from dossier.errors import RejectedInput
from dossier.reports import SignatureReport, Verdict

DOUBT = "signatures.doubtful"
# A copy of such a file may show another thing than the program of its signer did.
_NOT_COPIED_UNSEEN = frozenset({"pdf.hybrid-xref", "digest.sha1", "digest.md5", "digest.md2"})


def countersigning_doubts(reports: Iterable[SignatureReport], *, what: str) -> tuple[str, ...]:
    """The doubts of a paper that arrived signed; empty if the office may sign its copy.

    A signature of a root that is not known here is no doubt: the report says so.

    Args:
        reports: on the signatures that the paper arrived with.
        what: names the paper in errors, such as ``paper <uuid>``.

    Returns:
        ``signatures.doubtful`` where a signature cannot be decided on, or where the file is of a
        kind that programs show differently.

    Raises:
        RejectedInput: ``scan.signature-altered``: the file was changed after it was signed.
    """
    doubtful = False
    for report in reports:
        if report.verdict is Verdict.ALTERED:
            raise RejectedInput(
                "scan.signature-altered",
                f"{what}: the file was changed after it was signed, or its signature is damaged; "
                "ask its sender for the original",
            )
        doubtful |= report.verdict is Verdict.UNDECIDED
        doubtful |= not _NOT_COPIED_UNSEEN.isdisjoint(report.remarks)
    return (DOUBT,) if doubtful else ()
