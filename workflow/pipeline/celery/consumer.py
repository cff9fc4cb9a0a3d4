"""How a worker takes messages: a plain loop that looks up often, and connects anew when it must.

A message whose acknowledgement was lost, since Redis was away, counts as in hand for ever: Celery
only logs it, and takes no other any more (seen with 5.7, in each of its loops; its issue 10302).
Its plain loop besides looks up every two seconds only; until then what is done stays
unacknowledged, and nothing new is taken.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from celery import bootsteps
from celery.worker import state
from celery.worker.consumer import Consumer

_LOOK_SECONDS = 0.1


class PlainConsumer(Consumer):  # type: ignore[misc]  # Celery has no types
    """Celery's consumer, with a loop of ours."""

    lost: BaseException | None = None
    """Why something could not be acknowledged."""

    def loop(self, _: object, connection: Any, consumer: Any, blueprint: Any, *told: Any) -> None:  # noqa: ANN401 - Celery's own
        """Take messages until told to stop.

        Raises:
            OSError: the broker was lost; Celery connects again, and comes back here.
        """
        qos = told[1]
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
                connection.drain_events(timeout=_LOOK_SECONDS)
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
