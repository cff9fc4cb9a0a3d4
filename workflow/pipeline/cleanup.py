"""Removes what killed processes left behind.

A process works in a folder of its own under ``scratch``; the folder goes once the process is gone.
Blobs of the work area go when no unfinished paper needs them and they were not written for a day.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from dossier.ports import ObjectStore
from workflow.ledger.papers import PaperQueries
from workflow.pipeline.process_identity import is_gone, is_name

# A blob is put before its paper is saved; no process takes a day between the two.
_WORK_KEPT = timedelta(days=1)


def remove_unneeded_blobs(*, papers: PaperQueries, store: ObjectStore, now: datetime) -> int:
    """Erase the blobs of the work area that no paper needs any more.

    Args:
        papers: lists the blobs in use.
        store: whose work area is swept.
        now: aware UTC.

    Returns:
        How many blobs were erased.
    """
    erased = 0
    needed, since = papers.list_blobs_in_use(), now - _WORK_KEPT
    for digest in store.works(untouched_since=since):
        if digest not in needed:
            erased += store.erase_work(digest, untouched_since=since)
    return erased


def remove_stale_scratch(scratch: Path) -> None:
    """Remove the folders of processes of this machine that are gone.

    Args:
        scratch: holds one folder for each process.
    """
    if not scratch.is_dir():
        return
    for folder in scratch.iterdir():
        if not is_name(folder.name) or is_gone(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
