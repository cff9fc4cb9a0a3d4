"""The stage: a record becomes a signed record."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dossier.errors import IntegrityViolation, RejectedInput
from dossier.ports import ObjectStore, Signer, Stamp
from dossier.reports import Signature
from dossier.spine import Record, SignedRecord

if TYPE_CHECKING:
    from signing.levels import Preserved

_CHUNK = 1 << 20  # bytes
_LARGEST_AT_ONCE = 64 << 20  # bytes
_REVOKED = frozenset({"signer.revoked", "tsa.revoked"})
NOT_CHECKED = "revocation.not-checked"
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
    preserve: Callable[[bytes], Preserved] | None = None,
) -> SignedRecord:
    """Sign the PDF/A of a record and put the signed one into the work area.

    Args:
        record: whose PDF/A passed its validator.
        pdfa: a local file with the bytes of ``record.pdfa``; not changed.
        out: where the signed file is written first; its folder is there, it is not.
        signer: what signs.
        stamp: the visible signature, or None for an invisible one.
        store: whose work area takes the signed file.
        preserve: brings the signed file to B-LTA as far as it can; None to leave that to a job.

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
    if preserve is not None and out.stat().st_size <= _LARGEST_AT_ONCE:
        signature = _preserved(out, signature, preserve)
    # Again on what came out: the file might have been swapped between the two.
    _check(out, record)
    return SignedRecord(record=record, pdf=store.put_work(out), signatures=(signature,))


def _preserved(
    out: Path, signature: Signature, preserve: Callable[[bytes], Preserved]
) -> Signature:
    """The signature with its level, after the file was brought to it."""
    made = preserve(out.read_bytes())
    if made.error is not None and made.error.code in _REVOKED:
        raise made.error
    if made.level is signature.level:
        return signature
    part = out.with_suffix(".preserved")
    part.write_bytes(made.content)
    part.replace(out)
    remarks = tuple(remark for remark in signature.remarks if remark != NOT_CHECKED)
    return replace(signature, level=made.level, provable_until=made.until, remarks=remarks)


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
