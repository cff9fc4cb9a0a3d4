"""A province in small: one database, one broker, one store, and workers beside the command line."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import redis as redis_client
from functional.cli.running import Commands
from functional.cli.warm import Process
from servers.minio import Minio
from servers.postgres import Postgres
from servers.redis import Redis

from archive.s3_setup import least_policy

_STOP_SECONDS = 60
_DATABASES = 60  # that a Redis has for us to take turns in
_NUMBERS = count()


@dataclass
class Province:
    """Real servers, shared by the tests of a process."""

    postgres: Postgres
    redis: Redis
    minio: Minio

    def commands(self, var: Path, *, trial: bool = True) -> Commands:
        """The command line over new, empty data on these servers, made by the administrator.

        From then on with the rights of the service alone.
        """
        number = next(_NUMBERS) % _DATABASES
        broker = f"{self.redis.address}/{number}"
        with redis_client.Redis.from_url(broker) as client:
            client.flushdb()
        bucket = self.minio.new_bucket_name()
        store = f"s3+http://{self.minio.address}/{bucket}"
        common = {
            "SOHOA_DATABASE": self.postgres.new_database(),
            "SOHOA_BROKER": broker,
            "SOHOA_STORE": store,
        }
        var.mkdir(parents=True, exist_ok=True)
        administrator = Commands(
            var, {**common, **_keys(var, "administrator", self.minio.user, self.minio.password)}
        )
        administrator.json("init", *(["--trial"] if trial else []))
        access, secret = self.minio.new_user(least_policy(store))
        return Commands(var, {**common, **_keys(var, "service", access, secret)})


def _keys(var: Path, name: str, access: str, secret: str) -> dict[str, str]:
    """The settings that name the files of a user's keys, made beside the data."""
    settings = {}
    for key, value in (("ACCESS", access), ("SECRET", secret)):
        file = var.parent / f"{var.name}-{name}-{key.lower()}"
        file.write_text(value, encoding="ascii")
        settings[f"SOHOA_STORE_{key}_KEY_FILE"] = str(file)
    return settings


@dataclass
class Crew:
    """Workers and a beat over some data; started, killed and stopped as a test likes.

    Attributes:
        commands: over the data.
        settings: of the workers besides.
    """

    commands: Commands
    settings: Mapping[str, str] = field(default_factory=dict)
    log: Path = field(default_factory=lambda: Path(tempfile.mkstemp(prefix="sohoa-crew-")[1]))
    workers: list[Process] = field(default_factory=list)
    beats: list[Process] = field(default_factory=list)

    def start_worker(self, *words: str, more: Mapping[str, str] | None = None) -> None:
        """Start a worker and wait until it takes work."""
        self.workers.append(self._start("worker", *words, more=more))

    def start_beat(self) -> None:
        """Start a beat."""
        self.beats.append(self._start("beat"))

    def _start(self, *words: str, more: Mapping[str, str] | None = None) -> Process:
        with self.log.open("a") as err:
            process = Process(
                [*words, "--json"],
                env=self.commands.environment({**self.settings, **(more or {})}),
                folder=self.commands.var.parent,
                stderr=err.fileno(),
            )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, self.said()
        json.loads(line)
        return process

    def said(self) -> str:
        """All that the crew wrote to its error stream."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def stop_workers(self, how: signal.Signals = signal.SIGTERM) -> list[int]:
        """End all workers; their exit codes."""
        return _end(self.workers, how)

    def stop(self) -> list[int]:
        """End everybody; the exit codes."""
        return self.stop_workers() + _end(self.beats, signal.SIGTERM)

    def suit(self, wanted: Mapping[str, str]) -> None:
        """Let the workers have just these settings; they are started anew where they differ.

        A user who sets something for one command has it set for who does the work.
        """
        if self.workers and dict(wanted) == dict(self.settings):
            return
        self.stop_workers()
        self.settings = dict(wanted)
        self.start_worker()


def _end(processes: list[Process], how: signal.Signals) -> list[int]:
    for process in processes:
        process.send_signal(how)
    codes = []
    for process in processes:
        try:
            codes.append(process.wait(_STOP_SECONDS))
        except subprocess.TimeoutExpired:
            process.kill()
            codes.append(process.wait())
        if process.stdout is not None:
            process.stdout.close()
    processes.clear()
    return codes


@contextlib.contextmanager
def working_commands(province: Province, var: Path, *, trial: bool = True) -> Iterator[Commands]:
    """The command line over new data, with a crew that suits each command's settings."""
    plain = province.commands(var, trial=trial)
    crew = Crew(plain)
    try:
        crew.start_beat()
        crew.start_worker()
        yield Commands(plain.var, plain.settings, crew.suit)
    finally:
        codes = crew.stop()
        said = crew.said()
        crew.log.unlink()
    assert set(codes) <= {0}, said
    assert "Traceback" not in said
