"""The signing desk: what a person has seen, and batches of papers signed together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from api.application import Application
from api.desk import edits
from api.desk.caller import Caller, Right
from api.desk.papers import get_papers, list_papers, opened, stored_paper
from api.desk.views import PaperView, paper_view
from api.signers import stamp_font
from dossier.errors import SohoaError, WrongUse
from dossier.states import PaperState
from workflow.ledger.signing_views import SigningView
from workflow.ledger.types import StoredPaper

if TYPE_CHECKING:
    from signing.stamp_preview import StampPreview

_SIGNED = frozenset({PaperState.SIGNED, PaperState.ARCHIVED})
# What a signer compares with the page, most telling first.
_KEY_ATTRIBUTES = ("name", "birth", "citizen_id", "number", "date", "issuer", "abstract")
_MOST_KEYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedPaper:
    """A paper that waits for a signature.

    Attributes:
        view: where it stands.
        seen: numbers of the pages that the person has seen of this version.
        set_aside: the person left it out of the next batch.
    """

    view: PaperView
    seen: frozenset[int]
    set_aside: bool

    @property
    def complete(self) -> bool:
        """Whether the person has seen every page of it."""
        return not self.set_aside and 0 < self.view.pages <= len(self.seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedPaper:
    """A paper on the signer's table.

    Attributes:
        queued: the paper, with what was seen of it.
        pages: numbers of its pages in the scan, in order.
        keys: at most five field names and values to compare with the page.
        reviewers: actors who confirmed it in review; empty where nothing was doubtful.
    """

    queued: QueuedPaper
    pages: tuple[int, ...]
    keys: tuple[tuple[str, str], ...]
    reviewers: tuple[str, ...]


class Outcome(StrEnum):
    """What became of a paper of a batch."""

    SIGNED = "signed"
    WAITING = "waiting"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPaper:
    """A paper of a batch.

    Attributes:
        problem: code of why it is not signed; empty while it waits.
        fault: who must act (``dossier.errors``).
    """

    view: PaperView
    outcome: Outcome
    problem: str
    fault: str


def list_queue(application: Application, caller: Caller) -> list[QueuedPaper]:
    """The papers that wait for a signature, by kind, oldest first.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.SIGN)
    rows = [
        row
        for row in list_papers(application, caller, state=PaperState.DESCRIBED).papers
        if not row.sign_requested
    ]
    known = application.ledger.signing_views.list_open(_person(caller), [r.paper for r in rows])
    oldest: dict[str, PaperView] = {}
    for row in sorted(rows, key=lambda one: (one.received_at, one.ordinal)):
        oldest.setdefault(row.kind, row)
    rows.sort(key=lambda one: (oldest[one.kind].received_at, one.kind, one.received_at, one.paper))
    return [_queued(row, known.get(row.paper)) for row in rows]


def open_for_signing(application: Application, caller: Caller, paper: UUID) -> OpenedPaper:
    """A paper that waits for a signature, with what the signer compares; logged.

    Raises:
        WrongUse: ``paper.unknown``; ``sign.not-described``.
    """
    caller.require(Right.SIGN)
    stored = opened(application, caller, paper)
    view = paper_view(caller, stored)
    _require_described(view)
    known = application.ledger.signing_views.list_open(_person(caller), [paper])
    values = () if view.content is None else view.content.description.values
    ranked = sorted(
        (one for one in values if one.attribute in _KEY_ATTRIBUTES),
        key=lambda one: _KEY_ATTRIBUTES.index(one.attribute),
    )
    reviewers = dict.fromkeys(
        entry.actor
        for entry in view.history
        if entry.before == PaperState.REVIEW and entry.after == PaperState.DESCRIBED
    )
    return OpenedPaper(
        queued=_queued(view, known.get(paper)),
        pages=_pages(stored),
        keys=tuple((one.field, one.text) for one in ranked[:_MOST_KEYS]),
        reviewers=tuple(reviewers),
    )


def preview_stamp(application: Application, caller: Caller, paper: UUID) -> StampPreview | None:
    """Where the office's stamp will stand on the first page of a paper; None without a stamp.

    Raises:
        WrongUse: ``paper.unknown``, ``sign.not-described``.
        RejectedInput: ``pdf.page-too-small``: it fits nowhere.
    """
    from signing.stamp_preview import preview  # noqa: PLC0415 - costs half a second

    caller.require(Right.SIGN)
    stored = opened(application, caller, paper)
    _require_described(paper_view(caller, stored))
    stamp = application.stages.stamp_of(stored.summary.office)
    if stamp is None or stored.item is None or stored.item.record is None:
        return None
    with application.store.work_file(stored.item.record.pdfa) as file:
        return preview(
            file,
            stamp,
            font=stamp_font(application.settings),
            children=application.children,
            what=f"paper {paper}",
        )


