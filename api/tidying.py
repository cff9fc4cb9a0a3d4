"""What a killed process leaves behind, taken away by the next start. Nothing of it is needed.

A process makes things in a folder of its own under ``scratch``, which goes when the process is
gone. Blobs of the work area that no unfinished paper needs go when nobody put them for a day.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from api.ledger.looking import Looking
from api.process import is_gone, is_name
from dossier.ports import ObjectStore

# A blob is put before its paper is written down; between the two nobody waits for a day.
_WORK_KEPT = timedelta(days=1)


def tidy(*, ledger: Looking, store: ObjectStore, now: datetime) -> int:
    """Take away the blobs that nobody needs any more; how many.

    Args:
        ledger: knows which blobs are needed.
        store: whose work area is swept.
        now: aware UTC.
    """
    swept = 0
    needed = ledger.blobs_needed()
    for digest in store.works(untouched_since=now - _WORK_KEPT):
        # At once, while it is known to be untouched: a list of them would grow old.
        if digest not in needed:
            store.erase_work(digest)
            swept += 1
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
