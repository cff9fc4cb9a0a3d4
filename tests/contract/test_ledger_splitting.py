"""Several papers made of one scan, as transactions on every database."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa
from contract.ledger_acts import hold, row_of
from unit.workflow.fakes import OFFICE, START, ledger_on, scan

from dossier.errors import WrongUse
from dossier.spine import Page
from dossier.states import PaperState
from workflow.ledger.edits import EditRequest
from workflow.ledger.splitting import Part
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import IncomingScan, Outcome, WorkItem

PAPER, SECOND = UUID(int=1), UUID(int=2)
SCAN_OF_FIRST, SCAN_OF_SECOND = UUID(int=101), UUID(int=102)
EDIT = EditRequest(paper=PAPER, offices=[OFFICE], actor="person:x", at=START)
PARTS = [
    Part(PAPER, SCAN_OF_FIRST, ((1, 0),)),
    Part(SECOND, SCAN_OF_SECOND, ((4, 90), (3, 0))),
]


@pytest.fixture
def ledger(engine: sa.Engine) -> SqlLedger:
    """A ledger with one paper of four pages."""
    made = ledger_on(engine)
    made.intake.receive(IncomingScan(scan=scan(1, content=b"a"), paper=PAPER, dossier="D1"))
    _count(made, signed=False)
    return made


def _count(ledger: SqlLedger, *, signed: bool) -> None:
    held = hold(ledger, PAPER)
    pages = tuple(Page(number, 595, 842) for number in range(1, 5))
    counted = replace(held.paper, pages=pages, arrived_signed=signed)
    outcome = Outcome(after=PaperState.RECEIVED, split=counted)
    assert ledger.queue.finish(held, outcome, now=START, actor="h:1:1")


def _item(ledger: SqlLedger, paper: UUID) -> WorkItem:
    item = ledger.papers.get(paper, offices=[OFFICE])
    assert item is not None
    return item


def test_each_part_is_a_paper_over_the_same_bytes(ledger: SqlLedger) -> None:
    ledger.splitting.split(EDIT, PARTS)
    first, second = _item(ledger, PAPER), _item(ledger, SECOND)
    assert [page.number for page in first.paper.pages] == [1]
    assert [(page.number, page.turn) for page in second.paper.pages] == [(4, 90), (3, 0)]
    assert first.paper.scan.blob == second.paper.scan.blob
    assert (second.paper.dossier, second.paper.ordinal) == ("D1", 2)
    assert second.state is PaperState.RECEIVED
    assert [line.code for line in ledger.papers.list_history(SECOND)] == ["pages-split"]
    assert ledger.papers.list_history(PAPER)[-1].reason == "1; 4/90 3"
    # Both are worked on.
    assert [hold(ledger, paper).paper.id for paper in (PAPER, SECOND)] == [PAPER, SECOND]


def test_the_same_bytes_sent_again_are_known(ledger: SqlLedger) -> None:
    ledger.splitting.split(EDIT, PARTS)
    again = ledger.intake.receive(
        IncomingScan(scan=scan(9, content=b"a"), paper=UUID(int=9), dossier="D1")
    )
    assert again.known_already
    assert again.paper == PAPER


def test_a_part_can_be_moved_and_withdrawn_by_itself(ledger: SqlLedger) -> None:
    ledger.splitting.split(EDIT, PARTS)
    other = replace(EDIT, paper=SECOND, reason="nhầm hồ sơ")
    ledger.edits.move_to_dossier(other, "D2")
    assert row_of(ledger, SECOND).dossier == "D2"
    assert row_of(ledger, PAPER).dossier == "D1"
    ledger.edits.withdraw(other)
    assert row_of(ledger, PAPER).state is PaperState.RECEIVED


@pytest.mark.parametrize(
    "pages",
    [
        [],
        [((1, 0),), ()],
        [((1, 0),), ((1, 0),)],
        [((1, 0), (5, 0))],
    ],
)
def test_parts_that_cannot_be_are_refused(
    ledger: SqlLedger, pages: list[tuple[tuple[int, int], ...]]
) -> None:
    parts = [Part(UUID(int=n + 1), UUID(int=n + 101), part) for n, part in enumerate(pages)]
    with pytest.raises(WrongUse) as refused:
        ledger.splitting.split(EDIT, parts)
    assert refused.value.code == "pages.not-parts"
    assert len(_item(ledger, PAPER).paper.pages) == 4


def test_a_scan_with_signatures_stays_whole(ledger: SqlLedger) -> None:
    _count(ledger, signed=True)
    with pytest.raises(WrongUse) as refused:
        ledger.splitting.split(EDIT, PARTS)
    assert refused.value.code == "pages.signed"


def test_another_office_splits_nothing(ledger: SqlLedger) -> None:
    with pytest.raises(WrongUse, match="no such paper"):
        ledger.splitting.split(replace(EDIT, offices=["H15.01.01.01"]), PARTS)


UNDO = {"paper": UUID(int=50), "scan": UUID(int=150)}


def _numbers(ledger: SqlLedger, paper: UUID) -> list[int]:
    return [page.number for page in _item(ledger, paper).paper.pages]


def test_a_split_is_taken_back_and_the_further_paper_ends(ledger: SqlLedger) -> None:
    ledger.splitting.split(EDIT, PARTS)
    assert row_of(ledger, PAPER).split_undoable
    ledger.splitting.undo(EDIT, **UNDO)
    assert _numbers(ledger, PAPER) == [1, 2, 3, 4]
    ended = row_of(ledger, SECOND)
    assert (ended.state, ended.code) == (PaperState.REJECTED, "pages-undone")
    assert not row_of(ledger, PAPER).split_undoable
    with pytest.raises(WrongUse) as refused:
        ledger.splitting.undo(EDIT, **UNDO)
    assert refused.value.code == "pages.nothing-to-undo"


def test_a_split_whose_part_was_split_or_moved_is_not_taken_back(ledger: SqlLedger) -> None:
    ledger.splitting.split(EDIT, PARTS)
    ledger.edits.move_to_dossier(replace(EDIT, paper=SECOND), "D2")
    with pytest.raises(WrongUse) as refused:
        ledger.splitting.undo(EDIT, **UNDO)
    assert refused.value.code == "pages.changed-meanwhile"
    assert _numbers(ledger, PAPER) == [1]


def test_parts_of_one_file_are_merged_and_parted_again(ledger: SqlLedger) -> None:
    ledger.splitting.split(EDIT, PARTS)
    ledger.splitting.merge(EDIT, SECOND, scan=None)
    assert _numbers(ledger, PAPER) == [1, 4, 3]
    ended = row_of(ledger, SECOND)
    assert (ended.state, ended.code) == (PaperState.REJECTED, "pages-merged")
    ledger.splitting.undo(EDIT, **UNDO)
    assert _numbers(ledger, PAPER) == [1]
    again = _item(ledger, UNDO["paper"])
    assert [(page.number, page.turn) for page in again.paper.pages] == [(4, 90), (3, 0)]
    assert again.paper.scan.blob == _item(ledger, PAPER).paper.scan.blob
    assert again.state is PaperState.RECEIVED


def test_papers_of_two_files_are_merged_over_a_scan_of_both(ledger: SqlLedger) -> None:
    other = IncomingScan(scan=scan(7, content=b"b"), paper=SECOND, dossier="D1")
    ledger.intake.receive(other)
    held = hold(ledger, SECOND)
    counted = replace(held.paper, pages=(Page(1, 595, 842),))
    outcome = Outcome(after=PaperState.RECEIVED, split=counted)
    assert ledger.queue.finish(held, outcome, now=START, actor="h:1:1")
    with pytest.raises(WrongUse) as refused:
        ledger.splitting.merge(EDIT, SECOND, scan=None)
    assert refused.value.code == "pages.not-beside"
    ledger.splitting.merge(EDIT, SECOND, scan=scan(8, content=b"ab"))
    merged = _item(ledger, PAPER)
    assert merged.paper.pages == ()
    assert merged.paper.scan.blob == scan(8, content=b"ab").blob
    # What was received stays until the paper is finished.
    assert {scan(n, content=c).blob.digest for n, c in ((1, b"a"), (7, b"b"))} <= (
        ledger.papers.list_blobs_in_use()
    )
    ledger.splitting.undo(EDIT, **UNDO)
    assert _item(ledger, PAPER).paper.scan.blob == scan(1, content=b"a").blob
    assert _item(ledger, UNDO["paper"]).paper.scan.blob == scan(7, content=b"b").blob


def test_one_page_is_replaced_and_the_old_scan_brought_back(ledger: SqlLedger) -> None:
    ledger.splitting.split(EDIT, PARTS)
    edit = replace(EDIT, paper=SECOND)
    new, page = scan(8, content=b"new"), scan(9, content=b"page")
    ledger.splitting.replace_page(edit, new, page, number=2)
    assert _item(ledger, SECOND).paper.scan.blob == new.blob
    read = ledger.papers.read(SECOND, offices=[OFFICE])
    assert read is not None
    assert page.blob.digest in {one.sha256 for one in read.scans}
    ledger.splitting.undo(edit, **UNDO)
    assert _numbers(ledger, SECOND) == [4, 3]
    assert _item(ledger, SECOND).paper.scan.blob == _item(ledger, PAPER).paper.scan.blob


def test_a_page_of_a_version_that_was_changed_is_not_replaced(ledger: SqlLedger) -> None:
    version = row_of(ledger, PAPER).version
    ledger.splitting.split(EDIT, PARTS)
    with pytest.raises(WrongUse) as refused:
        ledger.splitting.merge(EDIT, SECOND, scan=None, version=version)
    assert refused.value.code == "review.changed-meanwhile"
