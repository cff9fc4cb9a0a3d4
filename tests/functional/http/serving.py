"""A real ``sohoa serve`` on a free port, and papers to send to it. No mocks."""

from __future__ import annotations

import io
import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from functional.cli.running import Commands
from functional.cli.warm import Process
from PIL import Image, ImageDraw, ImageFont

SCOPES = ("intake", "read", "review", "sign", "find", "webhooks", "metrics")
_FONT = "/usr/share/fonts/truetype/liberation2/LiberationSerif-Regular.ttf"
_LONGEST = 180.0  # seconds that anything here may take on a busy machine


@dataclass
class Served:
    """A running service over one data folder."""

    commands: Commands
    url: str
    process: Process
    log: Path
    token: str = ""
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self, token: str | None = None) -> httpx.Client:
        """A client with a token; the one that may do everything, unless another is given."""
        text = self.token if token is None else token
        headers = {"Authorization": f"Bearer {text}"} if text else {}
        client = httpx.Client(base_url=self.url, headers=headers, timeout=_LONGEST)
        self._clients.append(client)
        return client

    def new_token(self, *words: object) -> str:
        """The text of a new token."""
        (row,) = self.commands.json("token", "create", "test", *words)
        return str(row["secret"])

    def hang_up(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.close()

    def stop(self) -> int:
        """Tell the service to stop; its exit code."""
        self.hang_up()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_LONGEST)


@contextmanager
def serving(commands: Commands, env: dict[str, str] | None = None) -> Iterator[Served]:
    """Start a service over a data folder; stopped at the end, if it still runs."""
    log = commands.var.parent / "serve.log"
    with log.open("a") as err:
        process = Process(
            ["serve", "--port", "0", "--json"],
            env=commands.environment({"SOHOA_LOG_LEVEL": "INFO", **(env or {})}),
            folder=commands.var.parent,
            stderr=err.fileno(),
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, log.read_text(encoding="utf-8")
        served = Served(commands, json.loads(line)["serving"], process, log)
        yield served
        served.hang_up()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(_LONGEST)
        process.stdout.close()


def sheet(text: str, *, turned: int = 0) -> Image.Image:
    """A small sheet with some lines on it, 100 dpi; turned clockwise."""
    made = Image.new("L", (827, 600), 255)
    font = ImageFont.truetype(_FONT, 24)
    ImageDraw.Draw(made).multiline_text((60, 60), text, fill=0, font=font, spacing=16)
    return made.rotate(-turned, expand=True)


def png(text: str) -> bytes:
    """A scan of one page."""
    out = io.BytesIO()
    sheet(text).save(out, "PNG", dpi=(100, 100))
    return out.getvalue()


def certified(text: str) -> bytes:
    """A scan of one page whose kind requires no value, so that it can be accepted as found."""
    return png(f"CHỨNG THỰC BẢN SAO\n{text}")


def tiff(*sheets: Image.Image) -> bytes:
    """A scan of several pages."""
    out = io.BytesIO()
    first, *rest = sheets
    first.save(out, "TIFF", save_all=True, append_images=rest, dpi=(100, 100))
    return out.getvalue()


def upload(client: httpx.Client, dossier: str, scan: bytes, **params: Any) -> str:  # noqa: ANN401 - query parameters
    """Send a scan that must be taken; the id of its paper."""
    answer = client.post(f"/v1/dossiers/{dossier}/papers", content=scan, params=params)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/papers/{answer.json()['paper']}"
    return str(answer.json()["paper"])


def wait_for(client: httpx.Client, paper: str, *states: str) -> dict[str, Any]:
    """Poll until a paper stands in one of these states."""
    shown: dict[str, Any] = {}

    def there() -> bool:
        shown.update(client.get(f"/v1/papers/{paper}").json())
        return shown["state"] in states

    until(there, shown)
    return shown


def until(holds: Callable[[], bool], detail: object = None) -> None:
    """Wait until something holds."""
    end = time.monotonic() + _LONGEST
    while not holds():
        assert time.monotonic() < end, detail
        time.sleep(0.2)
