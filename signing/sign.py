"""The stage: a record becomes a signed record."""

from __future__ import annotations

import hashlib
from pathlib import Path

from dossier.errors import IntegrityViolation, RejectedInput
from dossier.ports import ObjectStore, Signer, Stamp
from dossier.spine import Record, SignedRecord

_CHUNK = 1 << 20  # bytes
# The office has another key than the one that the signature was requested with.
KEY_CHANGED = "signer.key-changed"


def sign(
    record: Record,
    pdfa: Path,
    out: Path,
    *,
    signer: Signer,
    stamp: Stamp | None,
    store: ObjectStore,
) -> SignedRecord:
    """Sign the PDF/A of a record and put the signed one into the work area.

    Args:
        record: whose PDF/A passed its validator.
        pdfa: a local file with the bytes of ``record.pdfa``; not changed.
        out: where the signed file is written first; its folder is there, it is not.
        signer: what signs.
        stamp: the visible signature, or None for an invisible one.
        store: whose work area takes the signed file.

    Raises:
        RejectedInput: ``pdfa.not-passed``; and what the signer refuses.
        IntegrityViolation: ``pdfa.changed``: the file is not the one of the record.
        TransientFault, Misconfigured: as the signer raises them.
    """
    if not record.pdfa_report.passed:
        raise RejectedInput(
            "pdfa.not-passed",
            f"the PDF/A of paper {record.paper.id} did not pass its validator and is not signed",
        )
    _check(pdfa, record)
    signature = signer.sign(pdfa, out, stamp=stamp)
    # Again on what came out: the file might have been swapped between the two.
    _check(out, record)
    return SignedRecord(record=record, pdf=store.put_work(out), signatures=(signature,))


def _check(file: Path, record: Record) -> None:
    """That a file begins with exactly the bytes that were validated and shown."""
    digest, left = hashlib.sha256(), record.pdfa.size
    with file.open("rb") as content:
        while left > 0 and (chunk := content.read(min(left, _CHUNK))):
            digest.update(chunk)
            left -= len(chunk)
    if left or digest.hexdigest() != record.pdfa.digest:
        raise IntegrityViolation(
            "pdfa.changed",
            f"the PDF/A of paper {record.paper.id} is not the one that was validated; "
            "nothing is kept of this signature, look for the cause",
        )
