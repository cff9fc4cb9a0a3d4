"""``sohoa worker``, ``beat``, ``store-policy``: distributed mode's processes, and its rights."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click

from api import bootstrap, metrics
from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of
from api.settings import Settings
from dossier.errors import WrongUse
from workflow.pipeline.celery import QUEUES


@click.command("worker")
@click.option(
    "--queues",
    default=",".join(QUEUES),
    show_default=True,
    metavar="NAME,...",
    help="From which queues to take work.",
)
@answering
def worker_command(output: Output, settings: Settings, *, queues: str) -> int:
    """Process papers of all receiving services, until SIGTERM (SOHOA_BROKER must be set)."""
    wanted = tuple(dict.fromkeys(name.strip() for name in queues.split(",") if name.strip()))
    if not wanted or not set(wanted) <= set(QUEUES):
        raise WrongUse("worker.no-such-queue", f"--queues takes some of: {', '.join(QUEUES)}")
    with application_of(settings) as application, metrics.exported(settings) as measured:
        process = bootstrap.worker(application, watch=measured.note)
        process.run(wanted, ready=_ready(output, {"working": list(wanted)}))
    return Exit.DONE


@click.command("beat")
@answering
def beat_command(output: Output, settings: Settings) -> int:
    """Schedule periodic jobs, until SIGTERM; one for all workers is enough."""
    bootstrap.beat(settings, ready=_ready(output, {"beating": True}))
    return Exit.DONE


@click.command("store-policy")
@answering
def store_policy_command(output: Output, settings: Settings) -> int:
    """Print the least that the service's user of an S3 store needs: no right to delete."""
    del output  # a policy is always JSON
    click.echo(json.dumps(bootstrap.store_policy(settings), indent=2))
    return Exit.DONE


def _ready(output: Output, row: dict[str, object]) -> Callable[[], None]:
    def ready() -> None:
        if output.as_json:
            output.line(row)
        else:
            output.say("Đang làm việc / at work.")
        sys.stdout.flush()

    return ready
