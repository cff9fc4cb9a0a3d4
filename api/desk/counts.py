"""How many papers wait at each desk."""

from __future__ import annotations

from api.application import Application
from api.desk.caller import Caller, Right
from dossier.states import PaperState


def waiting_for_review(application: Application, caller: Caller) -> int:
    """Papers in review in the caller's offices.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.REVIEW)
    return _count(application, caller, PaperState.REVIEW)


def waiting_for_signature(application: Application, caller: Caller) -> int:
    """Papers in the caller's offices whose signature nobody has requested yet.

    Raises:
        WrongUse: ``right.missing``.
    """
    caller.require(Right.SIGN)
    return _count(application, caller, PaperState.DESCRIBED)


def _count(application: Application, caller: Caller, state: PaperState) -> int:
    return application.backlog(offices=caller.offices).count(state)
