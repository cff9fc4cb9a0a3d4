"""What every command begins with: settings, log and output."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from api import logs
from api.cli.output import Output
from api.settings import read_settings
from workflow import log_context

_R = TypeVar("_R")


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
