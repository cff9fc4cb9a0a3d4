"""Rebuilding catalogue and ledger from the store alone; resumable, and visible until it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from api.application import Application
from api.desk.dossier_records import note
from archive import dossier_record, ocfl, read, register
from archive.catalogue.object_versions import ExpectedObject, ObjectVersions
from archive.objects import Alarm, alarm_of
from archive.rebuild import RecordReader
from dossier.errors import IntegrityViolation, Misconfigured, TransientFault
from workflow.ledger.rebuild_writer import RebuildState, Restoring

_MOST_NAMED = 1000
_UNFINISHED = "object.unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The result of a rebuild.

    Attributes:
        records: in the catalogue now.
        alarms: damaged, missing and ambiguous objects; the others are in the catalogue.
    """

    records: int
    alarms: tuple[Alarm, ...]


def rebuild(application: Application, *, progress: Callable[[int, int], None]) -> Rebuilt:
    """Rebuild the catalogue, and the ledger's archived papers, from the store.

    The catalogue is emptied before the store is listed, so that a paper archived meanwhile is
    found by the listing or added by its own step, and is never lost. A rebuild that was killed is
    resumed by the next call: what it wrote is kept. Until the end ``state`` says how far it is.

    Args:
        application: of the store's own database.
        progress: called with objects done and in all, after each batch.

    Raises:
        TransientFault, Misconfigured: the store or the database did not answer; run it again.
    """
    restoring = restoring_of(application)
    state = _begin(application, restoring)
    office = application.settings.office
    reader = RecordReader(application.store)

    def done(objects: int) -> None:
        restoring.save_state(office, replace(state, done=objects, total=reader.total))
        progress(objects, reader.total)

    for batch in reader.batches(known=application.catalogue.known, done=done):
        restoring.restore_all([record.archived for record in batch])
        application.catalogue.add_all([record.entry for record in batch])
    _restore_registers(application, reader)
    _restore_dossiers(application, reader)
    alarms = (
        *without_deposits_under_way(restoring, reader.alarms),
        *_missing(restoring, reader.alarms),
        *_same_ordinal(restoring),
    )
    restoring.end()
    application.catalogue.follow(progress)
    return Rebuilt(records=application.catalogue.count(), alarms=alarms)


def rebuild_state(application: Application) -> RebuildState | None:
    """The rebuild that is needed or has not ended; None where the catalogue is complete."""
    return restoring_of(application).state()


def check_complete(application: Application) -> None:
    """See that catalogue and ledger are complete.

    Raises:
        Misconfigured: ``ledger.rebuild-first``: a rebuild is needed before papers are taken in.
        TransientFault: ``catalogue.incomplete``: a rebuild is under way, or was interrupted.
    """
    state = rebuild_state(application)
    if state is None:
        return
    if not state.since:
        raise Misconfigured(
            "ledger.rebuild-first",
            "the store holds records that this database does not know; run: sohoa rebuild",
        )
    raise TransientFault(
        "catalogue.incomplete",
        f"the catalogue is being rebuilt, {state.done} of {state.total or 'unknown'} objects are "
        f"done since {state.since}; answers are incomplete; where the rebuild was killed, run: "
        "sohoa rebuild",
    )


def restoring_of(application: Application) -> Restoring:
    """The ledger's side of a rebuild."""
    return Restoring(application.ledger.connections, cipher=application.cipher)


def _begin(application: Application, restoring: Restoring) -> RebuildState:
    """Resume an interrupted rebuild, or begin a new one with an empty catalogue."""
    state = restoring.state()
    if state is not None and state.since and application.catalogue.is_readable():
        return state
    begun = RebuildState(
        since=application.clock.now().isoformat(timespec="seconds"),
        papers_missing=state is not None and state.papers_missing,
    )
    # Visible before the first row is gone.
    restoring.save_state(application.settings.office, begun)
    application.catalogue.clear()
    return begun


def _restore_registers(application: Application, reader: RecordReader) -> None:
    """Write down the registers of the store, and which object versions they list."""
    connections = application.ledger.connections
    versions = ObjectVersions(connections.reading, connections.writing)
    for key in sorted(reader.registers):
        try:
            stored = read.load(application.store, key)
            day = ocfl.day_of_register(stored.inventory.id)
            if day is None:
                continue
            listed = register.load(application.store, day).objects
            (version,) = read.versions_of(application.store, stored)
            locked_until = read.locked_until(application.store, stored)
        except IntegrityViolation as fault:
            reader.alarms.append(alarm_of(key, fault))
            continue
        versions.add(
            ExpectedObject(
                object_id=stored.inventory.id,
                key=key,
                office="",
                dossier="",
                version=version.number,
                digest=version.digest,
                created_at=version.created_at,
                locked_until=locked_until,
            )
        )
        versions.set_listed([(one[0], one[1]) for one in listed], day=day.isoformat())


def _restore_dossiers(application: Application, reader: RecordReader) -> None:
    """Write down the dossiers of the store: closed or open, term, expected papers."""
    for key in sorted(reader.dossiers):
        try:
            stored = dossier_record.load(application.store, key)
        except IntegrityViolation as fault:
            reader.alarms.append(alarm_of(key, fault))
            continue
        application.ledger.dossier_records.restore(stored.record)
        note(application, stored)


def without_deposits_under_way(restoring: Restoring, alarms: list[Alarm]) -> list[Alarm]:
    """The alarms without objects whose paper is SIGNED: its own step completes them."""
    unfinished = {a.key: a.key.rpartition("%3a")[2] for a in alarms if a.code == _UNFINISHED}
    papers = {key: name for key, name in unfinished.items() if ocfl.is_paper(f"urn:uuid:{name}")}
    waiting = restoring.signed(papers.values()) if papers else set()
    return [alarm for alarm in alarms if papers.get(alarm.key) not in waiting]


def _missing(restoring: Restoring, named: list[Alarm]) -> list[Alarm]:
    """An alarm for each archived paper of the ledger whose object is not in the store."""
    known = {alarm.key for alarm in named}
    return [
        Alarm(
            key=key,
            code="object.missing",
            message=f"the ledger knows the object {key} as archived and the store does not hold "
            "it; bring back the store's backup",
        )
        for key in restoring.without_record(limit=_MOST_NAMED)
        if key not in known
    ]


def _same_ordinal(restoring: Restoring) -> list[Alarm]:
    return [
        Alarm(
            key=keys[0],
            code="record.same-ordinal",
            message=f"the objects {' and '.join(keys)} are both number {ordinal} of dossier "
            f"{dossier}; both are kept and found: have the archivist renumber one of them",
        )
        for dossier, ordinal, keys in restoring.same_ordinal()
    ]
