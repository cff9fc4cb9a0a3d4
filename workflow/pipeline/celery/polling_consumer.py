"""Celery's consumer with a polling loop that reconnects after a lost acknowledgement.

When Redis is down while a task ends, its acknowledgement is lost. Celery only logs that; the
message counts against the prefetch limit for ever, and the worker receives no more (seen with 5.7
in both of its loops; its issue 10302). Celery's synchronous loop also polls every two seconds only;
until then finished messages stay unacknowledged, and no new one is received.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from celery import bootsteps
from celery.worker import state
from celery.worker.consumer import Consumer

_POLL_SECONDS = 0.1


class PollingConsumer(Consumer):  # type: ignore[misc]  # Celery has no types
    """Celery's consumer with a polling loop."""

    lost: BaseException | None = None
    """The error of a failed acknowledgement."""

    def loop(self, _: object, connection: Any, consumer: Any, blueprint: Any, *rest: Any) -> None:  # noqa: ANN401 - Celery's own
        """Consume messages until the worker stops.

        Raises:
            OSError: the connection was lost; Celery reconnects and calls this again.
        """
        qos = rest[1]
        take = self.create_task_handler()

        def on_message(message: Any) -> None:  # noqa: ANN401 - as above
            message.ack_log_error = partial(self._acknowledge, message)
            take(message)

        consumer.on_message = on_message
        consumer.consume()
        self.on_ready()
        while blueprint.state == bootsteps.RUN and self.connection:
            state.maybe_shutdown()
            if qos.prev != qos.value:
                qos.update()
            self.perform_pending_operations()
            if self.lost is not None:
                lost, self.lost = self.lost, None
                raise lost
            try:
                connection.drain_events(timeout=_POLL_SECONDS)
            except TimeoutError:
                continue
            except OSError:
                if blueprint.state == bootsteps.RUN:
                    raise

    def _acknowledge(self, message: Any, _logger: object, errors: tuple[Any, ...]) -> None:  # noqa: ANN401 - as above
        try:
            message.ack()
        except errors as error:
            self.lost = error