def record_seen(
    application: Application, caller: Caller, paper: UUID, *, page: int, version: int
) -> None:
    """Record that the caller has seen a page of a version of a paper.

    Args:
        application: holds it.
        caller: a person.
        paper: its ID.
        page: number in the scan.
        version: of the paper as shown.

    Raises:
        WrongUse: ``paper.unknown``, ``page.unknown``, ``sign.not-described``,
            ``sign.changed-meanwhile``.
    """
    caller.require(Right.SIGN)
    stored = stored_paper(application, caller, paper)
    _require_described(paper_view(caller, stored), version=version)
    if page not in _pages(stored):
        raise WrongUse("page.unknown", f"paper {paper} has no page {page}")
    application.ledger.signing_views.save_page(
        user=_person(caller),
        paper=paper,
        office=stored.summary.office,
        version=version,
        page=page,
        at=application.clock.now(),
    )


def set_aside(application: Application, caller: Caller, paper: UUID, *, version: int) -> None:
    """Leave a paper out of the caller's next batch, until the caller looks at it again.

    Raises:
        WrongUse: ``paper.unknown``, ``sign.not-described``, ``sign.changed-meanwhile``.
    """
    caller.require(Right.SIGN)
    stored = stored_paper(application, caller, paper, content=False)
    _require_described(paper_view(caller, stored), version=version)
    application.ledger.signing_views.set_aside(
        user=_person(caller),
        paper=paper,
        office=stored.summary.office,
        version=version,
        at=application.clock.now(),
    )


def request_batch(application: Application, caller: Caller) -> tuple[UUID, list[UUID]]:
    """Request the signatures of all papers of which the caller has seen every page.

    The batch holds the versions that were seen: a paper that changed since is not signed. A paper
    that is refused does not stop the others.

    Returns:
        The ID of the batch, and the papers whose signature was requested.

    Raises:
        WrongUse: ``sign.nothing-seen``: no paper was seen whole.
    """
    caller.require(Right.SIGN)
    person = _person(caller)
    versions = {
        one.view.paper: one.view.version for one in list_queue(application, caller) if one.complete
    }
    batch = application.ids.new()
    held = application.ledger.signing_views.start_batch(
        batch, user=person, versions=versions, at=application.clock.now()
    )
    if not held:
        raise WrongUse("sign.nothing-seen", "look at every page of a paper first")
    requested = []
    for paper in held:
        try:
            edits.request_signature(application, caller, paper, version=versions[paper])
        except SohoaError as error:
            application.ledger.signing_views.save_problem(
                user=person, paper=paper, problem=error.code
            )
        else:
            requested.append(paper)
    return batch, requested


def batch_progress(application: Application, caller: Caller, batch: UUID) -> list[BatchPaper]:
    """What became of the papers of one of the caller's batches, by dossier and ordinal.

    Raises:
        WrongUse: ``batch.unknown``.
    """
    caller.require(Right.SIGN)
    held = application.ledger.signing_views.list_batch(batch, user=_person(caller))
    views = {v.paper: v for v in get_papers(application, caller, [one.paper for one in held])}
    found = [_batch_paper(views[one.paper], one) for one in held if one.paper in views]
    if not found:
        raise WrongUse("batch.unknown", "there is no such batch")
    return sorted(found, key=lambda one: (one.view.dossier, one.view.ordinal))


def last_batch(application: Application, caller: Caller) -> UUID | None:
    """The caller's newest batch; None without one."""
    caller.require(Right.SIGN)
    return application.ledger.signing_views.last_batch(_person(caller))


def next_paper(queue: Sequence[QueuedPaper]) -> QueuedPaper | None:
    """The first paper of the queue that the signer has neither seen whole nor set aside."""
    return next((one for one in queue if not one.complete and not one.set_aside), None)


def _batch_paper(view: PaperView, held: SigningView) -> BatchPaper:
    if view.state in _SIGNED:
        return BatchPaper(view=view, outcome=Outcome.SIGNED, problem="", fault="")
    requested = view.state is PaperState.DESCRIBED and view.sign_requested
    if held.problem or not requested:
        problem = held.problem or (view.code if view.fault else "sign.changed-meanwhile")
        return BatchPaper(view=view, outcome=Outcome.FAILED, problem=problem, fault="")
    if view.fault and view.retry_at is None:
        return BatchPaper(view=view, outcome=Outcome.FAILED, problem=view.code, fault=view.fault)
    return BatchPaper(view=view, outcome=Outcome.WAITING, problem="", fault="")


def _queued(view: PaperView, known: SigningView | None) -> QueuedPaper:
    current = known is not None and known.version == view.version
    return QueuedPaper(
        view=view,
        seen=known.pages if known is not None and current else frozenset(),
        set_aside=known is not None and current and known.set_aside,
    )


def _require_described(view: PaperView, *, version: int | None = None) -> None:
    if view.state is not PaperState.DESCRIBED or view.sign_requested:
        raise WrongUse("sign.not-described", f"paper {view.paper} does not wait for a signature")
    if version is not None and version != view.version:
        raise WrongUse(
            "sign.changed-meanwhile", f"paper {view.paper} was changed meanwhile; open it again"
        )


def _pages(stored: StoredPaper) -> tuple[int, ...]:
    return () if stored.item is None else tuple(p.number for p in stored.item.paper.pages)


def _person(caller: Caller) -> UUID:
    if caller.person is None:
        raise WrongUse("right.missing", "only a person who signed in uses the signing desk")
    return caller.person
