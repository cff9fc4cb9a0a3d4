"""The objects of dossiers: written when one is closed, and again when it changes."""

from __future__ import annotations

from datetime import timedelta

from api.application import Application
from archive import dossier_record, ocfl
from archive.catalogue.object_versions import ExpectedObject, ObjectVersions
from archive.dossier_record import DossierRecord, StoredDossier
from archive.objects import Alarm, alarm_of
from archive.retention import BUILT_IN, load_terms
from dossier.errors import IntegrityViolation, TransientFault
from workflow.ledger.dossier_records import DossierState

_PAGE = 200


def write_dossier(
    application: Application, office: str, code: str, *, actor: str
) -> StoredDossier | None:
    """Write the object of a dossier as the ledger has it now; the same state adds nothing.

    Returns:
        The object; None where there is nothing to describe: it was never closed, or none of its
        papers is archived.

    Raises:
        IntegrityViolation: the object is damaged, or another process writes it.
        TransientFault: store or database did not answer.
    """
    state = application.ledger.dossier_records.state(office, code)
    if state is None or not state.revision:
        return None
    record = _record(application, state, actor)
    stored = None
    if record is not None:
        stored = dossier_record.write(
            application.store,
            record,
            kept_until=application.clock.now()
            + timedelta(days=application.settings.first_lock_days),
            scratch=application.settings.scratch_folder
            if application.settings.scratch_folder.is_dir()
            else None,
        )
        note(application, stored)
    years = application.settings.keep_years if record is None else record.keep_years
    application.ledger.dossier_records.set_written(
        office, code, revision=state.revision, keep_years=years
    )
    return stored


def write_now(application: Application, office: str, code: str, *, actor: str) -> None:
    """``write_dossier`` where it can be written now; else the periodic job writes it.

    What was decided about the dossier is in the ledger already and does not fail with the store.
    """
    try:
        write_dossier(application, office, code, actor=actor)
    except (TransientFault, IntegrityViolation):
        return


def write_due(application: Application) -> list[Alarm]:
    """Write the objects of all dossiers that changed; an alarm for each damaged one.

    Raises:
        TransientFault, Misconfigured: store or database did not answer.
    """
    alarms: list[Alarm] = []
    failed: set[tuple[str, str]] = set()
    while due := [
        one
        for one in application.ledger.dossier_records.list_unwritten(limit=_PAGE + len(failed))
        if one not in failed
    ]:
        for office, code in due:
            try:
                write_dossier(application, office, code, actor="beat")
            except IntegrityViolation as fault:
                failed.add((office, code))
                alarms.append(alarm_of(dossier_record.key_of(office, code), fault))
    return alarms


def stored_dossier(application: Application, office: str, code: str) -> StoredDossier | None:
    """The object of a dossier; None where it has none, as while it was never closed.

    Raises:
        IntegrityViolation: it is damaged or missing.
    """
    expected = _versions(application).newest(ocfl.dossier_id(office, code))
    return None if expected is None else dossier_record.load(application.store, expected.key)


def note(application: Application, stored: StoredDossier) -> None:
    """Write down which versions of a dossier's object the store must hold."""
    newest = stored.versions[-1]
    expected = ExpectedObject(
        object_id=stored.object_id,
        key=stored.key,
        office=stored.record.office,
        dossier=stored.record.code,
        version=newest.number,
        digest=newest.digest,
        created_at=newest.created_at,
        locked_until=stored.locked_until,
    )
    _versions(application).add(expected, stored.versions)


def _record(application: Application, state: DossierState, actor: str) -> DossierRecord | None:
    if state.first is None or state.last is None:
        return None
    kinds = (paper.kind for paper in state.papers)
    terms = load_terms(application.settings.terms or BUILT_IN)
    term = terms.of(kinds, default_years=application.settings.keep_years)
    return DossierRecord(
        office=state.office,
        code=state.code,
        procedure=term.procedure,
        owner=state.owner,
        keep_years=term.years,
        closed_at=state.closed_at,
        closed_by=state.closed_by,
        expected=state.expected,
        first=state.first,
        last=state.last,
        born_digital=state.born_digital,
        papers=state.papers,
        reopened=state.reopened,
        at=application.clock.now(),
        actor=actor,
    )


def _versions(application: Application) -> ObjectVersions:
    connections = application.ledger.connections
    return ObjectVersions(connections.reading, connections.writing)
