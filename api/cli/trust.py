"""``sohoa trust list``, ``add``, ``export``: the roots that signatures are trusted from."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of
from api.file_modes import user_modes
from api.settings import Settings
from api.signers import trusted_roots

_COLUMNS = ("name", "issuer", "valid_until", "sha256")


@click.group("trust")
def trust_command() -> None:
    """The roots that signers and time-stamping authorities are trusted from."""


@trust_command.command("list")
@answering
def list_command(output: Output, settings: Settings) -> int:
    """List the trusted roots."""
    from signing.trust import describe_certificate  # noqa: PLC0415 - seldom needed

    with application_of(settings) as application:
        roots = trusted_roots(settings, trial=application.trial).roots
    output.rows(
        [describe_certificate(root) for root in roots],
        _COLUMNS,
        empty="Chưa tin cậy CA nào / no root is trusted yet: sohoa trust add FILE",
    )
    return Exit.DONE


@trust_command.command("add")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
)
@answering
def add_command(output: Output, settings: Settings, *, files: tuple[Path, ...]) -> int:
    """Trust the certificates of FILES (PEM or DER), each of an authority."""
    from signing.trust import add_roots, describe_certificate  # noqa: PLC0415 - seldom needed

    added = add_roots(settings.trust_folder, files)
    output.rows(
        [describe_certificate(root) for root in added],
        _COLUMNS,
        empty="Đã tin cậy từ trước / trusted already.",
    )
    return Exit.DONE


@trust_command.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@answering
def export_command(output: Output, settings: Settings, *, folder: Path) -> int:
    """Write each trusted root as a PEM file into DIR."""
    from signing.trust import export_roots  # noqa: PLC0415 - seldom needed

    with application_of(settings) as application:
        roots = trusted_roots(settings, trial=application.trial)
    with user_modes():
        written = export_roots(roots, folder)
    if output.as_json:
        for path in written:
            output.line({"file": str(path)})
    output.say("\n".join(str(path) for path in written))
    return Exit.DONE
