"""How many papers are in which state, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from api.application import Application
from api.desk.caller import Caller
from api.desk.preservation import list_alarms
from api.desk.rebuild import rebuild_state, restoring_of
from archive.objects import Alarm
from dossier.states import PaperState
from workflow.ledger.rebuild_writer import RebuildState


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The papers of the caller's offices, and alarms of the whole store.

    Attributes:
        office: the caller's.
        offices: whose papers are counted, in every field but ``alarms``.
        trial: the data is for trying out.
        papers: by state.
        archived: records in the catalogue.
        waiting: unfinished papers by the code why they wait.
        to_do: papers that a step is to be run for, by state.
        time_left: for these, at the pace of the last minutes; None where unknown.
        alarms: of the archive as a whole.
        reused: papers not archived again, since they were in the store.
        rebuild: needed or under way; None where the catalogue is complete.
    """

    office: str
    offices: tuple[str, ...]
    trial: bool
    papers: Mapping[PaperState, int]
    archived: int
    waiting: Mapping[str, int]
    to_do: Mapping[PaperState, int]
    time_left: timedelta | None
    alarms: tuple[Alarm, ...]
    reused: int
    rebuild: RebuildState | None


def get_status(application: Application, caller: Caller) -> StatusView:
    """Count the papers in the caller's sight."""
    state = rebuild_state(application)
    report = application.backlog(offices=caller.offices).report(now=application.clock.now())
    return StatusView(
        office=caller.office,
        offices=caller.offices,
        trial=application.trial,
        papers=dict(report.states),
        archived=application.catalogue.count(offices=caller.offices),
        waiting=dict(report.codes),
        to_do=dict(report.waiting),
        time_left=report.time_left(),
        alarms=(*list_alarms(application), *_counts_differ(application, state)),
        reused=application.ledger.duplicates.count_reused(offices=caller.offices),
        rebuild=state,
    )


def _counts_differ(application: Application, state: RebuildState | None) -> tuple[Alarm, ...]:
    """An alarm where ledger and catalogue differ although no rebuild is under way."""
    archived, records = restoring_of(application).counts()
    if state is not None or archived == records:
        return ()
    message = (
        f"the ledger has {archived} archived papers and the catalogue {records} records; "
        "run: sohoa rebuild"
    )
    return (Alarm(key="", code="catalogue.count-differs", message=message),)
