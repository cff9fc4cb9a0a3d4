"""Files come in: found on disk, taken into the work area, written into the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dossier.errors import RejectedInput, WrongUse
from dossier.ports import Clock, Ids, ObjectStore
from dossier.spine import Blob, MediaType, Scan
from ingest.litter import is_litter
from ingest.receive import Limits, clean_source, receive
from workflow import log_context
from workflow.ledger.sql_ledger import SqlLedger
from workflow.ledger.types import IdempotencyKey, IncomingScan, Received


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What taking a file in needs.

    Attributes:
        office: whose papers these are.
    """

    office: str
    ledger: SqlLedger
    store: ObjectStore
    clock: Clock
    ids: Ids
    limits: Limits

    def take(
        self,
        file: Path | bytes,
        *,
        dossier: str,
        sign: bool,
        accept: bool,
        source: str | None = None,
        actor: str = "ingest",
        once: IdempotencyKey | None = None,
    ) -> tuple[Received, RejectedInput | None]:
        """Take one file into a dossier.

        What cannot be taken is written down as rejected, with the reason; the file itself is left
        where it is in either case.

        Args:
            file: where it lies, or its bytes.
            dossier: a checked dossier code.
            sign: to be signed with the configured key once described.
            accept: not to stop for review.
            source: the file's own name, where its path has another.
            actor: who sends it, for the history.
            once: the key under which the same question gets the same answer.

        Raises:
            WrongUse: ``dossier.closed``, ``idempotency.other-question``.
        """
        if source is None:
            source = file.name if isinstance(file, Path) else ""
        scan, error = self._scan(file, source)
        taken = self.ledger.intake.receive(
            IncomingScan(
                scan=scan,
                paper=self.ids.new(),
                dossier=dossier,
                sign=sign and error is None,
                accept=accept and error is None,
                rejected=None if error is None else (error.code, error.message[:500]),
                actor=actor,
                idempotency=once,
                request=log_context.request_id(),
            )
        )
        if error is None and taken.code:
            # Turned away when the same was asked before: the same answer again.
            error = RejectedInput(taken.code, taken.reason)
        return taken, error

    def _scan(self, file: Path | bytes, source: str) -> tuple[Scan, RejectedInput | None]:
        """The scan in the work area, or what is written down of a file that cannot be one."""
        try:
            return receive(
                file,
                source=source,
                office=self.office,
                store=self.store,
                limits=self.limits,
                clock=self.clock,
                ids=self.ids,
            ), None
        except RejectedInput as why:
            return self._unusable(source, _size(file)), why

    def _unusable(self, source: str, size: int) -> Scan:
        return Scan(
            id=self.ids.new(),
            office=self.office,
            blob=Blob("", size),
            media_type=MediaType.PDF,
            source=clean_source(source),
            received_at=self.clock.now(),
        )


def _size(file: Path | bytes) -> int:
    if isinstance(file, bytes):
        return len(file)
    return file.stat().st_size if file.is_file() else 0


def files_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named, in order of name.

    In folders, hidden files and litter (``ingest.litter``) are skipped.

    Raises:
        WrongUse: ``ingest.no-such-path``, ``ingest.nothing-there``.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(
                found
                for found in path.rglob("*")
                if found.is_file() and not is_litter(found.relative_to(path))
            )
            if not inside:
                raise WrongUse("ingest.nothing-there", "there is no file in a folder you named")
            yield from inside
        elif path.is_file():
            yield path
        else:
            raise WrongUse(
                "ingest.no-such-path",
                "one of the paths you named is neither a file nor a folder; check its spelling",
            )
