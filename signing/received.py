"""Which papers that arrived signed may be copied and signed again by the office."""

from __future__ import annotations

from collections.abc import Iterable

from dossier.errors import RejectedInput
from dossier.reports import SignatureReport, Verdict

DOUBT = "signatures.doubtful"
NOT_COUNTERSIGNED = "scan.not-countersigned"
# Never countersigned: a copy may show another thing than the program of its signer did.
_WEAK = frozenset({"pdf.hybrid-xref", "digest.sha1", "digest.md5", "digest.md2"})


def check_countersigning(reports: Iterable[SignatureReport], *, what: str) -> None:
    """Refuse to countersign a paper of a kind that programs show differently, reviewed or not.

    Args:
        reports: on the signatures that the paper arrived with.
        what: names the paper in errors, such as ``paper <uuid>``.

    Raises:
        RejectedInput: ``scan.not-countersigned``.
    """
    for report in reports:
        if not _WEAK.isdisjoint(report.remarks):
            raise RejectedInput(
                "scan.not-countersigned",
                f"{what}: it arrived with a signature of a weak digest (SHA-1 or MD5) or in a file "
                "that programs show differently (hybrid references), so the office does not sign "
                "its copy; ask its sender to sign it anew, or print it and scan the print",
            )


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
        doubtful |= not _WEAK.isdisjoint(report.remarks)
    return (DOUBT,) if doubtful else ()
