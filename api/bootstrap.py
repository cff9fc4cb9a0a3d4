"""Builds the application from the settings: the one file that knows which mode runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from api.application import Application, Store, forms_of
from api.clocks import SharedClock, SystemClock, TimedIds
from api.desk.preservation import run_due
from api.file_modes import make_private
from api.settings import Settings
from archive import identity
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.deposit import initialize
from archive.file_store import FileStore
from archive.finding import abbreviations
from archive.finding.search_index import SearchIndex
from archive.objects import list_objects
from dossier.errors import Misconfigured, WrongUse
from dossier.ports import Clock
from workflow.ledger import migrate as schema
from workflow.ledger.engine import build_engine
from workflow.ledger.mapping import FieldCipher
from workflow.ledger.rebuild_writer import RebuildState, Restoring, note_of
from workflow.ledger.sql_ledger import SqlLedger
from workflow.pipeline.events import Watch
from workflow.pipeline.process_identity import this_process
from workflow.pipeline.workers import LocalWorkers, RemoteWorkers, Workers

if TYPE_CHECKING:
    from workflow.pipeline.celery.worker import WorkerProcess

_TRIAL = "trial"
# The three files that declare the storage root are kept as long as the calendar of every tool goes.
_ROOT_KEPT_UNTIL = datetime(2900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What ``init`` found or made.

    Attributes:
        new: nothing was here before.
        trial: the data is for trying out.
        office: whose data it is.
        rebuild_first: the store holds records that this database does not know.
    """

    new: bool
    trial: bool
    office: str
    rebuild_first: bool = False


def init(settings: Settings, *, trial: bool) -> Made:
    """Make database, store and keys where they are missing.

    Raises:
        WrongUse: ``init.not-trial``: the data here is real; it cannot become trial data.
    """
    settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_private(settings.var)
    engine = _engine(settings)
    try:
        schema.upgrade(engine)
        keys = identity.create(settings.keys_folder)
        ledger = SqlLedger(engine, cipher=_cipher(keys))
        store = _made_store(settings)
        first_notes = {_TRIAL: "yes"} if trial else {}
        if _holds_records(store):
            # Kept only by a new database: the store knows papers that it does not.
            first_notes |= note_of(RebuildState(papers_missing=True))
        # One commit makes it: who is killed before begins anew, who is killed after goes on.
        settings = _for_init(settings, ledger)
        new = ledger.offices.add(
            settings.office,
            settings.office_name,
            time_zone=settings.time_zone,
            first_notes=first_notes,
        )
        ledger.offices.set_note(settings.office, schema.RELEASE_NOTE, schema.RELEASE)
        was_trial = ledger.offices.get_note(settings.office, _TRIAL) == "yes"
        if trial and not was_trial:
            raise WrongUse(
                "init.not-trial",
                "the data here is not for trying out; use another SOHOA_VAR for a trial",
            )
        initialize(store, kept_until=_ROOT_KEPT_UNTIL)
        state = Restoring(ledger.connections, cipher=_cipher(keys)).state()
    finally:
        engine.dispose()
    if trial or was_trial:
        from signing.trial.pki import make_trial_pki  # noqa: PLC0415 - only trial data pays

        make_trial_pki(settings.trial_folder, clock=SystemClock())
    return Made(
        new=new,
        trial=trial or was_trial,
        office=settings.office,
        rebuild_first=state is not None and state.papers_missing,
    )


def _for_init(settings: Settings, ledger: SqlLedger) -> Settings:
    """The settings of ``init``: what the environment does not say is taken from the data.

    What it says of an office that exists is written to the data.
    """
    given = settings.model_fields_set
    offices = ledger.offices
    office = offices.get(settings.office) if "office" in given else offices.get_default()
    if office is None:
        return settings
    known = {"office": office.code, "office_name": office.name, "time_zone": office.time_zone}
    settings = settings.model_copy(
        update={name: value for name, value in known.items() if name not in given}
    )
    offices.update(office.code, name=settings.office_name, time_zone=settings.time_zone)
    return settings


def _for_data(settings: Settings, ledger: SqlLedger) -> Settings:
    """The settings with the office, its name and its time zone as ``init`` wrote them.

    Raises:
        Misconfigured: ``office.not-here``, ``office.differs``: the environment says otherwise.
    """
    given = settings.model_fields_set
    offices = ledger.offices
    office = offices.get(settings.office) if "office" in given else offices.get_default()
    if office is None:
        raise Misconfigured(
            "office.not-here",
            "the data here is not of the office in SOHOA_OFFICE; correct or unset it, or add the "
            "office with: sohoa init",
        )
    known = {"office": office.code, "office_name": office.name, "time_zone": office.time_zone}
    for name, value in known.items():
        if name in given and getattr(settings, name) != value:
            raise Misconfigured(
                "office.differs",
                f"SOHOA_{name.upper()} differs from the data; unset it, or write it to the data "
                "with: sohoa init",
            )
    return settings.model_copy(update=known)


def _holds_records(store: Store) -> bool:
    return any(True for _ in list_objects(store))


