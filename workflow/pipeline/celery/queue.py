"""The queue between processes: Celery on Redis, or on RabbitMQ by its address alone.

A message carries the id of a paper and nothing else. Its consumer asks the ledger for the next
paper of that lane. So a message that is lost, doubled or late is harmless; the beat counts messages
and waiting papers, and sends the missing messages.
"""

from __future__ import annotations

import threading
import time
from typing import Any
from uuid import UUID

import structlog
from celery import Celery
from kombu.exceptions import KombuError, OperationalError

from dossier.errors import TransientFault
from workflow.pipeline.celery import HOUSEKEEPING
from workflow.pipeline.steps import Lane

log = structlog.get_logger()

ADVANCE = "sohoa.advance"
REQUEUE = "sohoa.requeue"
TIDY = "sohoa.tidy"

# Longer than the longest step: a message in progress is not redelivered.
_VISIBLE_SECONDS = 3 * 3600
_CONNECT_SECONDS = 2.0
# Circuit breaker: after a failure no message is sent for so long; the beat sends it later.
_BREAKER_SECONDS = 5.0


def make_celery(broker: str) -> Celery:
    """The Celery application of producers, workers and beat.

    Args:
        broker: its address, with the password.
    """
    app = Celery("sohoa", broker=broker, set_as_current=False)
    options: dict[str, Any] = {}
    if broker.startswith("redis"):
        options = {
            "visibility_timeout": _VISIBLE_SECONDS,
            "socket_connect_timeout": _CONNECT_SECONDS,
            "socket_timeout": 30.0,
            "socket_keepalive": True,
            "health_check_interval": 20,
        }
    app.conf.update(
        accept_content=["json"],
        # The polling loop sends none; RabbitMQ would close the connection of an idle worker.
        broker_heartbeat=0,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=_CONNECT_SECONDS,
        broker_transport_options=options,
        enable_utc=True,
        task_acks_late=True,
        task_create_missing_queues=True,
        task_default_queue=HOUSEKEEPING,
        task_ignore_result=True,
        task_publish_retry=False,
        task_reject_on_worker_lost=True,
        task_serializer="json",
        worker_cancel_long_running_tasks_on_connection_loss=False,
        # Restoring the count deadlocks: a thread reads the reply for which another one waits.
        worker_enable_prefetch_count_reduction=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_log_color=False,
        # One running and one prefetched. A prefetched message blocks no paper: the ledger chooses.
        worker_prefetch_multiplier=2,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
    )
    return app


class CeleryQueue:
    """Announces papers to workers.

    Args:
        app: as ``make_celery`` makes it.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._broken_until = 0.0
        self._lock = threading.Lock()

    def nudge(self, paper: UUID, lane: Lane) -> None:
        """Announce work in a lane; a broker that does not answer is only logged."""
        if time.monotonic() < self._broken_until:
            return
        try:
            self._app.send_task(ADVANCE, args=[str(paper)], queue=lane.value, retry=False)
        except (OperationalError, KombuError, OSError) as error:
            with self._lock:
                self._broken_until = time.monotonic() + _BREAKER_SECONDS
            log.warning("broker.no-answer", error=type(error).__name__)

    def waiting(self, lane: Lane) -> int:
        """The number of messages in a lane's queue that no worker has received.

        Raises:
            TransientFault: ``broker.no-answer``.
        """
        try:
            with self._app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, timeout=_CONNECT_SECONDS)
                with connection.channel() as channel:
                    # As a worker declares it: RabbitMQ refuses any difference.
                    declared = channel.queue_declare(
                        queue=lane.value, durable=True, auto_delete=False
                    )
                    return int(declared.message_count)
        except (OperationalError, KombuError, OSError) as error:
            raise _no_answer(error) from None

    def check(self) -> None:
        """Check that the broker answers.

        Raises:
            TransientFault: ``broker.no-answer``.
        """
        try:
            with self._app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, timeout=_CONNECT_SECONDS)
        except (OperationalError, KombuError, OSError) as error:
            raise _no_answer(error) from None


def _no_answer(error: Exception) -> TransientFault:
    return TransientFault(
        "broker.no-answer",
        f"the broker does not answer ({type(error).__name__}); papers are kept, and processed "
        "once it is back",
    )
