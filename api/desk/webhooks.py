"""Webhooks: subscribe an address, list deliveries, deliver again."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from api.application import Application
from api.desk.caller import Caller, Right
from dossier.codes import office_code
from workflow.ledger.webhooks import Delivery, Webhook
from workflow.webhooks.signature import new_secret

__all__ = [
    "Delivery",
    "Webhook",
    "create_webhook",
    "list_deliveries",
    "list_webhooks",
    "redeliver",
    "rotate_secret",
    "stop_webhook",
]


def create_webhook(
    application: Application, caller: Caller, *, url: str, office: str | None
) -> tuple[Webhook, str]:
    """Subscribe an address to the history of an office's papers and those of offices below.

    Args:
        application: keeps the subscription.
        caller: the operator; no program can create one.
        url: ``https``; ``http`` where the operator lists the host as an exception.
        office: the caller's by default.

    Returns:
        The webhook, and the secret that signs its messages, which is shown once.

    Raises:
        WrongUse: ``webhook.bad-url``, ``webhook.not-https``, ``webhook.secret-in-url``,
            ``office.bad-code``, ``office.unknown``.
    """
    secret = new_secret()
    webhook = Webhook(
        id=application.ids.new(),
        office=caller.office if office is None else office_code(office),
        url=application.settings.webhook_targets.check_url(url),
        secret=secret.encode(),
        created_at=application.clock.now(),
        created_by=caller.author,
    )
    application.outbox.add(webhook)
    return webhook, secret


def list_webhooks(application: Application) -> list[Webhook]:
    """All webhooks, oldest first."""
    return application.outbox.list_webhooks()


def rotate_secret(application: Application, webhook: UUID, *, overlap: timedelta) -> str:
    """Replace the secret of a webhook; the present one signs as well for a while.

    Args:
        application: keeps the subscription.
        webhook: its ID.
        overlap: how long messages bear both signatures.

    Returns:
        The new secret, which is shown once.

    Raises:
        WrongUse: ``webhook.unknown``.
    """
    secret = new_secret()
    until = application.clock.now() + overlap
    application.outbox.rotate(webhook, secret=secret.encode(), until=until)
    return secret


def stop_webhook(application: Application, webhook: UUID) -> None:
    """End a subscription; deliveries that wait are not sent.

    Raises:
        WrongUse: ``webhook.unknown``.
    """
    application.outbox.stop(webhook, now=application.clock.now())


def list_deliveries(
    application: Application, caller: Caller, *, after: int, limit: int
) -> list[Delivery]:
    """Deliveries to the webhooks of the caller's offices, oldest first.

    Args:
        application: keeps them.
        caller: lists them.
        after: only deliveries after this number.
        limit: the most deliveries.
    """
    caller.require(Right.WEBHOOKS)
    return application.outbox.list_deliveries(offices=caller.offices, after=after, limit=limit)


def redeliver(application: Application, caller: Caller, *, first: int, last: int) -> int:
    """Deliver a range again, whatever its result was; how many deliveries that are."""
    caller.require(Right.WEBHOOKS)
    return application.outbox.replay(
        offices=caller.offices, first=first, last=last, now=application.clock.now()
    )
