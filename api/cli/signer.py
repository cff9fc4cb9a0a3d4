"""``sohoa signer add``, ``list``: the keys that offices sign with."""

from __future__ import annotations

from pathlib import Path

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.settings import Settings
from dossier.errors import Misconfigured

_COLUMNS = ("office", "name", "signer", "valid_until", "sha256")
_FILE = click.Path(path_type=Path, exists=True, dir_okay=False, readable=True)


@click.group("signer")
def signer_command() -> None:
    """The keys that offices sign with."""


@signer_command.command("add")
@click.argument("p12", metavar="FILE", type=_FILE)
@click.option("--office", required=True, metavar="CODE", help="The office that signs with it.")
@click.option("--name", required=True, help="The office's name, as stamps show it.")
@click.option(
    "--passphrase-file", required=True, type=_FILE, help="Its first line opens the PKCS#12 FILE."
)
@answering
def add_command(
    output: Output, settings: Settings, *, p12: Path, office: str, name: str, passphrase_file: Path
) -> int:
    """Let an office sign with the key of a PKCS#12 FILE from now on."""
    from signing.office_keys import OfficeKeys  # noqa: PLC0415 - costs half a second

    try:
        passphrase = (passphrase_file.read_text(encoding="utf-8").splitlines() or [""])[0]
        content = p12.read_bytes()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(
            "signer.key-missing", "the key file or its passphrase cannot be read; check both paths"
        ) from error
    key = OfficeKeys(settings.signers_folder).add(
        office, name=name, content=content, passphrase=passphrase
    )
    output.rows([_row(key.office, key.name, key.load().certificate)], _COLUMNS)
    return Exit.DONE


@signer_command.command("list")
@answering
def list_command(output: Output, settings: Settings) -> int:
    """List the keys that offices sign with."""
    from signing.office_keys import OfficeKeys  # noqa: PLC0415 - costs half a second

    output.rows(
        [
            _row(key.office, key.name, key.load().certificate)
            for key in OfficeKeys(settings.signers_folder)
        ],
        _COLUMNS,
        empty="Chưa có cơ quan nào có khóa riêng / no office has a key of its own yet.",
    )
    return Exit.DONE


def _row(office: str, name: str, certificate: bytes) -> dict[str, object]:
    from signing.trust import describe_certificate  # noqa: PLC0415 - as above

    described = describe_certificate(certificate)
    return {
        "office": office,
        "name": name,
        "signer": described["name"],
        "valid_until": described["valid_until"],
        "sha256": described["sha256"],
    }