def open_application(settings: Settings) -> Application:
    """The application over what ``init`` made.

    Raises:
        Misconfigured: a setting is wrong, or nothing was made here yet; ``var.open-to-others``.
    """
    settings.broker_address()
    make_private(settings.var)
    engine = _engine(settings)
    schema.check(engine)
    keys = identity.load(settings.keys_folder)
    cipher = _cipher(keys)
    ledger = SqlLedger(engine, cipher=cipher)
    settings = _for_data(settings, ledger)
    clock: Clock = SystemClock()
    if engine.dialect.name != "sqlite":
        # Many machines share the database, and its time: one with a wrong clock does no harm.
        clock = SharedClock(ledger.connections.time)
    return Application(
        cipher=cipher,
        settings=settings,
        engine=engine,
        ledger=ledger,
        catalogue=SqlCatalogue(
            engine,
            keys=keys,
            index=_search_index(settings, keys),
            writer=ledger.connections.writer,
        ),
        store=_store(settings),
        clock=clock,
        ids=TimedIds(clock),
        workers=_workers,
        preserve=run_due,
        trial=ledger.offices.get_note(settings.office, _TRIAL) == "yes",
    )


def _engine(settings: Settings) -> sa.Engine:
    return build_engine(settings.database_address())


def _search_index(settings: Settings, keys: identity.IdentityKeys) -> SearchIndex:
    """The full-text index of this host; nothing is opened yet."""
    forms = cache(lambda: forms_of(settings))
    return SearchIndex(
        keys,
        settings.var / "search",
        title_of=lambda kind: forms().name_of(kind),
        abbreviations=abbreviations.load(settings.abbreviations or abbreviations.BUILT_IN),
    )


def _cipher(keys: identity.IdentityKeys) -> FieldCipher:
    return FieldCipher(
        encrypt=lambda plain, paper: keys.encrypt(plain, context=paper.bytes),
        decrypt=lambda closed, paper: keys.decrypt(closed, context=paper.bytes),
        hash_text=keys.number_hash,
    )


def _store(settings: Settings) -> Store:
    """The store; no request is made yet."""
    address = urlsplit(settings.store_address)
    if address.scheme.startswith("s3+"):
        from archive.s3_store import S3Store  # noqa: PLC0415 - a commune does without its client

        access, secret = settings.store_keys()
        return S3Store(
            settings.store_address,
            access_key=access,
            secret_key=secret,
            scratch=settings.scratch_folder / this_process() / "store",
        )
    if address.scheme != "file" or address.netloc:
        raise Misconfigured(
            "store.bad-address", "SOHOA_STORE must be file:///... or s3+https://HOST:PORT/BUCKET"
        )
    return FileStore(Path(unquote(address.path)))


def _made_store(settings: Settings) -> Store:
    """The store, made where it was not there."""
    if settings.store_address.startswith("s3+"):
        from archive.s3_setup import make_buckets  # noqa: PLC0415 - a commune does without the client of S3

        access, secret = settings.store_keys()
        make_buckets(settings.store_address, access_key=access, secret_key=secret)
    return _store(settings)


def store_policy(settings: Settings) -> dict[str, object]:
    """The least that the service may be allowed to do in its store, as S3 writes policies.

    Raises:
        Misconfigured: ``store.bad-address``: the store is a folder.
    """
    from archive.s3_setup import least_policy  # noqa: PLC0415 - a commune does without the client of S3

    return least_policy(settings.store_address)


def _workers(application: Application, watch: Watch) -> Workers:
    """Those who work papers off: threads here, or workers elsewhere where there is a broker."""
    if application.settings.broker:
        from workflow.pipeline.celery.queue import CeleryQueue, make_celery  # noqa: PLC0415 - embedded mode does without Celery

        application.remove_stale_scratch()
        return RemoteWorkers(
            CeleryQueue(make_celery(_broker(application.settings))),
            following=application.ledger.monitor,
            clock=application.clock,
            watch=watch,
        )
    application.tidy()
    # A start is an explicit request.
    application.ledger.queue.clear_retry_times(now=application.clock.now())
    return LocalWorkers(application.pipeline(watch), threads=application.settings.thread_count)


def worker(application: Application, *, watch: Watch) -> WorkerProcess:
    """What ``sohoa worker`` runs.

    Raises:
        Misconfigured: ``broker.not-set``.
    """
    from workflow.pipeline.celery.progress_reporter import ProgressReporter  # noqa: PLC0415 - the same
    from workflow.pipeline.celery.queue import CeleryQueue, make_celery  # noqa: PLC0415 - the same
    from workflow.pipeline.celery.worker import WorkerProcess  # noqa: PLC0415 - embedded mode does without Celery

    settings = application.settings
    app = make_celery(_broker(settings))
    queue = CeleryQueue(app)
    reporter = ProgressReporter(application.ledger.queue, holder=this_process(), watch=watch)
    application.remove_stale_scratch()
    application.ledger.queue.clear_retry_times(now=application.clock.now())
    return WorkerProcess(
        app,
        queue=queue,
        pipeline=application.pipeline(reporter, nudge=queue.nudge),
        reporter=reporter,
        ledger=application.ledger,
        clock=application.clock,
        resources=application,
        threads=settings.thread_count,
        stop_seconds=settings.stop_seconds,
    )


def beat(settings: Settings, *, ready: Callable[[], None]) -> None:
    """What ``sohoa beat`` runs, until SIGTERM.

    Raises:
        Misconfigured: ``broker.not-set``.
    """
    from workflow.pipeline.celery.queue import make_celery  # noqa: PLC0415 - the same
    from workflow.pipeline.celery.worker import run_beat  # noqa: PLC0415 - embedded mode does without Celery

    run_beat(make_celery(_broker(settings)), ready=ready)


def _broker(settings: Settings) -> str:
    broker = settings.broker_address()
    if not broker:
        raise Misconfigured(
            "broker.not-set",
            "without SOHOA_BROKER papers are worked off by the process that takes them in; set it "
            "to redis://HOST:PORT/0 to have workers of their own",
        )
    return broker
