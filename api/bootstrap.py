"""Builds the house from the settings: the one file that knows which mode runs."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

import sqlalchemy as sa

from api.clocks import SystemClock, TimedIds
from api.intake import Intake
from api.ledger import schema
from api.ledger.engine import build_engine
from api.ledger.outbox import Outbox
from api.ledger.rows import Sealing
from api.ledger.sql_ledger import SqlLedger
from api.pipeline import Pipeline, Watch
from api.process import this_process
from api.settings import Settings
from api.stages import Stages
from api.thread_queue import ThreadQueue
from api.tidying import tidy
from archive import identity
from archive.catalogue.sql_catalogue import SqlCatalogue
from archive.deposit import lay_root
from archive.file_store import FileStore
from dossier.errors import Misconfigured, WrongUse
from dossier.ports import Signer
from dossier.reports import SignatureReport
from ocr.fields.forms import BUILT_IN, Forms, load_forms
from ocr.reading import Engine, ReadingSettings
from pages.children import Children
from pages.limits import Limits

_TRIAL = "trial"
# The three files that declare the storage root are kept as long as the calendar of every tool goes.
_ROOT_KEPT_UNTIL = datetime(2900, 1, 1, tzinfo=UTC)
# Another process may be writing a file of the store: the largest takes minutes.
_TEMP_KEPT = timedelta(hours=1)
_FONTS = (
    Path("/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"),  # Debian 12
    Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"),  # Ubuntu 24.04
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What ``init`` found or made.

    Attributes:
        new: nothing was here before.
        trial: the data is for trying out.
    """

    new: bool
    trial: bool


