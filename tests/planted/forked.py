"""Runs our command line in a process that was forked off one which has imported everything.

What a run does is what ``sohoa`` does, to the last import; only the second that Python needs to
import it is paid once, so that hundreds of runs are cheap. The process that forks has no threads.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

from planted.shim import Fault, Shim

_IMPORTED = (
    "api.bootstrap", "api.cli.intake", "api.cli.finding", "api.cli.papers", "api.cli.setup",
    "archive.catalogue.sql_catalogue", "archive.deposit", "ocr.fields.describe",
    "ocr.pdfa.make", "signing.key", "signing.pkcs12_signer", "signing.stamp_font",
    "signing.time_source", "signing.trial.pki", "signing.trial.tsa", "signing.validation.verify",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        status: exit code; the signal's number, negative, where one ended it.
        out: what it said on stdout.
        err: what it said on stderr.
    """

    status: int
    out: str
    err: str


def import_all() -> None:
    """Import what the command line imports on its way."""
    for module in _IMPORTED:
        importlib.import_module(module)


def sohoa(
    *arguments: str | Path,
    var: Path,
    said: Path,
    log: Path | None = None,
    fault: Fault | None = None,
    busy_milliseconds: int | None = None,
    **settings: str,
) -> Ended:
    """Run ``sohoa`` with these arguments; return when it has ended.

    Args:
        arguments: of the command line.
        var: ``SOHOA_VAR``.
        said: a folder for what it says.
        log: where the shim logs its points; None for no shim.
        fault: what the shim does.
        busy_milliseconds: how long a locked database is waited for; None as in the application.
        settings: more of the environment.
    """
    out, err = said / "out", said / "err"
    child = os.fork()
    if child:
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        texts = (file.read_text(encoding="utf-8", errors="replace") for file in (out, err))
        return Ended(ended, *texts)
    status = 1
    try:
        for number, file in ((1, out), (2, err)):
            os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        os.environ.update({"SOHOA_VAR": str(var), "SOHOA_CORES": "1"} | settings)
        if busy_milliseconds is not None:
            from workflow.ledger import engine  # noqa: PLC0415 - only where it is planted

            engine._BUSY_MILLISECONDS = busy_milliseconds
        if log is not None:
            Shim(var, log=log, fault=fault or Fault()).install()
        status = main_ended([str(argument) for argument in arguments])
    finally:
        os._exit(status)


def main_ended(arguments: list[str]) -> int:
    """Run the command line in this process; its exit code."""
    from api.cli import main  # noqa: PLC0415 - imported before, found here

    sys.argv = ["sohoa", *arguments]
    status = 1
    try:
        main()
    except SystemExit as end:
        status = int(end.code or 0)
    except BaseException:  # noqa: BLE001 - a traceback is what the tests look for
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    return status
