"""Keeping what was archived: fixity, locks, and the registers of what must be there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from api.application import Application
from api.desk.dossier_records import write_due
from api.desk.levels import preserve_due
from api.desk.rebuild import rebuild_state, restoring_of, without_deposits_under_way
from archive import fixity, ocfl, read, register
from archive.catalogue.object_versions import ExpectedObject, ObjectVersions
from archive.objects import Alarm, alarm_of
from dossier.errors import IntegrityViolation, WrongUse

_PAGE = 1000
_MOST_ALARMS = 200
_HORIZON_YEARS = 10  # of a permanent lock, which rolls
_PAUSE = timedelta(minutes=50)  # the job runs every hour, in several processes
_YEAR = timedelta(days=365.25)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixityResult:
    """The result of a fixity check.

    Attributes:
        checked: objects read back.
        alarms: what is wrong, by key.
    """

    checked: int
    alarms: tuple[Alarm, ...]


def check_all(application: Application, *, progress: Callable[[int, int], None]) -> FixityResult:
    """Read the whole store back and compare it with registers, ledger and locks.

    The alarms replace those of earlier checks, so that ``sohoa status`` shows them until a check
    of everything no longer finds them.

    Raises:
        TransientFault, Misconfigured: store or database did not answer.
    """
    now = application.clock.now()
    versions = versions_of(application)
    total = versions.count()
    result = fixity.survey(
        application.store, now=now, progress=lambda done: progress(done, max(total, done))
    )
    alarms = without_deposits_under_way(restoring_of(application), result.alarms)
    named = {alarm.key for alarm in alarms}
    for alarm in (
        *register.check(application.store, result.versions),
        *_missing(versions, result.versions),
    ):
        if alarm.key not in named:
            named.add(alarm.key)
            alarms.append(alarm)
    versions.replace_alarms(alarms, at=now)
    for start in range(0, len(result.keys), _PAGE):
        versions.set_checked(result.keys[start : start + _PAGE], at=now)
    return FixityResult(checked=len(result.keys), alarms=tuple(alarms))


def check_sample(
    application: Application, number: int, *, progress: Callable[[int, int], None]
) -> FixityResult:
    """Read back the objects that were not checked for longest.

    Args:
        application: over the store and its database.
        number: how many.
        progress: called with objects done and in all.

    Raises:
        TransientFault, Misconfigured: store or database did not answer.
    """
    now = application.clock.now()
    versions = versions_of(application)
    alarms: list[Alarm] = []
    sample = versions.sample(number)
    for done, expected in enumerate(sample, 1):
        try:
            _check_expected(application, expected, now)
        except (IntegrityViolation, WrongUse) as fault:
            alarms.append(alarm_of(expected.key, fault))
        progress(done, len(sample))
    versions.add_alarms(alarms, at=now)
    versions.set_checked([expected.key for expected in sample], at=now)
    return FixityResult(checked=len(sample), alarms=tuple(alarms))


def _check_expected(application: Application, expected: ExpectedObject, now: datetime) -> None:
    stored = fixity.check(application.store, expected.key, now=now)
    there = read.versions_of(application.store, stored)
    if len(there) < expected.version or there[expected.version - 1].digest != expected.digest:
        raise IntegrityViolation(
            "object.replaced",
            f"the object {expected.key} is not the one that was archived; bring back the store's "
            "backup",
        )


def _missing(versions: ObjectVersions, there: dict[str, tuple[str, ...]]) -> list[Alarm]:
    """An alarm for each object that the database knows and the store does not hold as it was."""
    alarms: list[Alarm] = []
    after = ""
    while page := versions.list_expected(after=after, limit=_PAGE):
        after = page[-1].key
        for expected in page:
            found = there.get(expected.object_id, ())
            if len(found) < expected.version:
                code, what = "object.missing", "is not in the store"
            elif found[expected.version - 1] != expected.digest:
                code, what = "object.replaced", "is another one in the store"
            else:
                continue
            alarms.append(
                Alarm(
                    key=expected.key,
                    code=code,
                    message=f"version {expected.version} of the object {expected.object_id} "
                    f"{what}; bring back the store's backup",
                )
            )
    return alarms


# -- registers -------------------------------------------------------------------------------


def write_register(application: Application) -> date | None:
    """List the object versions of all past days that no register lists yet; the day, if any."""
    now = application.clock.now()
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    day = (today - timedelta(days=1)).date()
    versions = versions_of(application)
    last = versions.last_register()
    unlisted = versions.unlisted_before(today)
    if not unlisted or (last is not None and last.object_id >= ocfl.register_id(day)):
        return None
    previous, total = ("", ""), 0
    if last is not None:
        previous = (last.object_id, last.digest)
        known = ocfl.day_of_register(last.object_id)
        total = 0 if known is None else register.load(application.store, known).total
    kept_until = now + _YEAR * _HORIZON_YEARS
    written = register.write(
        application.store,
        register.Register(
            day=day,
            previous=previous,
            total=total + len(unlisted),
            objects=tuple((object_id, number, digest) for object_id, number, digest, _ in unlisted),
        ),
        office=application.settings.office,
        kept_until=kept_until,
        scratch=application.settings.scratch_folder
        if application.settings.scratch_folder.is_dir()
        else None,
    )
    identifier = ocfl.register_id(day)
    versions.add(
        ExpectedObject(
            object_id=identifier,
            key=ocfl.object_key(identifier),
            office="",
            dossier="",
            version=written.number,
            digest=written.digest,
            created_at=written.created_at,
            locked_until=kept_until,
        )
    )
    versions.set_listed([(one[0], one[1]) for one in unlisted], day=day.isoformat())
    return day


# -- locks -----------------------------------------------------------------------------------


def extend_locks(application: Application) -> int:
    """Extend the locks that are due, each to its dossier's term; how many objects.

    Until a dossier is closed its records are kept by the first term, which rolls: half of it is
    always left. Closing starts the dossier's term; a permanent one rolls too. A lock that still
    ends within 30 days afterwards is an alarm.

    Raises:
        TransientFault, Misconfigured: store or database did not answer.
    """
    now = application.clock.now()
    versions = versions_of(application)
    first = timedelta(days=application.settings.first_lock_days)
    failed: list[Alarm] = []
    extended = 0
    for expected, closed_at, years in versions.list_locks(
        before=now + _YEAR * (_HORIZON_YEARS - 1)
    ):
        term = application.settings.keep_years if years is None else years
        until = _target(now, closed_at, first, years=term if expected.dossier else None)
        if closed_at is None and expected.dossier and expected.locked_until > now + first / 2:
            continue
        if until <= expected.locked_until:
            continue
        try:
            lock_object(application, expected.key, until=until)
        except IntegrityViolation as fault:
            failed.append(alarm_of(expected.key, fault))
        else:
            versions.set_lock(expected.key, until=until)
            extended += 1
    ending = versions.locked_before(now + fixity.LOCK_ALARM, limit=_MOST_ALARMS)
    failed += [
        Alarm(
            key=expected.key,
            code="lock.ending",
            message=f"the lock of the object {expected.key} ends on "
            f"{expected.locked_until.date().isoformat()} and its term is over or was not extended",
        )
        for expected in ending
    ]
    versions.add_alarms(failed, at=now)
    return extended


def _target(
    now: datetime, closed_at: datetime | None, first: timedelta, *, years: int | None
) -> datetime:
    """Until when an object is locked; ``years`` is 0 for ever, None where no dossier has it."""
    if years is None or (closed_at is not None and not years):
        return now + _YEAR * _HORIZON_YEARS
    return now + first if closed_at is None else closed_at + _YEAR * years


def lock_object(application: Application, key: str, *, until: datetime) -> None:
    """Extend the locks of all files of an object, the newest version's inventory last.

    So the lock of that inventory is never later than that of any other file.
    """
    stored = read.load(application.store, key)
    last = f"v{stored.inventory.head}/{ocfl.INVENTORY}"
    for path in sorted(stored.files, key=lambda path: (path == last, path)):
        application.store.extend_lock(stored.files[path], until=until)


# -- all of it -------------------------------------------------------------------------------


def run_due(application: Application) -> None:
    """What the periodic job does: locks, the register of past days, a sample of fixity.

    The sample is large enough to read everything back within the term that the office sets.
    """
    versions = versions_of(application)
    checked_at = versions.last_checked()
    now = application.clock.now()
    if rebuild_state(application) is not None or (
        checked_at is not None and now - checked_at < _PAUSE
    ):
        return
    versions.add_alarms(write_due(application), at=now)
    extend_locks(application)
    preserve_due(application)
    try:
        write_register(application)
    except IntegrityViolation as fault:
        versions.add_alarms([alarm_of("", fault)], at=now)
    hours = application.settings.fixity_days * 24
    number = -(-versions.count() // hours)
    if number:
        check_sample(application, number, progress=lambda *_: None)


def list_alarms(application: Application, *, limit: int = _MOST_ALARMS) -> Sequence[Alarm]:
    """The alarms of the last checks."""
    return versions_of(application).list_alarms(limit=limit)


def versions_of(application: Application) -> ObjectVersions:
    """What the store must hold, as the database knows it."""
    connections = application.ledger.connections
    return ObjectVersions(connections.reading, connections.writing)
