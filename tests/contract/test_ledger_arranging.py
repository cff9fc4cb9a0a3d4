"""What a person does to a paper until it is signed, as transactions on every database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on, scan

from dossier.errors import WrongUse
from dossier.spine import Page, RecognisedPaper
from dossier.states import PaperState
from workflow.ledger.edits import EditRequest
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.tables import DELIVERY
from workflow.ledger.types import IncomingScan, Outcome, WorkItem
from workflow.ledger.webhooks import Outbox, Webhook

PAPER = UUID(int=1)


@pytest.fixture
def ledger(engine: sa.Engine) -> SqlLedger:
    made = ledger_on(engine)
    made.intake.receive(IncomingScan(scan=scan(1, content=b"a"), paper=PAPER, dossier="D1"))
    return made


def _act(reason: str = "") -> EditRequest:
    return EditRequest(paper=PAPER, offices=[OFFICE], actor="token:x", at=START, reason=reason)


def _claim(ledger: SqlLedger) -> WorkItem:
    held = ledger.queue.claim(
        PAPER, now=START, lease=timedelta(hours=1), holder="h:1:1", is_gone=lambda _: False
    )
    assert held is not None
    return held


def _counted(ledger: SqlLedger) -> WorkItem:
    """The paper, claimed, its two pages counted and saved."""
    held = _claim(ledger)
    paper = replace(held.paper, pages=(Page(1, 595, 842), Page(2, 842, 595)))
    assert ledger.queue.finish(
        held, Outcome(after=PaperState.RECEIVED, split=paper), now=START, actor="h:1:1"
    )
    return _claim(ledger)


def test_a_running_step_loses_a_paper_that_is_arranged(ledger: SqlLedger) -> None:
    held = _counted(ledger)
    ledger.edits.arrange_pages(_act(), [(2, 90), (1, 0)])
    blob = held.paper.scan.blob
    read = RecognisedPaper(paper=held.paper, pages=(), engine="e")
    lost = Outcome(after=PaperState.RECOGNISED, recognised=(read, blob))
    assert not ledger.queue.finish(held, lost, now=START, actor="h:1:1")
    again = _claim(ledger)
    assert [(p.number, p.turn) for p in again.paper.pages] == [(2, 90), (1, 0)]
    assert [move.code for move in ledger.papers.list_history(PAPER)] == ["", "pages-arranged"]


def _described(ledger: SqlLedger) -> None:
    for after in (PaperState.RECOGNISED, PaperState.DESCRIBED):
        assert ledger.queue.finish(_claim(ledger), Outcome(after=after), now=START, actor="h:1:1")


def _lines(ledger: SqlLedger) -> list[tuple[str, str, str]]:
    return [(move.after, move.code, move.actor) for move in ledger.papers.list_history(PAPER)]


def test_who_asked_for_a_signature_is_written_down_once(ledger: SqlLedger) -> None:
    arranging = ledger.edits
    with pytest.raises(WrongUse) as raised:
        arranging.request_signature(_act())
    assert raised.value.code == "sign.not-described"
    _described(ledger)
    for actor in ("token:x", "token:y"):
        arranging.request_signature(replace(_act(), actor=actor))
    assert _claim(ledger).sign_requested
    assert _lines(ledger)[2:] == [
        ("DESCRIBED", "", "h:1:1"),
        ("DESCRIBED", "sign-requested", "token:x"),
    ]


def test_only_what_was_seen_is_signed(ledger: SqlLedger) -> None:
    arranging = ledger.edits
    _described(ledger)
    seen = ledger.papers.get(PAPER, offices=[OFFICE])
    assert seen is not None
    arranging.send_back(_act("xem lại"))
    assert ledger.queue.finish(
        replace(seen, version=seen.version + 1, state=PaperState.REVIEW),
        Outcome(after=PaperState.DESCRIBED), now=START, actor="x",
    )  # fmt: skip
    with pytest.raises(WrongUse) as raised:
        arranging.request_signature(_act(), version=seen.version)
    assert raised.value.code == "sign.changed-meanwhile"
    arranging.request_signature(_act(), version=seen.version + 2)
    # Requested again after a lost answer: also while it is leased, and once it is signed.
    for after in (PaperState.SIGNED, PaperState.ARCHIVED):
        held = _claim(ledger)
        arranging.request_signature(_act(), version=seen.version + 2)
        assert ledger.queue.finish(held, Outcome(after=after), now=START, actor="h:1:1")
        arranging.request_signature(_act(), version=seen.version + 2)
    assert [code for _, code, _ in _lines(ledger)].count("sign-requested") == 1


def test_who_sends_a_paper_to_be_signed_is_written_down_too(ledger: SqlLedger) -> None:
    def send(number: int, content: bytes, *, sign: bool) -> UUID:
        came = IncomingScan(
            scan=scan(number, content=content),
            paper=UUID(int=number),
            dossier="D1",
            sign=sign,
            actor=f"token:{number}",
        )
        return ledger.intake.receive(came).paper

    for number, sign in ((2, False), (3, True), (4, True)):
        assert send(number, b"a", sign=sign) == PAPER
    assert _lines(ledger) == [
        ("RECEIVED", "", "ingest"),
        ("RECEIVED", "sign-requested", "token:3"),
    ]
    (move,) = ledger.papers.list_history(send(5, b"c", sign=True))
    assert (move.code, move.actor) == ("sign-requested", "token:5")


@pytest.mark.parametrize("pages", [[(1, 0)], [(1, 0), (1, 0)], [(1, 0), (3, 0)], []])
def test_each_page_is_named_once(ledger: SqlLedger, pages: list[tuple[int, int]]) -> None:
    _counted(ledger)
    with pytest.raises(WrongUse) as raised:
        ledger.edits.arrange_pages(_act(), pages)
    assert raised.value.code == "pages.not-all"


def test_another_offices_paper_is_not_there(ledger: SqlLedger) -> None:
    act = EditRequest(paper=PAPER, offices=["H99"], actor="x", at=START)
    arranging = ledger.edits
    attempts: list[Callable[[], None]] = [
        lambda: arranging.request_signature(act),
        lambda: arranging.withdraw(act),
        lambda: arranging.move_to_dossier(act, "D2"),
        lambda: arranging.send_back(act),
        lambda: arranging.arrange_pages(act, [(1, 0)]),
        lambda: arranging.replace_scan(act, scan(9, content=b"n")),
    ]
    for attempt in attempts:
        with pytest.raises(WrongUse) as raised:
            attempt()
        assert raised.value.code == "paper.unknown"


def test_a_move_and_its_messages_are_written_together(ledger: SqlLedger) -> None:
    outbox = Outbox(ledger.connections, cipher=SEALING)
    outbox.add(
        Webhook(
            id=UUID(int=5), office=OFFICE, url="http://x/", secret=b"s", created_at=START,
            created_by="x",
        )
    )  # fmt: skip
    ledger.edits.withdraw(_act("a person wrote this"))
    (delivery,) = outbox.list_due(UUID(int=5), now=START, limit=9)
    assert (delivery.payload["state"], delivery.payload["code"]) == ("REJECTED", "withdrawn")
    assert "person" not in str(delivery.payload)
    # What is refused tells nothing: the transaction took its message with it.
    with pytest.raises(WrongUse):
        ledger.edits.withdraw(_act())
    with ledger.connections.reading() as c:
        assert len(c.execute(DELIVERY.select()).all()) == 1
