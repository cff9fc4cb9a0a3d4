"""The queue between processes: Celery on Redis, or on RabbitMQ by its address alone.

A message carries the id of a paper and nothing else, and is only a nudge: who takes it asks the
ledger for the oldest paper of that lane. So a message that is lost, doubled or late is harmless;
the beat counts messages and waiting papers, and adds what is missing.
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

# Longer than the longest step: a message that somebody still works on is not given to another.
_VISIBLE_SECONDS = 3 * 3600
_CONNECT_SECONDS = 2.0
# After a broker did not answer, nobody waits for it again for so long: the beat makes up for it.
_REST_SECONDS = 5.0


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
        # Nobody would send them in our plain loop; RabbitMQ would hang up on an idle worker.
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
        # It would be given back by a thread that reads what another waits for: both wait for ever.
        worker_enable_prefetch_count_reduction=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_log_color=False,
        # One to do and one at hand. A nudge at hand holds no paper back: another worker takes it.
        worker_prefetch_multiplier=2,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
    )
    return app


class CeleryQueue:
    """Where papers are told to workers.

    Args:
        app: as ``make_celery`` makes it.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._rests_until = 0.0
        self._lock = threading.Lock()

    def nudge(self, paper: UUID, lane: Lane) -> None:
        """Tell that something is to do in a lane; a broker that does not answer is only logged."""
        if time.monotonic() < self._rests_until:
            return
        try:
            self._app.send_task(ADVANCE, args=[str(paper)], queue=lane.value, retry=False)
        except (OperationalError, KombuError, OSError) as error:
            with self._lock:
                self._rests_until = time.monotonic() + _REST_SECONDS
            log.warning("broker.no-answer", error=type(error).__name__)

    def waiting(self, lane: Lane) -> int:
        """How many messages wait in a lane's queue, those in somebody's hand not counted.

        Raises:
            TransientFault: ``broker.no-answer``.
        """
        try:
            with self._app.connection_for_write() as connection:
                connection.ensure_connection(max_retries=1, timeout=_CONNECT_SECONDS)
                with connection.channel() as channel:
                    # As a worker declares it: RabbitMQ refuses any difference.
                    told = channel.queue_declare(queue=lane.value, durable=True, auto_delete=False)
                    return int(told.message_count)
        except (OperationalError, KombuError, OSError) as error:
            raise _no_answer(error) from None

    def check(self) -> None:
        """See that the broker answers.

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
        f"the broker does not answer ({type(error).__name__}); papers are kept, and worked off "
        "once it is back",
    )
