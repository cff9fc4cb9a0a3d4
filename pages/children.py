"""Child processes that decode, render and recognise hostile input, under limits.

A page can crash an engine; it must not crash us. So a job runs in a long-lived process of its own
(``pages.child``) with a memory limit and a deadline, and speaks to us in length-prefixed JSON: not
pickle, since a child that was taken over must not be able to run code here. Its environment holds
no settings of ours, so it knows no password.

A child ends with us whatever ends us: it holds the read end of a pipe whose write end only we have.
(``PR_SET_PDEATHSIG`` would not do: it fires when the *thread* that started the child ends.)
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)

HEADER = struct.Struct(">I")
LONGEST_ANSWER = 64 * 1024 * 1024  # bytes; a page of 5,000 words is about 0.5 MB
_LONGEST_MESSAGE = 1000
_CODE = re.compile(r"[a-z0-9]+(?:[.\-][a-z0-9]+)*")
_TYPE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_JOBS_BEFORE_RECYCLING = 200
_ROOT = Path(__file__).resolve().parents[1]
# What a child may know of our environment: nothing that can hold a secret.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")
_ERRORS: dict[str, type[SohoaError]] = {
    cls.__name__: cls
    for cls in (RejectedInput, WrongUse, Misconfigured, TransientFault, IntegrityViolation)
}


class ChildFault(TransientFault):
    """A job did not come to its end in its child; it may in another one, or later."""


class ChildTimedOut(ChildFault):
    """``child.timed-out``: the deadline passed and the child was killed."""


class ChildCrashed(ChildFault):
    """``child.crashed``: the child ended by itself, or answered what is no answer."""


class ChildKilled(ChildFault):
    """``child.killed``: somebody else ended the child (SIGKILL); the job may be without blame."""


class ChildOutOfMemory(ChildFault):
    """``child.out-of-memory``: the job asked for more than its child may have."""


class ChildFailed(ChildFault):
    """``child.failed``: an exception that is none of ours; only its type crosses."""


class Children:
    """A pool of child processes, for callers on many threads.

    Args:
        size: how many children at most, so how many jobs side by side.
        memory_bytes: RLIMIT_AS of each (address space, so more than what it has resident).
        jobs_each: a child is replaced after this many jobs, to bound what libraries leak.
        scratch: where libraries and programs in children make their temporary files, which a
            killed one leaves there; it must be there. None for the system's own place.
    """

    def __init__(
        self,
        *,
        size: int,
        memory_bytes: int,
        jobs_each: int = _JOBS_BEFORE_RECYCLING,
        scratch: Path | None = None,
    ) -> None:
        if size < 1 or memory_bytes < 1 or jobs_each < 1:
            raise Misconfigured(
                "children.bad-settings", "children need a size and a memory limit of at least one"
            )
        self.size = size
        self._memory_bytes = memory_bytes
        self._jobs_each = jobs_each
        self._scratch = scratch
        self._changed = threading.Condition()
        self._idle: list[_Child] = []
        self._alive: set[_Child] = set()
        self._starting = 0
        self._closed = False
        self._peak_bytes = 0

    def run(self, job: str, arguments: dict[str, Any], *, deadline: float, what: str) -> Any:  # noqa: ANN401 - any JSON value
        """Run a function in a child and return what it returns.

        Args:
            job: ``package.module:function``, imported in the child.
            arguments: its keyword arguments, JSON values; files go by path.
            deadline: seconds from the moment a child takes the job.
            what: what is being worked on, for errors; such as ``paper <uuid> page 3``, without
                names or texts.

        Raises:
            SohoaError: the same one that the job raised.
            ChildTimedOut, ChildCrashed, ChildOutOfMemory, ChildFailed: it did not come to its end.
        """
        request = json.dumps({"job": job, "arguments": arguments}, allow_nan=False).encode()
        child = self._take(job)
        fit = False
        try:
            answer = child.ask(request, job=job, deadline=deadline, what=what)
            self._note_peak(answer)
            fit = child.jobs < self._jobs_each
            return _value(answer, what=what)
        except ChildFault:
            # Who failed in a way that was not foreseen is in a state that nobody knows.
            fit = False
            if self._closed:
                raise TransientFault(
                    "child.closed", f"{what}: the service is stopping; start it and try again"
                ) from None
            raise
        finally:
            self._give_back(child, fit=fit)

    @property
    def peak_bytes(self) -> int:
        """The most memory that any child has had resident so far, bytes."""
        return self._peak_bytes

    def pids(self) -> tuple[int, ...]:
        """The process ids of the children that live now."""
        with self._changed:
            return tuple(sorted(child.pid for child in self._alive))

    def close(self) -> None:
        """End all children; jobs that are running end with ``child.closed``."""
        with self._changed:
            self._closed = True
            alive, idle = list(self._alive), list(self._idle)
            self._idle.clear()
            self._changed.notify_all()
        for child in alive:
            child.kill()
        for child in idle:
            child.hang_up()
        with self._changed:
            self._alive.difference_update(alive)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _take(self, job: str) -> _Child:
        """An idle child, best one that knows the job; else a new one; else wait."""
        with self._changed:
            while True:
                if self._closed:
                    raise TransientFault("child.closed", "the child processes have been ended")
                if self._idle:
                    known = [child for child in self._idle if job in child.known]
                    child = (known or self._idle)[-1]
                    self._idle.remove(child)
                    return child
                if len(self._alive) + self._starting < self.size:
                    self._starting += 1
                    break
                self._changed.wait()
        try:
            child = _Child(self._memory_bytes, self._scratch)
        except OSError as error:
            raise TransientFault(
                "child.not-started", f"no child process could be started ({type(error).__name__})"
            ) from None
        finally:
            with self._changed:
                self._starting -= 1
                self._changed.notify()
        with self._changed:
            if not self._closed:
                self._alive.add(child)
                return child
        child.kill()
        raise TransientFault("child.closed", "the child processes have been ended")

    def _give_back(self, child: _Child, *, fit: bool) -> None:
        if not fit:
            child.kill()
        with self._changed:
            fit = fit and not self._closed
            if fit:
                self._idle.append(child)
            else:
                self._alive.discard(child)
            self._changed.notify()
        if not fit:
            child.kill()
            child.hang_up()

    def _note_peak(self, answer: dict[str, Any]) -> None:
        peak = answer.get("peak")
        if isinstance(peak, int) and not isinstance(peak, bool):
            with self._changed:
                self._peak_bytes = max(self._peak_bytes, peak)


class _Child:
    """One process and the way to it. Used by one thread at a time, but killed from any."""

    def __init__(self, memory_bytes: int, scratch: Path | None) -> None:
        self.known: set[str] = set()
        self.jobs = 0
        self._killing = threading.Lock()
        ours, theirs = socket.socketpair()
        alive_read, self._alive_write = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "pages.child",
                    str(theirs.fileno()),
                    str(alive_read),
                    str(memory_bytes),
                ],
                stdin=subprocess.DEVNULL,
                # What libraries print may hold the text of a page: it goes nowhere.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), alive_read),
                env=_environment(scratch),
                start_new_session=True,
                umask=0o077,
            )
        except OSError:
            ours.close()
            os.close(self._alive_write)
            raise
        finally:
            theirs.close()
            os.close(alive_read)
        self._socket = ours
        self.pid = self._process.pid

    def ask(self, request: bytes, *, job: str, deadline: float, what: str) -> dict[str, Any]:
        """Send a job and wait for the answer."""
        self.jobs += 1
        until = time.monotonic() + deadline
        try:
            self._socket.settimeout(max(deadline, 0.001))
            self._socket.sendall(HEADER.pack(len(request)) + request)
            (length,) = HEADER.unpack(self._receive(HEADER.size, until))
            if length > LONGEST_ANSWER:
                raise ChildCrashed("child.crashed", f"{what}: the answer is too long to be one")
            answer = json.loads(self._receive(length, until), parse_constant=_refuse_constant)
        except TimeoutError:
            raise ChildTimedOut(
                "child.timed-out", f"{what}: not done within {deadline:g} seconds"
            ) from None
        except OSError:
            raise self._ended(what) from None
        except (ValueError, RecursionError):
            raise ChildCrashed("child.crashed", f"{what}: the answer is none") from None
        if not isinstance(answer, dict):
            raise ChildCrashed("child.crashed", f"{what}: the answer is none")
        self.known.add(job)
        return answer

    def _receive(self, length: int, until: float) -> bytes:
        parts: list[bytes] = []
        while length:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            part = self._socket.recv(min(length, 1 << 20))
            if not part:
                raise ConnectionResetError
            parts.append(part)
            length -= len(part)
        return b"".join(parts)

    def _ended(self, what: str) -> ChildFault:
        """How the process ended by itself, or by somebody else's hand."""
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return ChildCrashed("child.crashed", f"{what}: the process hung up")
        if status == -signal.SIGKILL:
            return ChildKilled("child.killed", f"{what}: the process was killed from outside")
        how = f"with status {status}"
        if status < 0:
            with contextlib.suppress(ValueError):
                how = f"by {signal.Signals(-status).name}"
        return ChildCrashed("child.crashed", f"{what}: the process ended {how}")

    def kill(self) -> None:
        """End the process and whatever it started. May be called twice."""
        with self._killing:
            if self._alive_write < 0:
                return
            # Its group bears its id, and lives as long as one member does.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
            os.close(self._alive_write)
            self._alive_write = -1
            # Wakes a thread that waits for an answer; that thread closes the socket.
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def hang_up(self) -> None:
        """Close our end; only for the thread that has the child in hand."""
        self._socket.close()


