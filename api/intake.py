"""Files come in: found on disk, taken into the work area, written into the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from api.ledger.hand import Received
from api.ledger.sql_ledger import SqlLedger
from dossier.errors import RejectedInput, WrongUse
from dossier.ports import Clock, Ids, ObjectStore
from dossier.spine import Blob, MediaType, Scan
from ingest.receive import Limits, clean_source, receive


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
        self, path: Path, *, dossier: str, sign: bool, accept: bool
    ) -> tuple[Received, RejectedInput | None]:
        """Take one file into a dossier.

        What cannot be taken is written down as rejected, with the reason; the file itself is left
        where it is in either case.

        Args:
            path: of the file.
            dossier: a checked dossier code.
            sign: to be signed with the configured key once described.
            accept: not to stop for review.
        """
        try:
            scan = receive(
                path,
                source=path.name,
                office=self.office,
                store=self.store,
                limits=self.limits,
                clock=self.clock,
                ids=self.ids,
            )
        except RejectedInput as error:
            return self._turned_away(path, dossier=dossier, error=error), error
        taken = self.ledger.receive(
            scan, paper=self.ids.new(), dossier=dossier, sign=sign, accept=accept
        )
        return taken, None

    def _turned_away(self, path: Path, *, dossier: str, error: RejectedInput) -> Received:
        size = path.stat().st_size if path.is_file() else 0
        scan = Scan(
            id=self.ids.new(),
            office=self.office,
            blob=Blob("", size),
            media_type=MediaType.PDF,
            source=clean_source(path.name),
            received_at=self.clock.now(),
        )
        return self.ledger.receive(
            scan,
            paper=self.ids.new(),
            dossier=dossier,
            sign=False,
            accept=False,
            rejected=(error.code, error.message[:500]),
        )


def files_under(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those in the folders named, by name; hidden ones are left alone.

    Raises:
        WrongUse: ``ingest.no-such-path``, ``ingest.nothing-there``.
    """
    for path in paths:
        if path.is_dir():
            inside = sorted(
                found
                for found in path.rglob("*")
                if found.is_file()
                and not any(part.startswith(".") for part in found.relative_to(path).parts)
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
