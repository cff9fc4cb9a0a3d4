"""Dossiers: the papers expected and received, and closing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from api.application import Application
from api.desk.caller import Caller, Right
from api.desk.dossier_records import write_now
from api.desk.views import DossierView, ExpectedPaper, list_view
from dossier.codes import dossier_code
from dossier.errors import WrongUse
from dossier.states import PaperState
from workflow.ledger.dossiers import Dossier

_MAX_PAPERS = 1000
_GONE = frozenset({PaperState.REJECTED, PaperState.DISPOSED})


def get_dossier(
    application: Application, caller: Caller, code: str, *, office: str | None = None
) -> DossierView:
    """A dossier with its papers.

    Args:
        application: holds it.
        caller: reads it; without the right ``read`` its papers are left out.
        code: the dossier code.
        office: whose dossier, where several offices have one of this code; by default the
            caller's own, else the first below it.

    Raises:
        WrongUse: ``dossier.bad-code``, ``dossier.unknown``.
    """
    caller.require(Right.READ, Right.INTAKE)
    return _view(application, caller, dossier_code(code), office)


def expect_papers(
    application: Application,
    caller: Caller,
    code: str,
    kinds: Sequence[str],
    *,
    office: str | None = None,
) -> DossierView:
    """Set which kinds of paper a dossier expects; a kind needed twice is given twice.

    Raises:
        WrongUse: ``dossier.unknown-kind``; as ``get_dossier``.
    """
    caller.require(Right.INTAKE)
    code = dossier_code(code)
    if not set(kinds) <= set(application.forms.by_id):
        raise WrongUse("dossier.unknown-kind", "expected papers are kinds that GET /v1/kinds lists")
    known = _known(application, caller, code, office)
    owner = known[0].office if known else _own(caller, office)
    application.ledger.dossiers.set_expected(
        code, office=owner, kinds=kinds, now=application.clock.now()
    )
    return _view(application, caller, code, owner)


def close_dossier(
    application: Application,
    caller: Caller,
    code: str,
    *,
    office: str | None = None,
    anyway: bool = False,
) -> DossierView:
    """Close a dossier: it takes no more papers; those it has are processed to the end.

    Args:
        application: holds it.
        caller: closes it.
        code: the dossier code.
        office: as for ``get_dossier``.
        anyway: also with papers that are missing or not archived yet.

    Raises:
        WrongUse: ``dossier.unfinished``; as ``get_dossier``.
    """
    caller.require(Right.INTAKE)
    code = dossier_code(code)
    # Counted for the answer also where the caller may not see the papers themselves.
    whole = replace(caller, rights=caller.rights | {Right.READ})
    view = _view(application, whole, code, office)
    if not anyway and view.closed_at is None and (view.unfinished or view.missing):
        raise WrongUse(
            "dossier.unfinished",
            f"{view.unfinished} papers of the dossier are not archived and {view.missing} expected "
            "ones are missing; confirm that it is closed anyway",
        )
    owner = view.office
    application.ledger.dossiers.close(
        code, office=owner, actor=caller.author, now=application.clock.now()
    )
    write_now(application, owner, code, actor=caller.author)
    return _view(application, caller, code, owner)


def reopen_dossier(
    application: Application, caller: Caller, code: str, *, office: str | None = None
) -> DossierView:
    """Let a closed dossier take papers again; the history of its papers names the caller.

    Raises:
        WrongUse: as ``get_dossier``.
    """
    caller.require(Right.INTAKE)
    code = dossier_code(code)
    owner = _view(application, caller, code, office).office
    application.ledger.dossiers.reopen(
        code, office=owner, actor=caller.author, now=application.clock.now()
    )
    write_now(application, owner, code, actor=caller.author)
    return _view(application, caller, code, owner)


def _known(
    application: Application, caller: Caller, code: str, office: str | None
) -> list[Dossier]:
    """The dossiers of this code in the caller's sight, the requested or own office's first."""
    first = _own(caller, office)
    found = application.ledger.dossiers.list_by_code(code, offices=caller.offices)
    known = sorted(found, key=lambda one: (one.office != first, one.office))
    return known if office is None or (known and known[0].office == first) else []


def _own(caller: Caller, office: str | None) -> str:
    """The office that is meant.

    Raises:
        WrongUse: ``office.unknown``: not in the caller's sight.
    """
    if office is None:
        return caller.office
    if office not in caller.offices:
        raise WrongUse("office.unknown", "there is no such office here")
    return office


def _view(application: Application, caller: Caller, code: str, office: str | None) -> DossierView:
    known = _known(application, caller, code, office)
    if not known:
        raise WrongUse(
            "dossier.unknown", "there is no such dossier; the first paper submitted to it makes it"
        )
    dossier = known[0]
    view = DossierView(
        code=code,
        office=dossier.office,
        offices=tuple(sorted(one.office for one in known)),
        closed_at=dossier.closed_at,
        expected=tuple(ExpectedPaper(kind=kind, paper=None) for kind in dossier.expected),
        papers=None,
    )
    if not caller.may(Right.READ):
        return view
    papers = application.ledger.papers.list_papers(
        offices=[dossier.office], dossier=code, limit=_MAX_PAPERS
    )
    papers.sort(key=lambda paper: paper.ordinal)
    free = [paper for paper in papers if paper.state not in _GONE]
    expected = []
    for kind in dossier.expected:
        found = next((paper for paper in free if paper.kind == kind), None)
        if found is not None:
            free.remove(found)
        expected.append(ExpectedPaper(kind=kind, paper=found.paper if found else None))
    return DossierView(
        code=view.code,
        office=view.office,
        offices=view.offices,
        closed_at=view.closed_at,
        expected=tuple(expected),
        papers=tuple(list_view(caller, paper) for paper in papers),
    )
