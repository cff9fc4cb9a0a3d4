"""A whole office in one process: real database, store and command line, no reading, no signing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from unit.archive import made
from unit.workflow.fakes import migrated

from api import bootstrap
from api.application import Application
from api.cli import sohoa
from api.cli.exit_codes import exit_of
from api.desk import rebuild as desk_rebuild
from api.settings import Settings
from archive import package
from archive.deposit import deposit
from dossier.errors import SohoaError
from dossier.spine import ArchivedRecord
from dossier.written import words_to_json

DOSSIER = "H15.50.05.13-261008-0975"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def row(self) -> dict[str, Any]:
        (row,) = self.rows
        return row


@dataclass(frozen=True)
class Office:
    """Everything over one folder."""

    var: Path
    settings: Settings

    def init(self) -> bootstrap.Made:
        """``sohoa init`` over a database file that has its tables already."""
        database = self.var / "sohoa.db"
        if not database.exists():
            self.var.mkdir(parents=True, exist_ok=True)
            database.write_bytes(migrated())
        return bootstrap.init(self.settings, trial=False)

    @contextmanager
    def application(self) -> Iterator[Application]:
        application = bootstrap.open_application(self.settings)
        try:
            yield application
        finally:
            application.close()

    def run(self, *words: object) -> Ended:
        """One command, in this process; an error of ours is its exit code."""
        result = CliRunner().invoke(sohoa, [*map(str, words)], standalone_mode=False)
        if isinstance(result.exception, SohoaError):
            return Ended(int(exit_of(result.exception)), result.stdout, result.exception.code)
        if result.exception is not None:
            raise result.exception
        return Ended(int(result.return_value or 0), result.stdout, result.stderr)

    def lose_database(self) -> None:
        for file in self.var.glob("sohoa.db*"):
            file.unlink()

    def object_folder(self, key: str) -> Path:
        return self.var / "store" / "record" / key


def new_office(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """An office whose commands find it by the environment."""
    monkeypatch.setenv("SOHOA_VAR", str(folder))
    monkeypatch.setenv("SOHOA_OFFICE", made.OFFICE)
    office = Office(folder, Settings(var=folder, office=made.OFFICE))
    office.init()
    return office


def archive(
    application: Application,
    number: int,
    *,
    ordinal: int | None = None,
    dossier: str = DOSSIER,
    at: datetime | None = None,
) -> ArchivedRecord:
    """Archive a record as the pipeline's last step does it, and write its ledger row."""
    signed = made.signed_record(
        application.store, number=number, ordinal=ordinal or number, dossier=dossier
    )
    archived = deposit(
        signed,
        store=application.store,
        archived_at=at or made.NOON.replace(microsecond=number),
        kept_until=made.LATER,
        provenance=made.PROVENANCE,
    )
    words = words_to_json(made.pages_of(made.TEXT), engine=made.ENGINE)
    text = package.text_of_words(words, key=archived.key)
    application.catalogue.add(package.entry_of(archived, text=text))
    desk_rebuild.restoring_of(application).restore_all([archived])
    return archived
