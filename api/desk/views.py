"""The views that all outputs render: a paper, a line of its history, a dossier.

Office scope and masking are applied where a view is made; no output repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from api.desk.caller import Caller, Right
from api.desk.progress import PagesRead, Stage, WaitsFor, stages_of, waits_for
from dossier.codes import mask_numbers
from dossier.reports import PageMarks, PdfaReport, Signature, SignatureReport
from dossier.spine import Description, Page
from dossier.states import PaperState
from workflow.ledger.types import (
    HistoryEntry,
    PaperSummary,
    RecordLocation,
    StoredPaper,
    StoredScan,
    WorkItem,
)
from workflow.pipeline.process_identity import is_name

__all__ = [
    "DossierView",
    "ExpectedPaper",
    "HistoryEntry",
    "PaperContent",
    "PaperView",
    "history_entry",
    "history_of",
    "list_view",
    "paper_view",
    "picture_tag",
]


_TAG_DIGITS = 16  # of a SHA-256: enough to tell the pictures of one paper apart


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperContent:
    """What a paper says and the proofs of it; only for a caller that opened the paper.

    Attributes:
        sha256: of the scan; empty where it could not be received.
        media_type: of the scan; empty likewise.
        engine: the recogniser.
        received_signatures: reports on the signatures the scan arrived with.
        location: in the record area; None before it is archived.
        pages: in order, as received and turned.
        picture_tag: changes with the pictures of the pages; empty where there are none.
    """

    sha256: str
    media_type: str
    arrived_signed: bool
    engine: str
    description: Description
    pdfa: PdfaReport | None
    received_signatures: tuple[SignatureReport, ...]
    signatures: tuple[Signature, ...]
    location: RecordLocation | None
    pages: tuple[Page, ...]
    picture_tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """Where a paper stands, as every output shows it.

    Attributes:
        source: file name with citizen IDs masked; empty for a caller that may not read papers.
        media_type: of the scan; empty where it could not be received.
        code: cause why it waits, was rejected or is in review; or empty.
        reason: sentence to the code; citizen IDs masked.
        fault: who must act, where the code is that of an error (``dossier.errors``).
        version: changes with every change of the paper.
        retry_at: aware UTC; next try of a failed step.
        progress: pages read.
        stages: in order; empty in lists.
        history: oldest first; empty in lists.
        scans: oldest first; empty in lists.
        content: None unless the paper was opened.
        undoable: whether a change made in review can be undone.
        marks: what was seen on its pages before they were read; None where nobody looked.
        split_undoable: whether its last split or merge can be undone.
    """

    paper: UUID
    office: str
    dossier: str
    ordinal: int
    source: str
    media_type: str
    state: PaperState
    code: str
    reason: str
    fault: str
    kind: str
    pages: int
    received_at: datetime
    updated_at: datetime
    version: int
    sign_requested: bool
    retry_at: datetime | None
    waits_for: WaitsFor
    progress: PagesRead
    stages: tuple[Stage, ...] = ()
    history: tuple[HistoryEntry, ...] = ()
    scans: tuple[StoredScan, ...] = ()
    content: PaperContent | None = None
    undoable: bool = False
    marks: tuple[PageMarks, ...] | None = None
    split_undoable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPaper:
    """A kind of paper that a dossier expects; ``paper`` is None while it is missing."""

    kind: str
    paper: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierView:
    """A dossier of one office.

    Attributes:
        offices: all offices in the caller's sight that have a dossier of this code.
        closed_at: aware UTC; None while it takes papers.
        expected: in the order given.
        papers: by ordinal; None for a caller that may not read papers.
    """

    code: str
    office: str
    offices: tuple[str, ...]
    closed_at: datetime | None
    expected: tuple[ExpectedPaper, ...]
    papers: tuple[PaperView, ...] | None

    @property
    def missing(self) -> int:
        """How many expected papers have not arrived."""
        return sum(one.paper is None for one in self.expected)

    @property
    def unfinished(self) -> int:
        """How many papers are neither archived nor rejected."""
        ended = {PaperState.ARCHIVED, PaperState.REJECTED, PaperState.DISPOSED}
        return sum(paper.state not in ended for paper in self.papers or ())


def list_view(
    caller: Caller, summary: PaperSummary, *, read_here: tuple[int, int] | None = None
) -> PaperView:
    """A paper as a row of a list.

    Args:
        caller: sees it.
        summary: its row.
        read_here: pages read and pages, while this process reads it.
    """
    view = PaperView(
        paper=summary.paper,
        office=summary.office,
        dossier=summary.dossier,
        ordinal=summary.ordinal,
        source=mask_numbers(summary.source),
        media_type=summary.media_type,
        state=summary.state,
        code=summary.code,
        reason=mask_numbers(summary.reason),
        fault=summary.fault,
        kind=summary.kind,
        pages=summary.pages,
        received_at=summary.received_at,
        updated_at=summary.updated_at,
        version=summary.version,
        sign_requested=summary.sign_requested,
        retry_at=summary.retry_at,
        waits_for=waits_for(summary),
        undoable=summary.undoable,
        marks=summary.marks,
        split_undoable=summary.split_undoable,
        progress=PagesRead.of(summary, read_here=read_here),
    )
    return _visible(caller, view)


def paper_view(
    caller: Caller, stored: StoredPaper, *, read_here: tuple[int, int] | None = None
) -> PaperView:
    """A paper with stages, history, scans, and its content where that was read.

    Args:
        caller: sees it.
        stored: as the ledger read it.
        read_here: pages read and pages, while this process reads it.
    """
    history = history_of(stored.history)
    view = replace(
        list_view(caller, stored.summary, read_here=read_here),
        stages=stages_of(stored.summary, stored.history),
        history=history,
        scans=stored.scans,
        content=None if stored.item is None else _content(stored.item, stored.location),
    )
    return _visible(caller, view)


def history_of(entries: Iterable[HistoryEntry]) -> tuple[HistoryEntry, ...]:
    """Lines of history as every output shows them: citizen IDs masked, workers without host."""
    return tuple(history_entry(entry) for entry in entries)


def history_entry(entry: HistoryEntry) -> HistoryEntry:
    """One line of history as every output shows it."""
    # Host and process of a worker are for the operator's log.
    actor = "worker" if is_name(entry.actor) else entry.actor
    return replace(entry, reason=mask_numbers(entry.reason), actor=actor)


def _visible(caller: Caller, view: PaperView) -> PaperView:
    """The view without what the paper or its file says, for a caller that may not read papers."""
    if caller.may(Right.READ, Right.REVIEW):
        return view
    return replace(view, source="", reason="", kind="", history=(), scans=(), content=None)


def picture_tag(item: WorkItem) -> str:
    """What changes with the pictures of a paper's pages; empty where there are none."""
    if item.signed is not None:
        return item.signed.pdf.digest[:_TAG_DIGITS]
    return "" if item.record is None else item.record.pdfa.digest[:_TAG_DIGITS]


def _content(item: WorkItem, location: RecordLocation | None) -> PaperContent:
    record, scan = item.record, item.paper.scan
    return PaperContent(
        sha256=scan.blob.digest,
        media_type=scan.media_type.value if scan.blob.digest else "",
        arrived_signed=item.paper.arrived_signed,
        engine=item.engine,
        description=Description(kind="") if record is None else record.description,
        pdfa=None if record is None else record.pdfa_report,
        received_signatures=() if record is None else record.received_signatures,
        signatures=() if item.signed is None else item.signed.signatures,
        location=location,
        pages=item.paper.pages,
        picture_tag=picture_tag(item),
    )
