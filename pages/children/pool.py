"""A pool of fork servers, for callers on many threads."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dossier.errors import Misconfigured, TransientFault
from pages.children.answers import value_of
from pages.children.faults import ChildFault
from pages.children.jobs import JobGroup
from pages.children.layers import Layers
from pages.children.server import ForkServer, Job
from pages.sandbox.probe import Walls, outside

_PROBE_SECONDS = 30.0
# What prepares a fork server for jobs that open files.
PRELOAD: tuple[str, dict[str, Any]] = ("pages.preload:preload", {})


class Children:
    """Runs each job in a process of its own, confined and under limits.

    Args:
        size: how many jobs at most run side by side.
        memory_bytes: RLIMIT_AS of each (address space, so more than what it has resident).
        scratch: an existing folder in which each child has two of its own; None for the system's
            own place.
        programs: whether jobs may start programs, as ``pytesseract`` and ``pdf2image`` do.
        layers: what confines children; all that the machine offers where None.
    """

    def __init__(
        self,
        *,
        size: int,
        memory_bytes: int,
        scratch: Path | None = None,
        programs: bool = False,
        layers: Layers | None = None,
    ) -> None:
        if size < 1 or memory_bytes < 1:
            raise Misconfigured(
                "children.bad-settings", "children need a size and a memory limit of at least one"
            )
        self.size = size
        self._memory_bytes = memory_bytes
        self._scratch = scratch
        self._programs = programs
        self._layers = layers
        self._changed = threading.Condition()
        self._idle: list[ForkServer] = []
        self._alive: set[ForkServer] = set()
        self._starting = 0
        self._closed = False
        self._peak_bytes = 0
        # bwrap --die-with-parent watches the thread that started it: this one stays.
        self._starter = ThreadPoolExecutor(1, thread_name_prefix="children")

    def run(
        self,
        job: str,
        arguments: dict[str, Any],
        *,
        deadline: float,
        what: str,
        reads: Mapping[str, Path | bytes] | None = None,
        writes: Mapping[str, Path] | None = None,
        scratch: str | None = None,
        prepare: tuple[str, dict[str, Any]] | None = None,
        group: JobGroup | None = None,
    ) -> Any:  # noqa: ANN401 - any JSON value
        """Run a function in a child and return what it returns.

        Args:
            job: ``package.module:function``, imported in the child.
            arguments: its keyword arguments, JSON values.
            deadline: seconds from the moment a child takes the job; of CPU time too.
            what: what is being worked on, for errors; such as ``paper <uuid> page 3``, without
                names or texts.
            reads: files that the job may read, by the argument that gets the path it reads from.
            writes: where files that the job writes shall end, by the argument that gets the path
                it writes to. What it does not write is left out.
            scratch: the argument that gets the path of an empty folder.
            prepare: ``package.module:function`` and its arguments, which imports libraries or loads
                an engine; called once in each fork server, never with a file.
            group: cancels the job, and limits its CPU time together with that of others.

        Raises:
            SohoaError: the same one that the job raised.
            BudgetExceeded, TransientFault ``child.cancelled``: as ``JobGroup.check``.
            ChildTimedOut, ChildCrashed, ChildKilled, ChildOutOfMemory, ChildFailed: it did not
                come to its end.
        """
        reads, writes = reads or {}, writes or {}
        group = group or JobGroup()
        group.check(what)
        server = self._take()
        try:
            with group.running(server, what=what) as spend:
                files = server.files.place(reads, writes, scratch, what=what)
                limit = group.deadline(deadline)
                answer, ended = server.run(Job(job, arguments | files, prepare, limit, what))
                spend(ended.cpu_seconds)
            with self._changed:
                self._peak_bytes = max(self._peak_bytes, ended.peak_bytes)
            value = value_of(answer, what=what)
            server.files.collect(writes, what=what)
        except ChildFault:
            if self._closed:
                raise TransientFault(
                    "child.closed", f"{what}: the service is stopping; start it and try again"
                ) from None
            raise
        else:
            return value
        finally:
            self._release(server)

    @cached_property
    def walls(self) -> Walls:
        """What confines children, as seen from inside one.

        Raises:
            TransientFault: no child could be started.
        """
        with tempfile.TemporaryDirectory(prefix="walls-", dir=self._scratch) as folder:
            secret = Path(folder, "secret")
            secret.write_bytes(b"")
            seen = self.run(
                "pages.sandbox.probe:attempt",
                {"outside": outside(str(secret))},
                deadline=_PROBE_SECONDS,
                what="the sandbox",
            )
        return Walls.from_json(seen)

    @property
    def peak_bytes(self) -> int:
        """The most memory that any job has had resident so far, bytes."""
        return self._peak_bytes

    def pids(self) -> tuple[int, ...]:
        """The process ids of the fork servers that live now."""
        with self._changed:
            return tuple(sorted(server.pid for server in self._alive))

    def close(self) -> None:
        """End all children; jobs that are running end with ``child.closed``."""
        with self._changed:
            self._closed = True
            alive, idle = list(self._alive), list(self._idle)
            self._idle.clear()
            self._changed.notify_all()
        for server in alive:
            server.kill()
        for server in idle:
            server.hang_up()
        with self._changed:
            self._alive.difference_update(alive)
        self._starter.shutdown(wait=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self) -> ForkServer:
        """An idle fork server; else a new one; else wait."""
        with self._changed:
            while True:
                if self._closed:
                    raise _closed()
                if self._idle:
                    return self._idle.pop()
                if len(self._alive) + self._starting < self.size:
                    self._starting += 1
                    break
                self._changed.wait()
        try:
            server = self._starter.submit(self._start).result()
        except OSError as error:
            raise TransientFault(
                "child.not-started", f"no child process could be started ({type(error).__name__})"
            ) from None
        except RuntimeError:  # closed meanwhile
            raise _closed() from None
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
        with self._changed:
            if not self._closed:
                self._alive.add(server)
                return server
        server.kill()
        raise _closed()

    def _start(self) -> ForkServer:
        return ForkServer(
            self._memory_bytes,
            layers=self._layers or Layers.available(),
            programs=self._programs,
            scratch=self._scratch,
        )

    def _release(self, server: ForkServer) -> None:
        fit = server.idle and server.files.empty()
        if not fit:
            server.kill()
        with self._changed:
            fit = fit and not self._closed
            if fit:
                self._idle.append(server)
            else:
                self._alive.discard(server)
            self._changed.notify()
        if not fit:
            server.kill()
            server.hang_up()


def _closed() -> TransientFault:
    return TransientFault("child.closed", "the child processes have been ended")
