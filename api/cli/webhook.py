"""``sohoa webhook``: addresses that moves of papers are told at."""

from __future__ import annotations

from uuid import UUID

import click

from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import actor, answering, application_of
from api.settings import Settings
from dossier.codes import office_code
from workflow.ledger.webhooks import Webhook
from workflow.webhooks.signature import new_secret

_COLUMNS = ("webhook", "office", "url", "created_at", "stopped_at")


@click.group("webhook")
def webhook_command() -> None:
    """Say where moves of papers are told; nobody can by HTTP."""


@webhook_command.command("add")
@click.argument("url")
@click.option("--office", metavar="CODE", help="Whose papers; SOHOA_OFFICE.")
@answering
def add(output: Output, settings: Settings, *, url: str, office: str | None) -> int:
    """Tell moves at URL from now on; the secret that signs them is shown this once."""
    with application_of(settings) as application:
        secret = new_secret()
        webhook = Webhook(
            id=application.ids.new(),
            office=settings.office if office is None else office_code(office),
            url=settings.webhook_targets.check_url(url),
            secret=secret.encode(),
            created_at=application.clock.now(),
            created_by=actor(),
        )
        application.outbox.add(webhook)
    if output.as_json:
        output.line({**_row(webhook), "secret": secret})
        return Exit.DONE
    output.rows([_row(webhook)], _COLUMNS)
    output.say("Chỉ hiện một lần / shown this once:")
    click.echo(secret)
    return Exit.DONE


@webhook_command.command("list")
@answering
def list_(output: Output, settings: Settings) -> int:
    """All webhooks, without their secrets."""
    with application_of(settings) as application:
        webhooks = application.outbox.list_webhooks()
    output.rows((_row(webhook) for webhook in webhooks), _COLUMNS, empty="Chưa có / none.")
    return Exit.DONE


@webhook_command.command("remove")
@click.argument("webhook", type=click.UUID)
@answering
def remove(output: Output, settings: Settings, *, webhook: UUID) -> int:
    """Tell nothing there any more, not even what still waits."""
    with application_of(settings) as application:
        application.outbox.stop(webhook, now=application.clock.now())
    if output.as_json:
        output.line({"webhook": str(webhook), "stopped": True})
    output.say(f"{webhook}: đã dừng / stopped")
    return Exit.DONE


def _row(webhook: Webhook) -> dict[str, object]:
    return {
        "webhook": str(webhook.id),
        "office": webhook.office,
        "url": webhook.url,
        "created_at": webhook.created_at,
        "created_by": webhook.created_by,
        "stopped_at": webhook.stopped_at,
    }
