"""Group commit: scans that threads submit at the same moment share one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence

from dossier.errors import TransientFault
from workflow.ledger.types import IncomingScan, IntakeResult

_MAX_BATCH = 32  # scans in one transaction, so that the first does not wait long for the last
# The database refused a statement: one scan of the batch may be the cause.
_REFUSED = "database.fault"


class _Pending:
    """A submitted scan until its result is known."""

    def __init__(self, scan: IncomingScan) -> None:
        self.scan = scan
        self.result: IntakeResult | None = None
        self.error: BaseException | None = None
        # Set when the result is known, or when its thread must write the next batch.
        self.woken = threading.Event()

    @property
    def done(self) -> bool:
        return self.result is not None or self.error is not None


class WriteBatcher:
    """Collects scans submitted during a running transaction for the next one.

    A scan submitted alone is written at once: no timer delays it. A thread gets its result after
    the commit, so a crash loses nothing that was acknowledged.

    Args:
        write: writes a batch in one transaction; returns a result for each scan, in order.
    """

    def __init__(self, write: Callable[[Sequence[IncomingScan]], Sequence[IntakeResult]]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._pending: deque[_Pending] = deque()
        self._busy = False

    def submit(self, scan: IncomingScan) -> IntakeResult:
        """Write a scan; return its result once it is committed.

        Raises:
            SohoaError: ``write`` raised it for this scan, or for its whole batch.
        """
        mine = _Pending(scan)
        with self._lock:
            self._pending.append(mine)
            must_wait = self._busy
            self._busy = True
        if must_wait:
            mine.woken.wait()
        if not mine.done:
            self._write_batch()
        if mine.error is not None:
            raise mine.error
        if mine.result is None:
            raise TransientFault("fault.unexpected", "the batch ended without a result")
        return mine.result

    def _write_batch(self) -> None:
        with self._lock:
            batch = [self._pending.popleft() for _ in range(min(_MAX_BATCH, len(self._pending)))]
        try:
            self._set_results(batch)
        finally:
            with self._lock:
                successor = self._pending[0] if self._pending else None
                self._busy = successor is not None
            if successor is not None:
                successor.woken.set()
            for pending in batch:
                pending.woken.set()

    def _set_results(self, batch: Sequence[_Pending]) -> None:
        try:
            results = self._write([pending.scan for pending in batch])
            for pending, result in zip(batch, results, strict=True):
                pending.result = result
        except BaseException as error:  # noqa: BLE001 - raised in each waiting thread
            if len(batch) > 1 and isinstance(error, TransientFault) and error.code == _REFUSED:
                # One by one, so that a single bad scan does not fail the others.
                for pending in batch:
                    self._set_results([pending])
                return
            for pending in batch:
                pending.error = error
