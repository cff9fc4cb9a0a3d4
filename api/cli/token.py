"""``sohoa token``: tokens of programs that use the HTTP API."""

from __future__ import annotations

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of, operator_of
from api.desk import tokens
from api.desk.caller import Right
from api.settings import Settings

_COLUMNS = ("token", "name", "office", "scopes", "rate", "expires_at", "last_used_at", "revoked_at")


@click.group("token")
def token_command() -> None:
    """Make, list and revoke tokens of programs that use the HTTP API."""


@token_command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([right.value for right in Right]),
    multiple=True,
    required=True,
    help="What it may do; give it several times.",
)
@click.option("--office", metavar="CODE", help="Whose papers, with those below; SOHOA_OFFICE.")
@click.option("--days", type=click.IntRange(1, 3660), default=365, show_default=True)
@click.option(
    "--rate",
    type=click.IntRange(1, 1_000_000),
    default=1200,
    show_default=True,
    help="Requests a minute.",
)
@answering
def create(
    output: Output,
    settings: Settings,
    *,
    name: str,
    scopes: tuple[str, ...],
    office: str | None,
    days: int,
    rate: int,
) -> int:
    """Make a token for a program called NAME; it is shown this once and never again."""
    with application_of(settings) as application:
        token, text = tokens.create_token(
            application,
            operator_of(application),
            name=name,
            rights=scopes,
            office=office,
            days=days,
            rate=rate,
        )
    if output.as_json:
        output.line({**_row(token), "secret": text})
        return Exit.DONE
    output.rows([_row(token)], _COLUMNS)
    output.say("Chỉ hiện một lần / shown this once:")
    click.echo(text)
    return Exit.DONE


@token_command.command("list")
@answering
def list_(output: Output, settings: Settings) -> int:
    """All tokens, without their secrets."""
    with application_of(settings) as application:
        found = tokens.list_tokens(application)
    output.rows((_row(token) for token in found), _COLUMNS, empty="Chưa có / none.")
    return Exit.DONE


@token_command.command("revoke")
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@answering
def revoke(output: Output, settings: Settings, *, ids: tuple[str, ...]) -> int:
    """Revoke tokens at once; ID is the first column of the list."""
    with application_of(settings) as application:
        for token in ids:
            tokens.revoke_token(application, token)
            if output.as_json:
                output.line({"token": token, "revoked": True})
            output.say(f"{token}: đã thu hồi / revoked")
    return Exit.DONE


def _row(token: tokens.Token) -> dict[str, object]:
    return {
        "token": token.id,
        "name": token.name,
        "office": token.office,
        "scopes": list(token.scopes),
        "rate": token.rate,
        "created_at": token.created_at,
        "created_by": token.created_by,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }
