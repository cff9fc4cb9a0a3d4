"""What signers have seen, and their batches, on every database."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from unit.workflow.fakes import OFFICE, SEALING, START, ledger_on, scan

from workflow.ledger.people import NewUser, People
from workflow.ledger.signing_views import SigningViews
from workflow.ledger.types import IncomingScan

LAN, BINH = UUID(int=1), UUID(int=2)
PAPER, OTHER = UUID(int=21), UUID(int=22)
BATCH, OTHER_BATCH = UUID(int=31), UUID(int=32)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def views(engine: sa.Engine) -> SigningViews:
    """Two signers and two papers."""
    made = ledger_on(engine)
    for number, paper in enumerate((PAPER, OTHER)):
        content = b"%d" % number
        made.intake.receive(
            IncomingScan(scan=scan(number + 1, content=content), paper=paper, dossier="D1")
        )
    for user, login in ((LAN, "lan"), (BINH, "binh")):
        People(made.connections, cipher=SEALING).add_user(
            NewUser(id=user, office=OFFICE, login=login, name="x", created_at=START, created_by="x")
        )
    return made.signing_views


def _see(views: SigningViews, page: int, *, version: int = 1, paper: UUID = PAPER) -> None:
    views.save_page(user=LAN, paper=paper, office=OFFICE, version=version, page=page, at=START)


def test_pages_add_up_for_one_version_of_a_paper_and_one_person(views: SigningViews) -> None:
    _see(views, 1)
    _see(views, 2)
    _see(views, 2)
    assert views.list_open(LAN, [PAPER, OTHER])[PAPER].pages == {1, 2}
    assert views.list_open(BINH, [PAPER]) == {}
    _see(views, 3, version=2)
    seen = views.list_open(LAN, [PAPER])[PAPER]
    assert (seen.version, seen.pages) == (2, frozenset({3}))


def test_a_paper_set_aside_is_unseen_until_it_is_looked_at_again(views: SigningViews) -> None:
    _see(views, 1)
    views.set_aside(user=LAN, paper=PAPER, office=OFFICE, version=1, at=START)
    seen = views.list_open(LAN, [PAPER])[PAPER]
    assert (seen.set_aside, seen.pages) == (True, frozenset())
    _see(views, 1)
    assert not views.list_open(LAN, [PAPER])[PAPER].set_aside


def test_a_batch_holds_the_versions_that_were_seen_and_each_paper_once(views: SigningViews) -> None:
    _see(views, 1)
    _see(views, 1, paper=OTHER)
    assert views.last_batch(LAN) is None
    held = views.start_batch(BATCH, user=LAN, versions={PAPER: 1, OTHER: 2}, at=START)
    assert held == [PAPER]
    assert views.start_batch(OTHER_BATCH, user=LAN, versions={PAPER: 1}, at=START + MINUTE) == []
    views.save_problem(user=LAN, paper=PAPER, problem="sign.changed-meanwhile")
    (line,) = views.list_batch(BATCH, user=LAN)
    assert (line.paper, line.version, line.problem) == (PAPER, 1, "sign.changed-meanwhile")
    assert views.list_batch(BATCH, user=BINH) == []
    assert views.last_batch(LAN) == BATCH
    # Looked at again after it was refused, it may enter the next batch.
    _see(views, 1, version=2)
    assert views.list_open(LAN, [PAPER])[PAPER].problem == ""
