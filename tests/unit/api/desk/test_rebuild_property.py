"""After the loss of the database everything that was archived is as it was, whatever it was."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from unit.api.office import Office, archive, new_office
from unit.archive import made

from api.application import Application
from api.cli.shared import operator_of
from api.desk import dossiers
from api.desk import rebuild as desk_rebuild
from api.desk.correct_record import correct_record
from api.desk.dossier_records import stored_dossier, write_due
from dossier.finding import TextQuery

_DOSSIERS = ("H15-1", "H15-2")
_NUMBERS = (made.MOTHER, made.FATHER, "001188067890", "012345678")
_WORDS = ("tran thi hoa", "người làm chứng", "Bến Nghé")


@dataclass(frozen=True)
class Story:
    """What happens to a store before and while its database is made again.

    Attributes:
        papers: the dossier of each, in the order of archiving.
        corrected: indexes of papers whose record is corrected.
        closed: dossiers that are closed; one may be reopened.
        arrivals: how many papers are archived while the rebuild runs.
    """

    papers: tuple[str, ...]
    corrected: frozenset[int]
    closed: tuple[str, ...]
    reopened: bool
    arrivals: int


STORIES = st.builds(
    Story,
    papers=st.lists(st.sampled_from(_DOSSIERS), min_size=1, max_size=5).map(tuple),
    corrected=st.frozensets(st.integers(0, 4), max_size=2),
    closed=st.lists(st.sampled_from(_DOSSIERS), unique=True).map(tuple),
    reopened=st.booleans(),
    arrivals=st.integers(0, 2),
)


def _archive(application: Application, number: int, dossier: str) -> None:
    at = made.NOON + timedelta(minutes=number)
    archive(application, number, ordinal=number, dossier=dossier, at=at)


def _play(application: Application, story: Story) -> None:
    caller = operator_of(application)
    for number, dossier in enumerate(story.papers, 1):
        _archive(application, number, dossier)
    for index in sorted(story.corrected):
        if index < len(story.papers):
            change = {"mother.citizen_id": "001188067890"}
            paper = made.paper_id(index + 1)
            correct_record(application, caller, paper, change, reason="gõ nhầm số")
    for code in story.closed:
        if code in story.papers:
            dossiers.close_dossier(application, caller, code, anyway=True)
            if story.reopened:
                dossiers.reopen_dossier(application, caller, code)


def _seen(application: Application, papers: Sequence[int]) -> dict[str, Any]:
    """Records, people, roles, terms, history, dossiers and answers to look-ups."""
    ids = [made.paper_id(number) for number in papers]
    offices = [made.OFFICE]
    catalogue, ledger = application.catalogue, application.ledger

    def answers(found: Sequence[Any]) -> list[Any]:
        # A paper that arrives meanwhile is placed among the others until the next rebuild.
        return sorted((one for one in found if one.paper in ids), key=lambda f: (f.paper, f.role))

    def moves(paper: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401 - an ID
        found = ledger.papers.list_history(paper)
        return [(m.at, m.before, m.after, m.code, m.reason, m.actor) for m in found]

    def dossier(code: str) -> Any:  # noqa: ANN401 - two views
        stored = stored_dossier(application, made.OFFICE, code)
        return (ledger.dossiers.list_by_code(code, offices=offices), stored and stored.record)

    return {
        "records": [catalogue.get(paper, offices=offices) for paper in ids],
        "history": [moves(paper) for paper in ids],
        "people": [
            answers(catalogue.by_citizen_id(number, offices=offices, limit=99))
            for number in _NUMBERS
        ],
        "text": [
            answers(catalogue.search(TextQuery(words=text, offices=(made.OFFICE,), limit=99)).rows)
            for text in _WORDS
        ],
        "dossiers": [dossier(code) for code in _DOSSIERS],
    }


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(story=STORIES)
@example(story=Story(("H15-1", "H15-1"), frozenset({0}), ("H15-1",), reopened=True, arrivals=2))
def test_everything_comes_back(monkeypatch: pytest.MonkeyPatch, story: Story) -> None:
    with tempfile.TemporaryDirectory() as folder, monkeypatch.context() as patch:
        patch.setattr("archive.rebuild._BATCH", 2)
        office = new_office(Path(folder) / "var", patch)
        known = list(range(1, len(story.papers) + 1))
        with office.application() as application:
            _play(application, story)
            before = _seen(application, known)
        office.lose_database()
        office.init()
        arriving = list(range(100, 100 + story.arrivals))
        with office.application() as application:

            def progress(done: int, total: int) -> None:
                del done, total
                if arriving:
                    _archive(application, arriving.pop(), "H15-3")

            outcome = desk_rebuild.rebuild(application, progress=progress)
            while arriving:
                progress(0, 0)
            assert outcome.alarms == ()
            assert _seen(application, known) == before
            assert write_due(application) == []
            assert _seen(application, known) == before
            everything = len(story.papers) + story.arrivals
            assert application.catalogue.count() == everything
        assert _no_alarms(office)


def _no_alarms(office: Office) -> bool:
    return office.run("fixity", "--all").code == 0 and office.run("status").code == 0
