"""Anybody may have a PDF verified: one file at a time, few from one address, nothing stored."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from api.application import Application
from dossier.errors import TransientFault, WrongUse
from dossier.reports import SignatureReport
from workflow.ledger.sessions import AttemptLimit

LARGEST = 20 * 1024 * 1024  # bytes
_SECONDS = 10.0  # of CPU time, and of the clock
_TRIES = 20
_PERIOD = timedelta(minutes=15)
_HEAD = 1024  # bytes within which a PDF says that it is one

_one_at_a_time = threading.Lock()


def check_address(application: Application, address: str) -> None:
    """Count a file sent from an address, before it is read.

    Args:
        application: counts.
        address: of the network peer; kept as a hash for 15 minutes.

    Raises:
        WrongUse: ``verify.too-many``.
    """
    limit = AttemptLimit(
        application.ledger.connections, kind="verify", limit=_TRIES, period=_PERIOD
    )
    now = application.clock.now()
    limit.prune(now=now)
    if limit.begin(address, office=application.settings.office, now=now) is not None:
        raise WrongUse("verify.too-many", f"at most {_TRIES} files in 15 minutes; wait")


def verify(
    application: Application, write_to: Callable[[Path], int]
) -> tuple[SignatureReport, ...]:
    """Report on the signatures of a PDF that anybody sent; it is removed at once.

    Args:
        application: validates.
        write_to: writes the file to a path; returns its bytes.

    Raises:
        WrongUse: ``verify.busy``, ``verify.not-a-pdf``, ``verify.too-large``; ``verify.too-slow``:
            no verdict within ten seconds, or the reader of the file ended early.
        SohoaError: the file cannot be read.
    """
    if not _one_at_a_time.acquire(blocking=False):
        raise WrongUse("verify.busy", "another file is being verified; try again in some seconds")
    try:
        application.scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="public-", dir=application.scratch) as folder:
            file = Path(folder) / "file.pdf"
            if write_to(file) > LARGEST:
                raise WrongUse("verify.too-large", "a file may have at most 20 MB")
            with file.open("rb") as content:
                if b"%PDF-" not in content.read(_HEAD):
                    raise WrongUse("verify.not-a-pdf", "this is not a PDF")
            return application.verify(file, deadline=_SECONDS)
    except TransientFault as error:
        raise WrongUse("verify.too-slow", "no verdict was reached; this proves nothing") from error
    finally:
        _one_at_a_time.release()
