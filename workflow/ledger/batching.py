"""Scans that many threads bring at the same moment are written by one, in one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from dossier.errors import TransientFault
from workflow.ledger.types import Answer, Incoming

_MOST = 32  # in one transaction: who comes first shall not wait long for who comes last
# What a database says that refused something: this may be the fault of one of many.
_REFUSED = "database.fault"


class _Waiting:
    """A thread's scan until it is answered."""

    def __init__(self, asked: Incoming) -> None:
        self.asked = asked
        self.answers: list[Answer] = []  # one, once there is one
        self.error: BaseException | None = None
        # Set when it is answered, or when its thread is to write for all that wait.
        self.woken = threading.Event()

    @property
    def over(self) -> bool:
        return bool(self.answers) or self.error is not None


class Gathering:
    """Threads that hand in while a transaction is under way are gathered for the next one.

    Nobody waits for company: who comes alone is written alone, at once. Nobody is told before the
    transaction that holds theirs is committed, so a crash loses what nobody was told of.

    Args:
        write: writes all of these in one transaction and returns an answer to each, in their order.
    """

    def __init__(self, write: Callable[[Sequence[Incoming]], Sequence[Answer]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._line: deque[_Waiting] = deque()
        self._busy = False

    def take(self, asked: Incoming) -> Answer:
        """The answer to this, once it is committed.

        Raises:
            SohoaError: what ``write`` raised for this, or for all that it was gathered with.
        """
        mine = _Waiting(asked)
        with self._lock:
            self._line.append(mine)
            waits = self._busy
            self._busy = True
        if waits:
            mine.woken.wait()
        if not mine.over:
            self._write_for_all()
        if mine.error is not None:
            raise mine.error
        return mine.answers[0]

    def _write_for_all(self) -> None:
        with self._lock:
            group = [self._line.popleft() for _ in range(min(_MOST, len(self._line)))]
        try:
            self._answer(group)
        finally:
            with self._lock:
                after = self._line[0] if self._line else None
                self._busy = after is not None
            if after is not None:
                after.woken.set()
            for waiting in group:
                waiting.woken.set()

    def _answer(self, group: Sequence[_Waiting]) -> None:
        try:
            answers = self._write([waiting.asked for waiting in group])
            for waiting, answer in zip(group, answers, strict=True):
                waiting.answers.append(answer)
        except BaseException as error:  # noqa: BLE001 - told to each who waits
            if len(group) > 1 and isinstance(error, TransientFault) and error.code == _REFUSED:
                for waiting in group:
                    self._answer([waiting])
                return
            for waiting in group:
                waiting.error = error
