"""The command line: ``sohoa COMMAND``. A contract: docs/operations.md and its tests."""

from __future__ import annotations

import importlib
import sys

import click
import structlog

from api import logs
from api.cli.exit_codes import Exit, exit_of
from api.file_modes import make_new_files_private
from api.wording import sentences
from dossier import disk
from dossier.errors import SohoaError
from pages.sandbox.rlimits import forbid_core_dumps

# The module of each command; imported when called, so that `sohoa list` does not load signing.
_COMMANDS = {
    "init": "api.cli.setup",
    "status": "api.cli.setup",
    "trust": "api.cli.trust",
    "signer": "api.cli.signer",
    "rebuild": "api.cli.setup",
    "fixity": "api.cli.setup",
    "ingest": "api.cli.intake",
    "sign": "api.cli.intake",
    "list": "api.cli.papers",
    "show": "api.cli.papers",
    "text": "api.cli.papers",
    "review": "api.cli.papers",
    "split": "api.cli.dossiers",
    "dossier": "api.cli.dossiers",
    "correct": "api.cli.papers",
    "preserve": "api.cli.preservation",
    "renew": "api.cli.preservation",
    "find": "api.cli.finding",
    "export": "api.cli.finding",
    "verify": "api.cli.verify",
    "serve": "api.cli.serve",
    "worker": "api.cli.processes",
    "beat": "api.cli.processes",
    "store-policy": "api.cli.processes",
    "token": "api.cli.token",
    "user": "api.cli.user",
    "audit": "api.cli.audit",
    "webhook": "api.cli.webhook",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order of a paper's way."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, its module imported now."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name])
        command: click.Command = getattr(module, f"{cmd_name.replace('-', '_')}_command")
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def sohoa(context: click.Context, *, as_json: bool) -> None:
    """Số hóa: papers come in, are read, signed, archived and found again."""
    context.obj = as_json


def main() -> None:
    """Run a command and end the process with a documented exit code; no traceback is shown."""
    logs.to_stderr("WARNING")  # until the settings are read
    # Keys and what papers say are in our memory.
    forbid_core_dumps()
    make_new_files_private()
    try:
        ended = sohoa.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        ended = Exit.WRONG_USE
    except click.Abort:
        _say("interrupted: work in progress is kept and goes on with the next start")
        ended = Exit.TRY_AGAIN
    except KeyboardInterrupt:
        _say("interrupted: work in progress is kept and goes on with the next start")
        ended = Exit.TRY_AGAIN
    except SohoaError as error:
        _say(sentences.both(error))
        ended = exit_of(error)
    except BrokenPipeError:
        # The reader closed the pipe; nothing may be flushed to it at exit.
        sys.stdout = None
        ended = Exit.DONE
    except Exception as error:  # noqa: BLE001 - the last border: no traceback reaches a user
        ours = disk.as_ours(error) if isinstance(error, OSError) else None
        if ours is not None:
            _say(f"{ours.code}: {ours.message}")
            sys.exit(int(exit_of(ours)))
        structlog.get_logger().error("cli.fault", error=type(error).__name__)
        _say(f"fault.unexpected: a fault of ours ({type(error).__name__}); nothing was lost")
        ended = Exit.OUR_FAULT
    sys.exit(int(ended or 0))


def _say(sentence: str) -> None:
    click.echo(f"sohoa: {sentence}", err=True)
