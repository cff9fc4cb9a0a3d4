"""``sohoa token``: tokens of programs that use the HTTP API."""

from __future__ import annotations

from datetime import timedelta

import click

from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import actor, answering, application_of
from api.settings import Settings
from api.tokens import Scope, new_token
from dossier.codes import office_code
from workflow.ledger.tokens import Token, Tokens

_COLUMNS = ("token", "name", "office", "scopes", "rate", "expires_at", "last_used_at", "revoked_at")


@click.group("token")
def token_command() -> None:
    """Make, list and revoke tokens of programs that use the HTTP API."""


@token_command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([s.value for s in Scope]),
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
        number, text, digest = new_token()
        now = application.clock.now()
        token = Token(
            id=number,
            office=settings.office if office is None else office_code(office),
            name=" ".join(name.split())[:60],
            digest=digest,
            scopes=tuple(dict.fromkeys(scopes)),
            rate=rate,
            created_at=now,
            created_by=actor(),
            expires_at=now + timedelta(days=days),
        )
        Tokens(application.ledger.connections).add(token)
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
        tokens = Tokens(application.ledger.connections).list_tokens()
    output.rows((_row(token) for token in tokens), _COLUMNS, empty="Chưa có / none.")
    return Exit.DONE


@token_command.command("revoke")
@click.argument("tokens", nargs=-1, required=True, metavar="ID...")
@answering
def revoke(output: Output, settings: Settings, *, tokens: tuple[str, ...]) -> int:
    """End tokens at once; ID is the first column of the list."""
    with application_of(settings) as application:
        kept = Tokens(application.ledger.connections)
        for token in tokens:
            kept.revoke(token, now=application.clock.now())
            if output.as_json:
                output.line({"token": token, "revoked": True})
            output.say(f"{token}: đã thu hồi / revoked")
    return Exit.DONE


def _row(token: Token) -> dict[str, object]:
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
