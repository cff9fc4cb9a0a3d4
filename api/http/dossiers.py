"""Dossiers: which papers are expected, which are there, and closing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.http.answers import PaperRow, example
from api.http.callers import Caller, Intaking, Reading
from api.http.openapi import PAPER_PROBLEMS
from api.http.papers import row_of
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.states import PaperState
from workflow.ledger.dossiers import Dossiers

router = APIRouter(prefix="/v1/dossiers", tags=["dossiers"])

_MOST_PAPERS = 1000
_GONE = frozenset({PaperState.REJECTED, PaperState.DISPOSED})
_DONE = _GONE | {PaperState.ARCHIVED}
_PAPER = "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11"


class Expected(BaseModel):
    """Which papers a dossier is to have; a kind that is asked for twice stands twice."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"expected": ["birth-declaration", "citizen-card"]}]},
    )

    expected: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=100)]


class ExpectedPaper(BaseModel):
    """A paper that is expected, and which one it is once it came."""

    model_config = example(
        kind="birth-declaration", kind_title="Tờ khai đăng ký khai sinh", paper=_PAPER
    )

    kind: str
    kind_title: str
    paper: UUID | None


class Dossier(BaseModel):
    """A dossier as the intake desk sees it."""

    model_config = example(
        dossier="H15.50.05.13-261008-0975",
        office="H15.50.05.13",
        closed_at=None,
        expected=[
            {
                "kind": "birth-declaration",
                "kind_title": "Tờ khai đăng ký khai sinh",
                "paper": _PAPER,
            },
            {"kind": "citizen-card", "kind_title": "Thẻ căn cước", "paper": None},
        ],
        missing=1,
        unfinished=1,
        papers=[],
    )

    dossier: str
    office: str
    closed_at: datetime | None = Field(description="since when it takes no more papers")
    expected: list[ExpectedPaper]
    missing: int = Field(description="expected papers that are not there")
    unfinished: int = Field(description="papers that are neither archived nor rejected")
    papers: list[PaperRow]


@router.get("/{dossier}", responses=PAPER_PROBLEMS)
def show_dossier(caller: Reading, dossier: str) -> Dossier:
    """Expected papers, papers there, and whether it is closed."""
    return _shown(caller, dossier_code(dossier))


@router.put("/{dossier}", responses=PAPER_PROBLEMS)
def expect_papers(caller: Intaking, dossier: str, expected: Expected) -> Dossier:
    """Say which papers are expected; ids of kinds, see GET /v1/kinds."""
    code = dossier_code(dossier)
    kinds = caller.application.stages.forms.by_id
    if not set(expected.expected) <= set(kinds):
        raise WrongUse("dossier.unknown-kind", "expected papers are kinds that GET /v1/kinds lists")
    own = caller.application.settings.office
    known = _dossiers(caller).get(code, office=own, offices=caller.application.offices)
    _dossiers(caller).set_expected(
        code,
        # Of an office below, where it is: another one of the same code would hide it.
        office=own if known is None else known.office,
        kinds=expected.expected,
        now=caller.application.clock.now(),
    )
    return _shown(caller, code)


@router.post("/{dossier}/close", responses=PAPER_PROBLEMS)
def close_dossier(caller: Intaking, dossier: str) -> Dossier:
    """Close a dossier: it takes no more papers. Those that are there go on to their end."""
    code = dossier_code(dossier)
    known = _shown(caller, code)
    _dossiers(caller).close(
        code, office=known.office, actor=caller.actor, now=caller.application.clock.now()
    )
    return _shown(caller, code)


def _dossiers(caller: Caller) -> Dossiers:
    return Dossiers(caller.application.ledger.connections)


def _shown(caller: Caller, code: str) -> Dossier:
    application = caller.application
    dossier = _dossiers(caller).get(
        code, office=application.settings.office, offices=application.offices
    )
    if dossier is None:
        raise WrongUse(
            "dossier.unknown", "there is no such dossier; the first paper sent to it makes it"
        )
    papers = caller.service.listing.list_papers(
        offices=[dossier.office], dossier=code, limit=_MOST_PAPERS
    )
    free = [p for p in papers if p.state not in _GONE]
    expected: list[ExpectedPaper] = []
    for kind in dossier.expected:
        found = next((p for p in free if p.kind == kind), None)
        if found is not None:
            free.remove(found)
        expected.append(
            ExpectedPaper(
                kind=kind,
                kind_title=application.stages.forms.name_of(kind),
                paper=found.paper if found else None,
            )
        )
    return Dossier(
        dossier=code,
        office=dossier.office,
        closed_at=dossier.closed_at,
        expected=expected,
        missing=sum(one.paper is None for one in expected),
        unfinished=sum(p.state not in _DONE for p in papers),
        papers=[row_of(caller, standing) for standing in sorted(papers, key=lambda p: p.ordinal)],
    )
