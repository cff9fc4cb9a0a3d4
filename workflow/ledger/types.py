"""A paper in hand: what a claim gives out, and what a step gives back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dossier.errors import WrongUse
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
    """A paper as it stands, held by whoever knows ``version``.

    Attributes:
        scan_state: RECEIVED while the scan's pages have not been counted.
        words: the recognised words in the work area, once RECOGNISED.
        record: once a record was made (REVIEW and later).
        signed: once SIGNED.
        attempts: how often this step was begun and not finished, this time included.
        kept: what a person has confirmed of a paper whose PDF/A is to be made anew.
        request: the id of the request that brought it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a step came to; only what it made is set.

    Attributes:
        after: the state the paper moves to; may be the one it has.
        code: why, where that is worth saying; else empty.
        reason: the sentence to the code; no personal data.
        fault: who must act (``dossier.errors``), where the code is that of an error.
        split: the paper with its pages counted; the scan moves to SPLIT.
        recognised: with the blob of its words.
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


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a file that came in.

    Attributes:
        code: why it was turned away when the same question was asked before; else empty.
        reason: the sentence to the code.
    """

    paper: UUID
    known_already: bool
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """A question that is to be answered once, however often it is asked.

    Attributes:
        token: who asks.
        key: SHA-256 of the key they gave it.
        asked: SHA-256 of the question: another one under the same key is refused.
    """

    token: str
    key: bytes
    asked: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A scan that comes in, for its one paper.

    Attributes:
        scan: as received.
        paper: the id a new paper gets.
        dossier: where it belongs.
        sign: somebody asked to sign it once described.
        accept: take what was found without review (trial data only).
        rejected: code and reason, where the scan cannot be taken; it is written down as such.
        actor: who sends it, for the history.
        once: the key under which the same question gets the same answer.
        request: the id of the request that brings it.
    """

    scan: Scan
    paper: UUID
    dossier: str
    sign: bool = False
    accept: bool = False
    rejected: tuple[str, str] | None = None
    actor: str = "ingest"
    once: Once | None = None
    request: str = ""


# What is said of one that comes in: it stands, or why this one alone cannot be taken.
Answer = Received | WrongUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One line of a paper's history."""

    at: datetime
    before: str
    after: str
    code: str
    reason: str
    actor: str
