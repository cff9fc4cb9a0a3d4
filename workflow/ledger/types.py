"""Values that the ledger takes and returns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dossier.errors import SohoaError, WrongUse
from dossier.reports import PageMarks
from dossier.spine import (
    ArchivedRecord,
    Blob,
    Description,
    Paper,
    RecognisedPaper,
    Record,
    Scan,
    SignedRecord,
)
from dossier.states import PaperState, ScanState


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A paper with everything a step needs. Saving it requires the newest ``version``.

    Attributes:
        scan_state: RECEIVED until the pages of the scan are counted.
        words: the recognised words in the work area, from RECOGNISED on.
        record: from REVIEW on.
        signed: from SIGNED on.
        attempts: runs of this step, this one included, since the paper last changed state.
        sign_key: SHA-256 (hex) of the certificate that the signature was requested with; empty
            where that is not known yet.
        kept: the confirmed description of a paper whose PDF/A must be made again.
        request: the ID of the request that submitted it, for the log.
    """

    paper: Paper
    state: PaperState
    scan_state: ScanState
    version: int
    attempts: int
    sign_requested: bool
    accept_as_found: bool
    words: Blob | None = None
    engine: str = ""
    record: Record | None = None
    signed: SignedRecord | None = None
    kept: Description | None = None
    request: str = ""
    sign_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a step. Only what the step made is set.

    Attributes:
        after: the new state of the paper; may equal the old one.
        code: the reason as a stable code, or empty.
        reason: the sentence that explains the code; no personal data.
        fault: who must act (``dossier.errors``), where the code is that of an error.
        split: the paper with its pages counted; the scan becomes SPLIT.
        request_lapsed: the signature has to be requested again.
        recognised: the recognised paper and the blob of its words.
    """

    after: PaperState
    code: str = ""
    reason: str = ""
    fault: str = ""
    split: Paper | None = None
    recognised: tuple[RecognisedPaper, Blob] | None = None
    record: Record | None = None
    signed: SignedRecord | None = None
    archived: ArchivedRecord | None = None
    request_lapsed: bool = False

    @classmethod
    def of_error(cls, after: PaperState, error: SohoaError) -> Outcome:
        """The outcome of a step that an error ended."""
        return cls(after=after, code=error.code, reason=error.message, fault=error.fault)


@dataclass(frozen=True, slots=True)
class Received:
    """The result of submitting a scan.

    Attributes:
        paper: the new paper, or the one that holds the same bytes already.
        known_already: the bytes were in this dossier before.
        code: why the scan was rejected, where the answer is repeated for an idempotency key.
        reason: the sentence that explains the code.
    """

    paper: UUID
    known_already: bool
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotencyKey:
    """The ``Idempotency-Key`` of a request: repeated requests get the first answer.

    Attributes:
        token: the ID of the caller's token.
        key: SHA-256 of the key.
        request: SHA-256 of the request; another request under the same key is refused.
    """

    token: str
    key: bytes
    request: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingScan:
    """A scan to be received as one paper.

    Attributes:
        scan: as received.
        paper: the ID of the paper, if it is new.
        dossier: the code of its dossier.
        sign: sign the paper as soon as it is described.
        sign_key: SHA-256 (hex) of the certificate to sign with; empty where it is not known here.
        accept: accept all values without review (trial data only).
        rejected: code and reason, where the scan cannot be processed; it is stored as rejected.
        actor: the sender, for the history.
        idempotency: the key of the request, if it has one.
        request: the ID of the request, for the log.
    """

    scan: Scan
    paper: UUID
    dossier: str
    sign: bool = False
    sign_key: str = ""
    accept: bool = False
    rejected: tuple[str, str] | None = None
    actor: str = "ingest"
    idempotency: IdempotencyKey | None = None
    request: str = ""


# Of a batch, each scan gets its own result: it was received, or why it alone was refused.
IntakeResult = Received | WrongUse


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSummary:
    """A paper without its content, for lists.

    Attributes:
        version: changes with every change of the paper.
        sequence: its number in the office, in the order received.
        media_type: empty where the scan could not be processed.
        code: why it waits, was rejected or is in review; a stable code, or empty.
        reason: the sentence that explains the code; no personal data.
        fault: who must act, where the code is that of an error (``dossier.errors``).
        retry_at: the time of the next attempt, where one is scheduled.
        set_aside: no more attempts until an operator acts.
        progress: pages recognised and pages in all, while a worker recognises it; else None.
        undoable: whether a change made in review can be undone.
        marks: what was seen on its pages before they were read; None where nobody looked.
        split_undoable: whether its last split or merge can be undone.
    """

    paper: UUID
    version: int
    office: str
    dossier: str
    sequence: int
    ordinal: int
    source: str
    media_type: str
    state: PaperState
    code: str
    reason: str
    fault: str
    pages: int
    kind: str
    level: str
    sign_requested: bool
    retry_at: datetime | None
    set_aside: bool
    received_at: datetime
    updated_at: datetime
    progress: tuple[int, int] | None
    undoable: bool = False
    marks: tuple[PageMarks, ...] | None = None
    split_undoable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One line of a paper's history.

    Attributes:
        sequence: its number in the history of the office, in the order of commits.
        before: the state before; empty for the first entry.
        after: the state after; equals ``before`` where the paper kept its state.
    """

    sequence: int
    office: str
    paper: UUID
    dossier: str
    ordinal: int
    at: datetime
    before: str
    after: str
    code: str
    reason: str
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLocation:
    """The OCFL object of an archived paper.

    Attributes:
        object_id: ``urn:uuid:...``.
        key: of the object's root in the record area.
        version: of the object, from 1.
        kept_until: aware UTC; end of the lock.
    """

    object_id: str
    key: str
    version: int
    kept_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredScan:
    """A scan that a paper has, or had before it was scanned again.

    Attributes:
        sha256: of the file, hexadecimal.
        size: bytes.
        replaced_at: aware UTC; None for the current scan.
    """

    sha256: str
    size: int
    received_at: datetime
    replaced_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPaper:
    """One paper with its history, read in one transaction.

    Attributes:
        item: its content as far as it exists; None where only the state was read.
        history: oldest first.
        scans: oldest first.
        location: in the record area; None before it is archived.
    """

    summary: PaperSummary
    item: WorkItem | None
    history: tuple[HistoryEntry, ...]
    scans: tuple[StoredScan, ...]
    location: RecordLocation | None
