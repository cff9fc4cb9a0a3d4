"""Counts every change that a process makes to the outside, and ends or hinders it at one of them.

A point is one call that changes what outlives the process or is seen outside it: a file created,
written, synced, named, linked, removed, a folder made or removed, a row written, a transaction
committed, a request sent, a child started. Points are counted where Python hands them to the
operating system or to SQLite, so nobody lists them. Reads and what is said on the terminal are
none.

What a shim does at point number ``at``:

    kill    the process is killed before the point (SIGKILL: no handler, no ``finally`` runs)
    torn    half of what was to be written is written, then it is killed
    fail    the call fails with ``error``, and so does each later one of its kind, as on a disk
            that is full or was mounted anew read-only
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import socket
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_os_write, _readlink, _kill = os.write, os.readlink, os.kill
_RESERVES = frozenset({"create", "write", "mkdir", "link", "sql", "commit"})


@dataclass(frozen=True, slots=True)
class Point:
    """One call.

    Attributes:
        kind: what it does, such as ``fsync``.
        what: to which file (from the watched folder), table or address.
        size: bytes written; else 0.
        source: what is renamed or linked; else empty.
    """

    kind: str
    what: str
    size: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens at one point.

    Attributes:
        at: number of the point, from 1; 0 for never.
        act: ``kill``, ``torn`` or ``fail``.
        error: errno that ``fail`` fails with.
    """

    at: int = 0
    act: str = "kill"
    error: int = errno.ENOSPC


