"""Whether all that came in is archived: each paper once, whole, signed, nothing left over."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from api.application import Application
from api.bootstrap import open_application
from api.settings import Settings
from archive import fixity
from archive.objects import list_objects
from dossier.states import PaperState, ScanState
from signing.trust import TrustAnchors
from signing.validation.validate import verify_job
from workflow.ledger.tables import PAPER, SCAN

_SIGNED = "signed.pdf"
_WAYS = (
    ["RECEIVED", "RECOGNISED", "DESCRIBED", "SIGNED", "ARCHIVED"],
    # Reviewed, and its signature requested, by a person.
    ["RECEIVED", "RECOGNISED", "REVIEW", "DESCRIBED", "DESCRIBED", "SIGNED", "ARCHIVED"],
)


@contextmanager
def application_over(var: Path, settings: Mapping[str, str] | None = None) -> Iterator[Application]:
    """The application over a folder, for looking only.

    Args:
        var: ``SOHOA_VAR``.
        settings: others of the environment, by their names there.
    """
    application = open_application(settings_of(var, settings or {}))
    try:
        yield application
    finally:
        application.close()


def settings_of(var: Path, named: Mapping[str, str]) -> Settings:
    """Settings as a process with these in its environment has them."""
    texts: dict[str, Any] = {k.removeprefix("SOHOA_").lower(): v for k, v in named.items()}
    return Settings(var=var, **texts)


def faults(
    var: Path,
    *,
    papers: int,
    turned_away: int = 0,
    unread: int = 0,
    waiting: int = 0,
    settings: Mapping[str, str] | None = None,
) -> list[str]:
    """What is not as it should be after ``papers`` papers went all the way; empty where all is.

    Args:
        var: ``SOHOA_VAR``, nothing running on it.
        papers: how many different files went all the way.
        turned_away: how many were rejected.
        unread: on how many papers a page could not be read.
        waiting: how many more papers are in review.
        settings: others of the environment.
    """
    with application_over(var, settings) as application:
        return [
            *_of_ledger(application, papers, turned_away, waiting),
            *_of_pages(application, unread),
            *_of_records(application, papers),
            *_of_leftovers(application),
        ]


def _of_ledger(application: Application, papers: int, turned_away: int, waiting: int) -> list[str]:
    found: list[str] = []
    with application.engine.connect() as connection:
        everything = connection.execute(sa.select(PAPER)).mappings().all()
        digests = Counter(
            connection.execute(
                sa.select(SCAN.c.digest).where(SCAN.c.state != ScanState.REJECTED)
            ).scalars()
        )
        sound = "ok"
        if connection.dialect.name == "sqlite":
            sound = str(connection.exec_driver_sql("PRAGMA integrity_check").scalar())
    in_review = [row for row in everything if row["state"] == PaperState.REVIEW]
    if len(in_review) != waiting:
        found.append(f"{len(in_review)} papers in review, not {waiting}")
    ended = {PaperState.REJECTED, *({PaperState.REVIEW} if waiting else ())}
    rows = [row for row in everything if row["state"] not in ended]
    if len(rows) != papers or len(everything) != papers + turned_away + waiting:
        found.append(f"{len(rows)} of {len(everything)} papers, not {papers}")
    if set(digests.values()) - {1}:
        found.append("a file stands for two papers")
    if sound != "ok":
        found.append("the database is damaged")
    found += [
        f"a paper is held or set aside: {row['code']}"
        for row in everything
        if row["lease_until"] is not None or row["set_aside_at"] is not None
    ]
    for row in rows:
        if row["state"] != PaperState.ARCHIVED or row["code"]:
            found.append(f"a paper stands {row['state']} ({row['code']}: {row['reason']})")
            continue
        # Where no revocation data came in time, the level is reached by a job, later.
        way = [
            move.after
            for move in application.ledger.papers.list_history(row["id"])
            if move.code != "preserved"
        ]
        if way not in _WAYS:
            found.append(f"a paper went {way}")
    if application.catalogue.count() != papers:
        found.append(f"{application.catalogue.count()} records in the catalogue, not {papers}")
    return found


def _of_pages(application: Application, unread: int) -> list[str]:
    """How many archived papers have a page without words because it could not be read."""
    counted = 0
    for row in application.ledger.papers.list_papers(
        offices=[application.settings.office], state=PaperState.ARCHIVED
    ):
        held = application.ledger.papers.get(row.paper, offices=[application.settings.office])
        doubts = () if held is None or held.record is None else held.record.description.doubts
        counted += any(doubt.startswith("page.unread") for doubt in doubts)
    return [] if counted == unread else [f"{counted} papers with an unread page, not {unread}"]


def _of_records(application: Application, papers: int) -> list[str]:
    survey = fixity.survey(application.store)
    found = [f"{alarm.code}: {alarm.message}" for alarm in survey.alarms]
    if survey.whole != papers:
        found.append(f"{survey.whole} whole objects in the record area, not {papers}")
    anchors = TrustAnchors.from_folder(application.settings.trial_folder / "trust").to_json()
    now = (application.clock.now() + timedelta(minutes=1)).isoformat()
    for stored in list_objects(application.store):
        if stored.files is None or f"v1/content/{_SIGNED}" not in stored.files:
            found.append("an object without a signed PDF")
            continue
        record = stored.files[f"v1/content/{_SIGNED}"]
        with application.store.open_record(record) as signed, tempfile.NamedTemporaryFile() as file:
            file.write(signed.read())
            file.flush()
            reports = verify_job(path=file.name, anchors=anchors, now=now)
        if len(reports) != 1 or not (reports[0]["intact"] and reports[0]["trusted"]):
            found.append(f"the signature is not valid: {reports}")
    return found


def _of_leftovers(application: Application) -> list[str]:
    found = [f"{record.key} is covered" for record in application.store.covered()]
    address = application.settings.store_address
    # What a killed process was writing is swept; nothing else lies there.
    application.store.sweep(before=application.clock.now() + timedelta(minutes=1))
    if address.startswith("file://"):
        root = Path(address.removeprefix("file://"))
        found += [
            "a blob of the work area is not what its name says"
            for blob in (root / "work").glob("*/*")
            if hashlib.sha256(blob.read_bytes()).hexdigest() != blob.name
        ]
        found += ["something is left in temp" for _ in (root / "temp").iterdir()]
    if application.settings.scratch_folder.exists():
        found += [
            "something is left in scratch" for _ in application.settings.scratch_folder.iterdir()
        ]
    return found
