"""What a killed process leaves behind, taken away by the next start. Nothing of it is needed.

A process makes things in a folder of its own under ``scratch``, which goes when the process is
gone. Blobs of the work area that no unfinished paper needs go when nobody put them for a day.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from dossier.ports import ObjectStore
from workflow.ledger.papers import PaperQueries
from workflow.pipeline.process_name import is_gone, is_name

# A blob is put before its paper is written down; between the two nobody waits for a day.
_WORK_KEPT = timedelta(days=1)


def tidy(*, ledger: PaperQueries, store: ObjectStore, now: datetime) -> int:
    """Take away the blobs that nobody needs any more; how many.

    Args:
        ledger: knows which blobs are needed.
        store: whose work area is swept.
        now: aware UTC.
    """
    swept = 0
    needed, since = ledger.blobs_needed(), now - _WORK_KEPT
    for digest in store.works(untouched_since=since):
        if digest not in needed:
            swept += store.erase_work(digest, untouched_since=since)
    return swept


def sweep_scratch(scratch: Path) -> None:
    """Take away the folders of processes of this machine that are gone.

    Args:
        scratch: holds a folder for each process that makes something.
    """
    if not scratch.is_dir():
        return
    for folder in scratch.iterdir():
        if not is_name(folder.name) or is_gone(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
