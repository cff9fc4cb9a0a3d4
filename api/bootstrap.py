"""Builds the house from the settings: the one file that knows which mode runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from api.clocks import SharedClock, SystemClock, TimedIds
from api.house import House, Store
from api.ledger import schema
from api.ledger.engine import build_engine
from api.ledger.following import Following
from api.ledger.rows import Sealing
from api.ledger.sql_ledger import SqlLedger
from api.process import this_process
from api.settings import Settings
from api.watching import Watch
from api.working import Workers, WorkersElsewhere, WorkersHere
from archive import identity
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.deposit import lay_root
from archive.file_store import FileStore
from dossier.errors import Misconfigured, WrongUse
from dossier.ports import Clock

if TYPE_CHECKING:
    from api.worker.process import WorkerProcess

_TRIAL = "trial"
# The three files that declare the storage root are kept as long as the calendar of every tool goes.
_ROOT_KEPT_UNTIL = datetime(2900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What ``init`` found or made.

    Attributes:
        new: nothing was here before.
        trial: the data is for trying out.
    """

    new: bool
    trial: bool


def init(settings: Settings, *, trial: bool) -> Made:
    """Make database, store and keys where they are missing.

    Raises:
        WrongUse: ``init.not-trial``: the data here is real; it cannot become trial data.
    """
    settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    engine = _engine(settings)
    try:
        schema.upgrade(engine)
        keys = identity.create(settings.keys_folder)
        ledger = SqlLedger(engine, sealing=_sealing(keys))
        # One commit makes it: who is killed before begins anew, who is killed after goes on.
        new = ledger.add_office(
            settings.office, settings.office_name, first_notes={_TRIAL: "yes"} if trial else {}
        )
        was_trial = ledger.note(settings.office, _TRIAL) == "yes"
        if trial and not was_trial:
            raise WrongUse(
                "init.not-trial",
                "the data here is not for trying out; use another SOHOA_VAR for a trial",
            )
        lay_root(_made_store(settings), kept_until=_ROOT_KEPT_UNTIL)
    finally:
        engine.dispose()
    if trial or was_trial:
        from signing.trial.pki import make_trial_pki  # noqa: PLC0415 - only trial data pays

        make_trial_pki(settings.trial_folder, clock=SystemClock())
    return Made(new=new, trial=trial or was_trial)


def open_house(settings: Settings) -> House:
    """The house over what ``init`` made.

    Raises:
        Misconfigured: a setting is wrong, or nothing was made here yet.
    """
    settings.broker_address()
    engine = _engine(settings)
    schema.check(engine)
    keys = identity.load(settings.keys_folder)
    sealing = _sealing(keys)
    ledger = SqlLedger(engine, sealing=sealing)
    clock: Clock = SystemClock()
    if engine.dialect.name != "sqlite":
        # Many machines share the database, and its time: one with a wrong clock does no harm.
        clock = SharedClock(ledger.connections.time)
    return House(
        sealing=sealing,
        settings=settings,
        engine=engine,
        ledger=ledger,
        catalogue=SqlCatalogue(engine, keys=keys, writer=ledger.connections.writer),
        store=_store(settings),
        clock=clock,
        ids=TimedIds(clock),
        workers=_workers,
        trial=ledger.note(settings.office, _TRIAL) == "yes",
    )


def _engine(settings: Settings) -> sa.Engine:
    return build_engine(settings.database_address())


def _sealing(keys: identity.IdentityKeys) -> Sealing:
    return Sealing(
        close=lambda plain, paper: keys.encrypt(plain, context=paper.bytes),
        open=lambda closed, paper: keys.decrypt(closed, context=paper.bytes),
    )


def _store(settings: Settings) -> Store:
    """The store; nothing is asked of it yet."""
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


def _workers(house: House, watch: Watch) -> Workers:
    """Those who work papers off: threads here, or workers elsewhere where there is a broker."""
    if house.settings.broker:
        from api.worker.queue import CeleryQueue, make_celery  # noqa: PLC0415 - embedded mode does without Celery

        house.sweep_scratch()
        return WorkersElsewhere(
            CeleryQueue(make_celery(_broker(house.settings))),
            following=Following(house.ledger.connections),
            clock=house.clock,
            watch=watch,
        )
    house.tidy()
    # A start is somebody asking for it.
    house.ledger.wait_no_longer(now=house.clock.now())
    # One more than there are children: while one paper is signed or laid down, all read.
    return WorkersHere(house.pipeline(watch), threads=house.settings.worker_count + 1)


def worker(house: House, *, watch: Watch) -> WorkerProcess:
    """What ``sohoa worker`` runs.

    Raises:
        Misconfigured: ``broker.not-set``.
    """
    from api.worker.process import WorkerProcess  # noqa: PLC0415 - embedded mode does without Celery
    from api.worker.queue import CeleryQueue, make_celery  # noqa: PLC0415 - the same
    from api.worker.telling import Telling  # noqa: PLC0415 - the same

    settings = house.settings
    app = make_celery(_broker(settings))
    queue = CeleryQueue(app)
    telling = Telling(house.ledger, holder=this_process(), watch=watch)
    house.sweep_scratch()
    house.ledger.wait_no_longer(now=house.clock.now())
    return WorkerProcess(
        app,
        queue=queue,
        pipeline=house.pipeline(telling, nudge=queue.nudge),
        telling=telling,
        ledger=house.ledger,
        clock=house.clock,
        hands=house,
        threads=settings.worker_count + 1,
        stop_seconds=settings.stop_seconds,
    )


def beat(settings: Settings, *, ready: Callable[[], None]) -> None:
    """What ``sohoa beat`` runs, until SIGTERM.

    Raises:
        Misconfigured: ``broker.not-set``.
    """
    from api.worker.process import run_beat  # noqa: PLC0415 - embedded mode does without Celery
    from api.worker.queue import make_celery  # noqa: PLC0415 - the same

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