class Shim:
    """Watches one folder, the database in it, and all sockets.

    Args:
        folder: changes elsewhere are not counted.
        log: a file that gets each point as a line of JSON before it happens.
        fault: what happens where.
    """

    def __init__(self, folder: Path, *, log: Path, fault: Fault) -> None:
        self._folder = f"{folder.resolve()}/"
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._fault = fault
        self._count = 0
        self._failing = False
        self._lock = threading.Lock()

    def meet(self, point: Point, *, half: Callable[[], object] | None = None) -> None:
        """Count a point; where the fault is planted here, it happens."""
        with self._lock:
            self._count += 1
            line = json.dumps([self._count, *asdict(point).values()]) + "\n"
            _os_write(self._log, line.encode())
            here = self._count == self._fault.at
            if here and self._fault.act == "torn" and half is not None:
                half()
            if here and self._fault.act in {"kill", "torn"}:
                _kill(os.getpid(), signal.SIGKILL)
            self._failing |= here
            if not (self._failing and self._hinders(point)):
                return
        if point.kind in {"sql", "commit"}:
            refused = sqlite3.OperationalError("planted")
            refused.sqlite_errorcode = (
                sqlite3.SQLITE_READONLY if self._fault.error == errno.EROFS else sqlite3.SQLITE_FULL
            )
            raise refused
        raise OSError(self._fault.error, os.strerror(self._fault.error))

    def _hinders(self, point: Point) -> bool:
        if point.kind in {"request", "connect", "spawn"}:
            return False
        return self._fault.error != errno.ENOSPC or point.kind in _RESERVES

    def name_of(self, path: Any, dir_fd: int | None = None) -> str | None:  # noqa: ANN401 - whatever os takes
        """The name of a file from the watched folder on; None where it lies elsewhere."""
        if isinstance(path, int):
            try:
                full = _readlink(f"/proc/self/fd/{path}")
            except OSError:
                return None
        else:
            full = os.fsdecode(path)
            if dir_fd is not None and not full.startswith("/"):
                full = f"{_readlink(f'/proc/self/fd/{dir_fd}')}/{full}"
            full = os.path.abspath(full)  # noqa: PTH100 - resolve() would follow the last link
        full = full.removesuffix(" (deleted)")
        if f"{full}/" == self._folder:
            return "."
        return full.removeprefix(self._folder) if full.startswith(self._folder) else None

    def install(self) -> None:
        """Put the shim between this process and the outside; for the rest of its life."""
        for name, kind in (
            ("rename", "rename"),
            ("replace", "rename"),
            ("link", "link"),
            ("unlink", "unlink"),
            ("remove", "unlink"),
            ("mkdir", "mkdir"),
            ("rmdir", "rmdir"),
            ("truncate", "truncate"),
            ("ftruncate", "truncate"),
            ("chmod", "chmod"),
            ("fchmod", "chmod"),
            ("utime", "utime"),
            ("fsync", "fsync"),
            ("fdatasync", "fsync"),
        ):
            setattr(os, name, self._counted(getattr(os, name), kind))
        self._install_open()
        self._install_writes()
        self._install_sockets()
        self._install_database()

    def _counted(self, real: Callable[..., Any], kind: str) -> Callable[..., Any]:
        def call(path: Any, *rest: Any, **options: Any) -> Any:  # noqa: ANN401 - as os has it
            two = kind in {"rename", "link"} and bool(rest)
            name = self.name_of(rest[0] if two else path, options.get("dir_fd"))
            if name is not None:
                source = self.name_of(path) if two else None
                self.meet(Point(kind, name, source=source or ""))
            return real(path, *rest, **options)

        return call

    def _install_open(self) -> None:
        shim, os_open, io_open = self, os.open, io.open

        def opened(path: Any, flags: int, *rest: Any, **options: Any) -> int:  # noqa: ANN401 - as os has it
            name = shim.name_of(path, options.get("dir_fd"))
            if name is not None and flags & (os.O_CREAT | os.O_TRUNC):
                shim.meet(Point("create", name))
            return os_open(path, flags, *rest, **options)

        class Raw(io.FileIO):
            def write(self, content: Any, /) -> int:  # noqa: ANN401 - any buffer
                view = memoryview(content).cast("B")
                name = shim.name_of(self.fileno())
                if name is not None:
                    half = len(view) // 2
                    shim.meet(
                        Point("write", name, len(view)),
                        half=lambda: super(Raw, self).write(view[:half]),
                    )
                return super().write(view)

        def opened_file(  # noqa: PLR0917 - io.open takes them by place too
            file: Any,  # noqa: ANN401 - a path or a descriptor
            mode: str = "r",
            buffering: int = -1,
            encoding: str | None = None,
            errors: str | None = None,
            newline: str | None = None,
            closefd: bool = True,  # noqa: FBT001, FBT002 - as io.open
            opener: Any = None,  # noqa: ANN401 - as io.open
        ) -> Any:  # noqa: ANN401 - as io.open
            if not set(mode) & set("wax+"):
                return io_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
            if not isinstance(file, int) and opener is None:
                name = shim.name_of(file)
                if name is not None:
                    shim.meet(Point("create", name))
            raw = Raw(file, mode.replace("b", "").replace("t", ""), closefd, opener)
            if buffering == 0:
                return raw
            made: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return made if "b" in mode else io.TextIOWrapper(made, encoding, errors, newline)

        os.open = opened
        io.open = opened_file
        builtins.open = opened_file

    def _install_writes(self) -> None:
        for name in ("write", "pwrite", "sendfile", "copy_file_range", "splice"):
            real = getattr(os, name)
            place = {"copy_file_range": 1, "splice": 1}.get(name, 0)

            def write(
                *args: Any,  # noqa: ANN401 - as os has it
                real: Callable[..., Any] = real,
                place: int = place,
                **options: Any,  # noqa: ANN401 - as os has it
            ) -> Any:  # noqa: ANN401 - as os has it
                name = self.name_of(args[place])
                if name is not None:
                    self.meet(Point("write", name))
                return real(*args, **options)

            setattr(os, name, write)

    def _install_sockets(self) -> None:
        shim = self
        sendall, send, connect = socket.socket.sendall, socket.socket.send, socket.socket.connect
        begin = subprocess.Popen.__init__

        def counted_sendall(self: socket.socket, content: Any, *flags: int) -> None:  # noqa: ANN401 - any buffer
            half = memoryview(content).cast("B")[: len(content) // 2]
            shim.meet(
                Point("request", self.family.name, len(content)), half=lambda: sendall(self, half)
            )
            sendall(self, content, *flags)

        def counted_send(self: socket.socket, content: Any, *flags: int) -> int:  # noqa: ANN401 - any buffer
            shim.meet(Point("request", self.family.name, len(content)))
            return send(self, content, *flags)

        def counted_connect(self: socket.socket, address: Any) -> None:  # noqa: ANN401 - as socket has it
            shim.meet(Point("connect", self.family.name))
            connect(self, address)

        def counted_begin(self: Any, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as Popen has it
            shim.meet(Point("spawn", "child"))
            begin(self, *args, **options)

        socket.socket.sendall = counted_sendall  # type: ignore[method-assign,assignment] # the shim
        socket.socket.send = counted_send  # type: ignore[method-assign,assignment] # the same
        socket.socket.connect = counted_connect  # type: ignore[method-assign,assignment] # the same
        subprocess.Popen.__init__ = counted_begin  # type: ignore[method-assign] # the same

    def _install_database(self) -> None:
        shim, connect = self, sqlite3.connect

        class Cursor(sqlite3.Cursor):
            def execute(self, statement: str, *args: Any) -> Any:  # noqa: ANN401 - as sqlite3 has it
                verb, *words = statement.split(None, 3)[:3]
                if verb.upper() in {"INSERT", "UPDATE", "DELETE", "CREATE", "REPLACE"}:
                    shim.meet(Point("sql", f"{verb.lower()} {' '.join(words).lower()}"))
                return super().execute(statement, *args)

            def executemany(self, statement: str, rows: Any, /) -> Any:  # noqa: ANN401 - as sqlite3 has it
                shim.meet(Point("sql", " ".join(statement.split(None, 3)[:3]).lower()))
                return super().executemany(statement, rows)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:  # noqa: ANN401 - as sqlite3 has it
                return super().cursor(factory)

            def commit(self) -> None:
                if self.in_transaction:
                    shim.meet(Point("commit", "sohoa.db"))
                super().commit()

        def counted(*args: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 - as sqlite3 has it
            return connect(*args, factory=Connection, **options)

        sqlite3.connect = counted  # type: ignore[assignment] # the shim
        sqlite3.dbapi2.connect = counted  # type: ignore[assignment] # the same
