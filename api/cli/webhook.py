"""``sohoa webhook``: addresses that receive the history of papers."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import click

from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.shared import application_of, operator_of
from api.desk import webhooks
from api.settings import Settings

_COLUMNS = ("webhook", "office", "url", "created_at", "stopped_at")


@click.group("webhook")
def webhook_command() -> None:
    """Manage addresses that receive the history of papers; HTTP cannot."""


@webhook_command.command("add")
@click.argument("url")
@click.option("--office", metavar="CODE", help="Whose papers, with those below; SOHOA_OFFICE.")
@answering
def add(output: Output, settings: Settings, *, url: str, office: str | None) -> int:
    """Subscribe URL from now on; the secret that signs messages is shown this once."""
    with application_of(settings) as application:
        webhook, secret = webhooks.create_webhook(
            application, operator_of(application), url=url, office=office
        )
    if output.as_json:
        output.line({**_row(webhook), "secret": secret})
        return Exit.DONE
    output.rows([_row(webhook)], _COLUMNS)
    output.say("Chỉ hiện một lần / shown this once:")
    click.echo(secret)
    return Exit.DONE


@webhook_command.command("rotate")
@click.argument("webhook", type=click.UUID)
@click.option(
    "--hours",
    type=click.IntRange(0, 24 * 90),
    default=72,
    show_default=True,
    help="How long the present secret signs as well; 0 after a leak.",
)
@answering
def rotate(output: Output, settings: Settings, *, webhook: UUID, hours: int) -> int:
    """Replace the secret of a webhook; messages bear the signatures of both for a while."""
    with application_of(settings) as application:
        secret = webhooks.rotate_secret(application, webhook, overlap=timedelta(hours=hours))
    if output.as_json:
        output.line({"webhook": str(webhook), "secret": secret})
        return Exit.DONE
    output.say("Chỉ hiện một lần / shown this once:")
    click.echo(secret)
    return Exit.DONE


@webhook_command.command("list")
@answering
def list_(output: Output, settings: Settings) -> int:
    """All webhooks, without their secrets."""
    with application_of(settings) as application:
        found = webhooks.list_webhooks(application)
    output.rows((_row(webhook) for webhook in found), _COLUMNS, empty="Chưa có / none.")
    return Exit.DONE


@webhook_command.command("remove")
@click.argument("webhook", type=click.UUID)
@answering
def remove(output: Output, settings: Settings, *, webhook: UUID) -> int:
    """End a subscription; waiting deliveries are not sent."""
    with application_of(settings) as application:
        webhooks.stop_webhook(application, webhook)
    if output.as_json:
        output.line({"webhook": str(webhook), "stopped": True})
    output.say(f"{webhook}: đã dừng / stopped")
    return Exit.DONE


def _row(webhook: webhooks.Webhook) -> dict[str, object]:
    return {
        "webhook": str(webhook.id),
        "office": webhook.office,
        "url": webhook.url,
        "created_at": webhook.created_at,
        "created_by": webhook.created_by,
        "stopped_at": webhook.stopped_at,
    }
