"""Shared by all commands: settings, application, caller and output."""

from __future__ import annotations

import functools
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from api import logs
from api.application import Application
from api.bootstrap import open_application
from api.cli.exit_codes import Exit, exit_of
from api.cli.output import Output, Row
from api.desk.caller import Caller
from api.desk.rebuild import check_complete
from api.desk.tokens import operator
from api.desk.views import PaperView
from api.settings import Settings, read_settings
from api.wording import sentences
from dossier.errors import Misconfigured, TransientFault
from workflow import log_context

_R = TypeVar("_R")

ROW_COLUMNS = ("paper", "dossier", "source", "state", "code", "pages", "kind")


def answering(command: Callable[..., _R]) -> Callable[..., _R]:
    """Add ``--json``, before or after its name, to a command, and pass it an ``Output``."""

    @click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    @click.pass_context
    @functools.wraps(command)
    def answer(context: click.Context, /, *, as_json: bool, **arguments: Any) -> _R:  # noqa: ANN401 - click's own values
        settings = read_settings()
        logs.to_stderr(settings.log_level)
        output = Output(settings, as_json=as_json or bool(context.obj))
        with log_context.bind():
            return command(output, settings, **arguments)

    return answer


@contextmanager
def application_of(settings: Settings) -> Iterator[Application]:
    """The application, closed at the end; nothing of it runs until it is used."""
    application = open_application(settings)
    try:
        yield application
    finally:
        application.close()


def warn_if_incomplete(application: Application) -> Exit:
    """Warn on stderr where catalogue or ledger are incomplete; the exit code of that."""
    try:
        check_complete(application)
    except (Misconfigured, TransientFault) as error:
        click.echo(f"sohoa: {sentences.both(error)}", err=True)
        return exit_of(error)
    return Exit.DONE


def operator_of(application: Application) -> Caller:
    """The caller at the command line: the operator, as the operating system names the user."""
    return operator(application, f"cli:{pwd.getpwuid(os.getuid()).pw_name}")


def listed(view: PaperView) -> Row:
    """A paper as a row of a list."""
    return {
        "paper": str(view.paper),
        "dossier": view.dossier,
        "source": view.source,
        "state": view.state.value,
        "code": view.code,
        "pages": view.pages,
        "kind": view.kind,
        "ordinal": view.ordinal,
        "reason": view.reason,
        "updated_at": view.updated_at,
    }
