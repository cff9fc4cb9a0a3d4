"""Shared by all commands: settings, application, caller and output."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager

import click

from api.application import Application
from api.bootstrap import open_application
from api.cli.exit_codes import Exit, exit_of
from api.cli.output import Row
from api.desk.caller import Caller
from api.desk.rebuild import check_complete
from api.desk.tokens import operator
from api.desk.views import PaperView
from api.settings import Settings
from api.wording import sentences
from dossier.errors import Misconfigured, TransientFault

ROW_COLUMNS = ("paper", "dossier", "source", "state", "code", "pages", "kind")


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
