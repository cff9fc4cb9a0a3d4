"""The compose file's services as processes of this machine: what containers would be started with.

Commands, entrypoints, environment and health checks are read out of ``docker-compose.yml`` and the
Dockerfile; paths, host names and ports are put in place of those that a container has. Of the
tests' own environment nothing is handed on.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from servers.compose import ROOT, environment, filled, read
from servers.minio import minio_program
from servers.postgres import as_owner, postgres_program
from servers.starting import Server, free_port

_PORTS = {"postgres": "5432", "redis": "6379", "store": "9000"}
_OWN_PORTS = {"api": "8000", "worker": "9100", "worker-signing": "9100"}
_HOUSE = "/opt/sohoa"
# As Docker sets them where an image and a compose file do not.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_HOME = "/nonexistent"


@dataclass
class Layout:
    """A province's processes over folders of their own.

    Attributes:
        folder: for everything but the database.
        database: a folder that PostgreSQL's user can reach.
        variables: as in ``.env``.
    """

    folder: Path
    database: Path
    variables: Mapping[str, str]
    servers: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._document: dict[str, Any] = filled(read(), self.variables)
        self.ports = {name: free_port() for name in (*_PORTS, *_OWN_PORTS)}
        for name in ("secrets", "volumes", "logs", "tmp"):
            (self.folder / name).mkdir()
        self.secrets = self.folder / "secrets"
        subprocess.run(
            [ROOT / "setup" / "secrets.sh", self.secrets],
            check=True,
            capture_output=True,
            cwd=self.folder,
            env={"PATH": os.defpath, "SOHOA_UID": str(os.getuid()), "SOHOA_GID": str(os.getgid())},
        )

    def service(self, name: str) -> dict[str, Any]:
        """A service as the compose file has it."""
        declared: dict[str, Any] = self._document["services"][name]
        return declared

    def here(self, name: str, text: str) -> str:
        """A text of a service, with what is true of this machine in place of the container's."""
        places = {
            f"{_HOUSE}/.venv/bin": str(Path(sys.executable).parent),
            _HOUSE: str(ROOT),
            "/run/secrets": str(self.secrets),
            "/tmp": str(self._folder("tmp", name)),  # noqa: S108 - the container's own
            **{f"{host}:{port}": f"127.0.0.1:{self.ports[host]}" for host, port in _PORTS.items()},
            "redis-cli": f"redis-cli -p {self.ports['redis']}",
            # Nothing of a test is to be reached from outside.
            "0.0.0.0": "127.0.0.1",  # noqa: S104 - as said
        }
        own = {**_PORTS, **_OWN_PORTS}.get(name)
        if own is not None:
            places[f"127.0.0.1:{own}"] = f"127.0.0.1:{self.ports[name]}"
            if text == own:
                return str(self.ports[name])
        for volume in self.service(name).get("volumes", []):
            if isinstance(volume, dict) and volume["type"] == "volume":
                places[volume["target"]] = str(self._volume(volume["source"]))
            elif isinstance(volume, dict) and volume["type"] == "bind":
                places[volume["target"]] = str(self.folder / volume["source"])
        longest = sorted(places, key=len, reverse=True)
        found = "|".join((r"(?<![\w./-])" if p[0] == "/" else "") + re.escape(p) for p in longest)
        return re.sub(found, lambda match: places[match[0]], text)

    def environment(self, name: str) -> dict[str, str]:
        """All that a service's process finds in its environment."""
        service = self.service(name)
        own = {"PATH": _PATH, "HOME": _HOME}
        if self._is_ours(name):
            own |= {
                key: value.replace("$PATH", _PATH) for key, value in _image_environment().items()
            }
        given = {**own, **environment(service, self.variables)}
        return {key: self.here(name, value) for key, value in given.items()}

    def command(self, name: str) -> list[str]:
        """What a service's process is started by."""
        service = self.service(name)
        entry = service.get("entrypoint", _image_words("ENTRYPOINT") if self._is_ours(name) else [])
        return [self.here(name, word) for word in (*entry, *service.get("command", []))]

    def is_well(self, name: str) -> bool:
        """Whether its health check says so."""
        how, *words = self.service(name)["healthcheck"]["test"]
        command = ["sh", "-c", *words] if how == "CMD-SHELL" else words
        checked = subprocess.run(
            [self.here(name, word) for word in command],
            check=False,
            capture_output=True,
            env={**self.environment(name), "PGPORT": str(self.ports["postgres"])},
        )
        return checked.returncode == 0

    def start(self, name: str) -> None:
        """Start a service, and wait until its health check is content."""
        command = self.command(name)
        environment_ = self.environment(name)
        if name == "postgres":
            command, environment_ = self._make_database(command), {"PATH": _PATH}
        elif name == "store":
            where = f"127.0.0.1:{self.ports[name]}"
            command = [str(minio_program()), *command, "--address", where]
        elif name == "redis":
            command += ["--port", str(self.ports[name]), "--bind", "127.0.0.1"]
        self.servers[name] = Server(
            command=command,
            log=self.log(name),
            ready=partial(self.is_well, name),
            environment=environment_,
            stop_signal=signal.Signals[self.service(name).get("stop_signal", "SIGTERM")],
            folder=self._work_folder(name),
        )
        self.servers[name].start()
        if name == "postgres":
            self._run_first_sql()

    def run(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a service that ends, or another command of its image with its environment."""
        ended = subprocess.run(
            [*_image_words("ENTRYPOINT"), *words] if words else self.command(name),
            check=False,
            capture_output=True,
            text=True,
            env=self.environment(name),
            cwd=self._work_folder(name),
            executable=None if not words else str(Path(sys.executable).parent / "sohoa"),
        )
        with self.log(name).open("a", encoding="utf-8") as log:
            # What a command prints is for who asked; what it logs is for everybody.
            log.write(ended.stderr if words else ended.stdout + ended.stderr)
        return ended

    def stop(self) -> dict[str, int | None]:
        """End everybody as Compose does, who was started last first; the exit codes."""
        codes = {name: self.servers[name].stop() for name in reversed(self.servers)}
        self.servers.clear()
        return codes

    def log(self, name: str) -> Path:
        """What a service has printed."""
        return self._folder("logs") / name

    def _is_ours(self, name: str) -> bool:
        return bool(self.service(name)["image"] == self.service("api")["image"])

    def _work_folder(self, name: str) -> Path:
        return self._volume("var") if self._is_ours(name) else self._folder("tmp", name)

    def _volume(self, name: str) -> Path:
        return self._folder("volumes", name)

    def _folder(self, *names: str) -> Path:
        folder = self.folder.joinpath(*names)
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    def _make_database(self, command: list[str]) -> list[str]:
        """What PostgreSQL's image does at its first start; the command to start it by."""
        declared = self.environment("postgres")
        owner = as_owner(self.database)
        data, password = self.database / "data", self.database / "password"
        password.write_bytes(Path(declared["POSTGRES_PASSWORD_FILE"]).read_bytes())
        asked = shlex.split(declared["POSTGRES_INITDB_ARGS"])
        subprocess.run(
            [
                *owner,
                postgres_program("initdb"),
                *("--pgdata", str(data), "--username", "postgres", "--pwfile", str(password)),
                *("--auth-local", "trust", "--auth-host", "scram-sha-256", *asked),
            ],
            check=True,
            capture_output=True,
            cwd=self.database,
        )
        password.unlink()
        return [
            *owner,
            *(postgres_program(command[0]), *command[1:], "-D", str(data)),
            *("-p", str(self.ports["postgres"]), "-k", str(self.database)),
            *("-c", "listen_addresses=127.0.0.1"),
        ]

    def _run_first_sql(self) -> None:
        where = next(v for v in self.service("postgres")["volumes"] if isinstance(v, str))
        subprocess.run(
            [
                *("psql", "--no-password", "--no-psqlrc", "--username", "postgres"),
                *("--host", self.database, "--port", str(self.ports["postgres"])),
                *("--file", ROOT / where.partition(":")[0]),
            ],
            check=True,
            capture_output=True,
            env=self.environment("postgres"),
        )


def _image_words(instruction: str) -> list[str]:
    """The words of the last such line of the Dockerfile."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    words: list[str] = json.loads(
        re.findall(rf"^{instruction} (\[.*\])$", dockerfile, re.MULTILINE)[-1]
    )
    return words


def _image_environment() -> dict[str, str]:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"^ENV (.*)$", dockerfile, re.MULTILINE)
    return dict(word.split("=", 1) for word in shlex.split(line))