@dataclass(frozen=True, kw_only=True)
class House:
    """All of it, wired; children and workers start when they are first needed."""

    settings: Settings
    engine: sa.Engine
    ledger: SqlLedger
    catalogue: SqlCatalogue
    store: FileStore
    clock: SystemClock
    ids: TimedIds
    trial: bool
    sealing: Sealing
    # The house that owns children and stages, where this is only how an office sees it.
    main: House | None = None
    _closing: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    seen: tuple[str, ...] = ()

    @property
    def offices(self) -> tuple[str, ...]:
        """The offices whose papers this process may see."""
        return self.seen or (self.settings.office,)

    def of(self, office: str, *, seen: tuple[str, ...]) -> House:
        """This house as an office sees it, over the same children, stages and data.

        Args:
            office: whose papers come in by it, and in whose name look-ups are written down.
            seen: the offices whose papers it may see.
        """
        settings = self.settings.model_copy(update={"office": office})
        return replace(self, settings=settings, seen=seen, main=self.main or self)

    @cached_property
    def children(self) -> Children:
        """The child processes, one a core."""
        if self.main is not None:
            return self.main.children
        # Programs that children start write their own files here too, so that they are swept.
        self.scratch.mkdir(parents=True, exist_ok=True)
        self._closing.callback(shutil.rmtree, self.scratch, ignore_errors=True)
        children = Children(
            size=self.settings.worker_count,
            memory_bytes=self.settings.child_memory,
            scratch=self.scratch,
        )
        return self._closing.enter_context(children)

    @cached_property
    def intake(self) -> Intake:
        """Where files come in."""
        return Intake(
            office=self.settings.office,
            ledger=self.ledger,
            store=self.store,
            clock=self.clock,
            ids=self.ids,
            limits=_limits(self.settings),
        )

    @cached_property
    def outbox(self) -> Outbox:
        """Webhooks, and what is to be told there."""
        return Outbox(self.ledger.connections, close=self.sealing.close, open_=self.sealing.open)

    @cached_property
    def stages(self) -> Stages:
        """The stages' functions."""
        if self.main is not None:
            return self.main.stages
        settings = self.settings
        return Stages(
            children=self.children,
            limits=_limits(settings),
            reading=ReadingSettings(
                engine=Engine(settings.ocr_engine),
                language=settings.ocr_language,
                dpi=settings.ocr_dpi,
                page_seconds=settings.page_seconds,
                max_source_pixels=settings.limit_pixels,
            ),
            make_forms=lambda: _forms(settings),
            make_signer=self._signer,
            verify=self.verify,
            clock=self.clock,
            stamp_form=settings.stamp_form,
            stamp_office=settings.office_name,
            stamp_zone=settings.zone,
            first_lock=timedelta(days=settings.first_lock_days),
            paper_seconds=settings.paper_seconds,
            scratch=settings.scratch_folder,
        )

    def pipeline(self, watch: Watch) -> Pipeline:
        """The order of steps over this house."""
        return Pipeline(
            ledger=self.ledger,
            store=self.store,
            catalogue=self.catalogue,
            stages=self.stages,
            clock=self.clock,
            scratch=self.settings.scratch_folder,
            watch=watch,
        )

    def work(self, give: Callable[[Callable[[UUID], None]], None], *, watch: Watch) -> None:
        """Run the workers over what ``give`` enqueues and over what was left undone before.

        Returns when no paper moves any more.
        """
        self._begin()
        pipeline = self.pipeline(watch)
        # One more than there are children: while one paper is signed or laid down, all read.
        queue = ThreadQueue(threads=self.settings.worker_count + 1)
        queue.start(pipeline.advance)
        try:
            for paper in pipeline.nudge_order():
                queue.enqueue(paper)
            give(queue.enqueue)
            while not queue.wait_until_idle(seconds=1):
                pass
        finally:
            queue.stop()

    def start_work(self, *, watch: Watch) -> tuple[Pipeline, ThreadQueue]:
        """Start the workers and leave them running; whoever started them stops them."""
        self._begin()
        pipeline = self.pipeline(watch)
        queue = ThreadQueue(threads=self.settings.worker_count + 1)
        queue.start(pipeline.advance)
        return pipeline, queue

    @cached_property
    def scratch(self) -> Path:
        """Where this process makes things; what a killed one left there, the next start takes."""
        return self.settings.scratch_folder / this_process()

    def _begin(self) -> None:
        """What every start that works begins with: what was left behind goes, waits end."""
        self.tidy()
        self.ledger.wait_no_longer(now=self.clock.now())

    def tidy(self) -> None:
        """Take away what killed processes left behind."""
        now = self.clock.now()
        self.store.sweep(before=now - _TEMP_KEPT)
        scratch = self.settings.scratch_folder
        tidy(ledger=self.ledger, store=self.store, scratch=scratch, now=now)

    def verify(self, file: Path) -> tuple[SignatureReport, ...]:
        """Report on the signatures of any PDF, in a child."""
        from signing.trust import TrustAnchors  # noqa: PLC0415 - costs half a second, seldom needed
        from signing.verify import verify_file  # noqa: PLC0415 - as above

        folder = self.settings.trust
        if folder is None and self.trial:
            folder = self.settings.trial_folder / "trust"
        trust = TrustAnchors() if folder is None else TrustAnchors.from_folder(folder)
        return verify_file(file, children=self.children, trust=trust, now=self.clock.now())

    def close(self) -> None:
        """End children and helpers; what was in hand stays in the ledger."""
        self._closing.close()
        self.engine.dispose()

    def _signer(self) -> Signer:
        """The configured signer; in trial data without one, the trial's."""
        from signing.key import Key  # noqa: PLC0415 - pyHanko costs half a second, only signing pays
        from signing.pkcs12_signer import Pkcs12Signer  # noqa: PLC0415 - as above
        from signing.stamp_font import StampFont  # noqa: PLC0415 - as above
        from signing.time_source import HttpTimeSource  # noqa: PLC0415 - as above

        settings = self.settings
        p12, passphrase = settings.signer_p12, settings.passphrase()
        if self.trial and p12 is None:
            from signing.trial.pki import TrialPki  # noqa: PLC0415 - as above

            pki = TrialPki(settings.trial_folder)
            p12, passphrase = pki.signer, pki.passphrase()
        if p12 is None:
            raise Misconfigured(
                "signer.not-set", "nothing can be signed yet: set SOHOA_SIGNER_P12 to the key file"
            )
        tsa_url = self.tsa_address()
        if not tsa_url:
            raise Misconfigured(
                "tsa.not-set",
                "nothing can be signed yet: set SOHOA_TSA_URL to a time-stamping authority",
            )
        return Pkcs12Signer(
            Key.from_pkcs12(p12, passphrase),
            time_source=HttpTimeSource(tsa_url, timeout=settings.tsa_seconds),
            clock=self.clock,
            stamp_font=StampFont(_font(settings)) if settings.stamp_form else None,
        )

    def tsa_address(self) -> str:
        """Where the time-stamping authority is; in trial data the trial's; else empty."""
        return self.settings.tsa_url or (self._trial_tsa if self.trial else "")

    @cached_property
    def _trial_tsa(self) -> str:
        """Start the trial's own time-stamping authority on loopback; its address."""
        from signing.trial.pki import TrialPki  # noqa: PLC0415 - only trial data pays
        from signing.trial.tsa import TrialTimeSource, TrialTsa  # noqa: PLC0415 - as above

        source = TrialTimeSource.of(TrialPki(self.settings.trial_folder), clock=self.clock)
        return self._closing.enter_context(TrialTsa(source)).url


