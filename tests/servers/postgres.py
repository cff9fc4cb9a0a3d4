"""A real PostgreSQL for the tests."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
from servers.starting import Server, free_port, program

_NUMBERS = count(1)


@dataclass(frozen=True)
class Postgres:
    """A running PostgreSQL.

    Attributes:
        address: ``postgresql://...`` of a superuser, the database's name left out.
        server: None where it was started by somebody else.
    """

    address: str
    server: Server | None

    def new_database(self) -> str:
        """Make an empty database; its address as SQLAlchemy takes it."""
        name = f"test_{os.getpid()}_{next(_NUMBERS)}"
        with psycopg.connect(f"{self.address}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"{self.address.replace('postgresql://', 'postgresql+psycopg://')}/{name}"


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL whose commits are as durable as in the field."""
    given = os.environ.get("SOHOA_TEST_POSTGRES", "")
    if given:
        yield Postgres(given.rstrip("/"), None)
        return
    initdb, server_program = postgres_program("initdb"), postgres_program("postgres")
    with tempfile.TemporaryDirectory(prefix="sohoa-postgres-") as folder:
        data = Path(folder, "data")
        owner = as_owner(Path(folder))
        subprocess.run(
            [*owner, initdb, "-D", data, "-U", "sohoa", "-A", "trust", "-E", "UTF8", "--locale=C"],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        port = free_port()
        address = f"postgresql://sohoa@127.0.0.1:{port}"
        server = Server(
            command=(
                *owner,
                server_program,
                *("-D", str(data), "-p", str(port), "-k", folder),
                *("-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"),
            ),
            log=Path(folder, "log"),
            ready=lambda: _answers(address),
            # Fast shutdown: connections are ended, not waited for.
            stop_signal=signal.SIGINT,
        )
        with server.running():
            yield Postgres(address, server)


def postgres_program(name: str) -> str:
    """The path of one of PostgreSQL's programs, of the youngest version there is."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    return program(name, beside=versions[::-1], package="postgresql")


def as_owner(folder: Path) -> tuple[str, ...]:
    """What to put before a command so that it does not run as root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return ()
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return (
        program("setpriv", package="util-linux"),
        *(f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--"),
    )


def _answers(address: str) -> bool:
    try:
        psycopg.connect(f"{address}/postgres", connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True
