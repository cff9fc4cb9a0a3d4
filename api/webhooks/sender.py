"""Sends what the outbox holds; again later where nobody took it.

Only to addresses that the operator gave on the command line, as they stand: no redirect is
followed, and nothing that came in by the API decides where anything is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import structlog

from api.ledger.outbox import Delivery, Outbox, Webhook
from api.webhooks.exchange import posted
from api.webhooks.signature import HEADER, signed
from dossier.errors import WrongUse
from dossier.ports import Clock
from dossier.written import dumps

log = structlog.get_logger()

_ANSWER_SECONDS = 10.0
_A_ROUND = 100
# Other senders leave a delivery to us for so long; an answer is waited for a sixth of it.
_CLAIM = timedelta(minutes=1)
_FIRST_RETRY = timedelta(seconds=10)
_LONGEST_RETRY = timedelta(hours=1)
_MOST_ATTEMPTS = 80  # some three days; after that it is told again only when somebody asks
_LONGEST_URL = 500
_TAKEN = range(200, 300)


def webhook_url(text: str) -> str:
    """An address that messages may be sent to.

    Raises:
        WrongUse: ``webhook.bad-url``.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.username is not None
        or parts.fragment
        or port == 0
        or len(text) > _LONGEST_URL
        or not text.isascii()
        or any(c.isspace() for c in text)
    ):
        raise WrongUse(
            "webhook.bad-url",
            "give an address such as https://motcua.example.vn/sohoa, without user, password or #",
        )
    return text


class Sender:
    """Comes round, sends what is due, and writes down how it went.

    Args:
        outbox: what is to be told where.
        clock: decides what is due.
        ended: whether to stop between two messages.
    """

    def __init__(self, outbox: Outbox, *, clock: Clock, ended: Callable[[], bool]) -> None:
        self._outbox = outbox
        self._clock = clock
        self._ended = ended

    def round(self) -> None:
        """Send what is due now, oldest first. Who does not answer is asked once a round."""
        due = self._outbox.due(now=self._clock.now(), limit=_A_ROUND)
        if not due:
            return
        webhooks = {w.id: w for w in self._outbox.webhooks() if w.stopped_at is None}
        silent: set[UUID] = set()
        for delivery in due:
            webhook = webhooks.get(delivery.webhook)
            if self._ended() or webhook is None or webhook.id in silent:
                continue
            now = self._clock.now()
            if not self._outbox.claim(delivery.id, now=now, until=now + _CLAIM):
                continue
            status = self._send(webhook, delivery)
            if status not in _TAKEN:
                silent.add(webhook.id)
            self._note(delivery, status)

    def _send(self, webhook: Webhook, delivery: Delivery) -> int:
        """The status of the answer; 0 where there was none."""
        body = dumps(delivery.told)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "sohoa",
            "Sohoa-Delivery": str(delivery.id),
            HEADER: signed(webhook.secret, body, at=int(self._clock.now().timestamp())),
        }
        return posted(webhook.url, body, headers, seconds=_ANSWER_SECONDS)

    def _note(self, delivery: Delivery, status: int) -> None:
        now = self._clock.now()
        done = status in _TAKEN
        next_at = None
        if not done:
            log.warning("webhook.not-taken", delivery=delivery.id, status=status)
            if delivery.attempts + 1 < _MOST_ATTEMPTS:
                wait = _FIRST_RETRY * 2 ** min(delivery.attempts, 20)
                next_at = now + min(wait, _LONGEST_RETRY)
        self._outbox.tried(delivery.id, status=status, now=now, next_at=next_at, done=done)
