"""What every command begins with: the settings, the application, how to answer."""

from __future__ import annotations

import functools
import os
import pwd
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import click

from api import logs
from api.application import Application
from api.bootstrap import open_application
from api.cli.exit_codes import Exit, exit_of
from api.cli.output import Output, Row
from api.desk.rebuild import check_complete
from api.settings import Settings, read_settings
from api.wording import sentences
from dossier.codes import numbers_masked
from dossier.errors import Misconfigured, TransientFault, WrongUse
from workflow import log_context
from workflow.ledger.types import PaperSummary

_R = TypeVar("_R")

ROW_COLUMNS = ("paper", "dossier", "source", "state", "code", "pages", "kind")


def answering(command: Callable[..., _R]) -> Callable[..., _R]:
    """Give a command ``--json``, before or after its name, and hand it an ``Output``."""

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
    """The application, closed at the end; nothing of it runs unless it is asked to."""
    application = open_application(settings)
    try:
        yield application
    finally:
        application.close()


def warn_if_incomplete(application: Application) -> Exit:
    """Say on stderr where catalogue or ledger are incomplete; the exit code of that."""
    try:
        check_complete(application)
    except (Misconfigured, TransientFault) as error:
        click.echo(f"sohoa: {sentences.both(error)}", err=True)
        return exit_of(error)
    return Exit.DONE


def actor() -> str:
    """Who is at the command line, as the operating system knows them."""
    return f"cli:{pwd.getpwuid(os.getuid()).pw_name}"


def paper_named(application: Application, name: str) -> UUID:
    """The paper of an id, or of ``<mã hồ sơ>.<STT>`` as its file is called.

    Raises:
        WrongUse: ``paper.unknown``.
    """
    paper: UUID | None = None
    try:
        paper = UUID(name)
    except ValueError:
        dossier, _, ordinal = name.rpartition(".")
        if ordinal.isdecimal() and ordinal.isascii():
            rows = application.ledger.papers.list_papers(
                offices=application.offices, dossier=dossier.upper()
            )
            paper = next((row.paper for row in rows if row.ordinal == int(ordinal)), None)
    if (
        paper is None
        or application.ledger.papers.get_summary(paper, offices=application.offices) is None
    ):
        raise WrongUse("paper.unknown", "there is no such paper; see them with: sohoa list")
    return paper


def listed(row: PaperSummary) -> Row:
    """A paper as lists show it."""
    return {
        "paper": str(row.paper),
        "dossier": row.dossier,
        "source": numbers_masked(row.source),
        "state": row.state.value,
        "code": row.code,
        "pages": row.pages,
        "kind": row.kind,
        "ordinal": row.ordinal,
        "reason": numbers_masked(row.reason),
        "updated_at": row.updated_at,
    }
