"""What killed processes left behind goes; what somebody needs or is making stays."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from unit.workflow.fakes import OFFICE, new_ledger, scan

from api.bootstrap import init, open_application
from api.settings import Settings
from archive.file_store import FileStore
from workflow.ledger.types import IncomingScan
from workflow.pipeline.cleanup import remove_stale_scratch, remove_unneeded_blobs
from workflow.pipeline.process_identity import this_process

LATER = datetime.now(UTC) + timedelta(days=2)


def _swept(folder: Path, now: datetime = LATER) -> int:
    return remove_unneeded_blobs(
        papers=new_ledger(folder).papers, store=FileStore(folder / "store"), now=now
    )


def test_a_blob_stays_for_a_day_and_for_as_long_as_a_paper_needs_it(tmp_path: Path) -> None:
    store, ledger = FileStore(tmp_path / "store"), new_ledger(tmp_path)
    needed, orphan = store.put_work_bytes(b"needed"), store.put_work_bytes(b"orphan")
    one = scan(1)
    taken = type(one)(
        id=one.id,
        office=OFFICE,
        blob=needed,
        media_type=one.media_type,
        source="",
        received_at=one.received_at,
    )
    ledger.intake.receive(IncomingScan(scan=taken, paper=one.id, dossier="D1"))
    assert _swept(tmp_path, datetime.now(UTC)) == 0
    assert _swept(tmp_path) == 1
    assert list(store.works(untouched_since=LATER)) == [needed.digest]
    assert orphan.digest != needed.digest


def test_scratch_of_the_dead_goes_and_of_the_living_stays(tmp_path: Path) -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from workflow.pipeline.process_identity import this_process\nprint(this_process())",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    ours, dead = tmp_path / "scratch" / this_process(), tmp_path / "scratch" / ended.stdout.strip()
    nobody = tmp_path / "scratch" / "something else"
    elsewhere = tmp_path / "scratch" / f"another-host:{os.getpid()}:01234567-1"
    for folder in (ours, dead, nobody, elsewhere):
        folder.mkdir(parents=True)
        (folder / "half.pdf").write_bytes(b"%PDF")
    remove_stale_scratch(tmp_path / "scratch")
    assert sorted((tmp_path / "scratch").iterdir()) == sorted([ours, elsewhere])


def test_scratch_files_of_a_living_process_stay(tmp_path: Path) -> None:
    """A second process sweeps the same folder at its start."""
    settings = Settings(var=tmp_path / "var")
    init(settings, trial=True)
    with closing(open_application(settings)) as application:
        pipeline = application.pipeline(lambda _event: None)
        application.ledger.intake.receive(
            IncomingScan(scan=scan(1, office=settings.office), paper=UUID(int=1), dossier="D1")
        )
        held = application.ledger.papers.get(UUID(int=1), offices=[application.settings.office])
        assert held is not None
        with pipeline._work_folder(held) as folder:
            deposited = application.stages.scratch / "half.xml"
            deposited.touch()
            remove_stale_scratch(settings.scratch_folder)
            assert folder.is_dir()
            assert deposited.is_file()
    assert list(settings.scratch_folder.iterdir()) == []


def test_where_nothing_was_made_yet_there_is_nothing_to_tidy(tmp_path: Path) -> None:
    assert _swept(tmp_path) == 0
    remove_stale_scratch(tmp_path / "scratch")