def init(settings: Settings, *, trial: bool) -> Made:
    """Make database, store and keys where they are missing.

    Raises:
        WrongUse: ``init.not-trial``: the data here is real; it cannot become trial data.
    """
    settings.var.mkdir(parents=True, exist_ok=True, mode=0o700)
    clock = SystemClock()
    engine = build_engine(settings.database_address)
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
        lay_root(_store(settings), kept_until=_ROOT_KEPT_UNTIL)
    finally:
        engine.dispose()
    if trial or was_trial:
        from signing.trial.pki import make_trial_pki  # noqa: PLC0415 - only trial data pays

        make_trial_pki(settings.trial_folder, clock=clock)
    return Made(new=new, trial=trial or was_trial)


def open_house(settings: Settings) -> House:
    """The house over what ``init`` made.

    Raises:
        Misconfigured: a setting is wrong, or nothing was made here yet.
    """
    if settings.broker:
        raise Misconfigured("broker.not-yet", "SOHOA_BROKER must be empty in this version")
    engine = build_engine(settings.database_address)
    schema.check(engine)
    keys = identity.load(settings.keys_folder)
    sealing = _sealing(keys)
    ledger = SqlLedger(engine, sealing=sealing)
    clock = SystemClock()
    return House(
        sealing=sealing,
        settings=settings,
        engine=engine,
        ledger=ledger,
        catalogue=SqlCatalogue(engine, keys=keys, writer=ledger.connections.writer),
        store=_store(settings),
        clock=clock,
        ids=TimedIds(clock),
        trial=ledger.note(settings.office, _TRIAL) == "yes",
    )


def _sealing(keys: identity.IdentityKeys) -> Sealing:
    return Sealing(
        close=lambda plain, paper: keys.encrypt(plain, context=paper.bytes),
        open=lambda closed, paper: keys.decrypt(closed, context=paper.bytes),
    )


def _store(settings: Settings) -> FileStore:
    address = urlsplit(settings.store_address)
    if address.scheme != "file" or address.netloc:
        raise Misconfigured("store.bad-address", "SOHOA_STORE must be file:///... in this version")
    return FileStore(Path(unquote(address.path)))


def _limits(settings: Settings) -> Limits:
    return Limits(
        max_bytes=settings.limit_bytes,
        max_pages=settings.limit_pages,
        max_pixels=settings.limit_pixels,
    )


def _forms(settings: Settings) -> Forms:
    return load_forms((BUILT_IN,) if settings.forms is None else (BUILT_IN, settings.forms))


def _font(settings: Settings) -> Path:
    if settings.stamp_font is not None:
        return settings.stamp_font
    font = next((path for path in _FONTS if path.is_file()), None)
    if font is None:
        raise Misconfigured(
            "stamp.font-missing",
            "the font of visible stamps is missing: install fonts-liberation2, or set "
            "SOHOA_STAMP_FONT to a serif font with all Vietnamese letters",
        )
    return font