def _environment(scratch: Path | None) -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if scratch is not None:
        passed["TMPDIR"] = str(scratch.absolute())
    paths = [str(_ROOT), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return passed | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUTF8": "1",
        # One page a core: threads inside an engine only cost (measured for Tesseract).
        "OMP_THREAD_LIMIT": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # Each arena takes 64 MB of address space, which is what is limited.
        "MALLOC_ARENA_MAX": "1",
    }


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _value(answer: dict[str, Any], *, what: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value of an answer, or its error raised. Nothing in it is trusted."""
    if "value" in answer:
        return answer["value"]
    kind, code, message = (answer.get(name) for name in ("error", "code", "message"))
    if kind == "MemoryError":
        raise ChildOutOfMemory(
            "child.out-of-memory", f"{what}: needs more memory than a child may have"
        )
    name = kind if isinstance(kind, str) and _TYPE_NAME.fullmatch(kind) else "unknown"
    made = _ERRORS.get(name)
    if made and isinstance(message, str) and isinstance(code, str) and _CODE.fullmatch(code[:101]):
        text = "".join(c if c.isprintable() else " " for c in message[:_LONGEST_MESSAGE])
        raise made(code, text if text.startswith(what) else f"{what}: {text}")
    raise ChildFailed("child.failed", f"{what}: an unforeseen {name} in the child")
