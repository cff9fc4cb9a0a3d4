"""SIGTERM: readiness turns false first, and the port stays open until requests are answered."""

from __future__ import annotations

import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from functional.cli.running import Commands
from functional.http.serving import png, serving, until

_SECONDS = 120


def test_the_port_stays_open_until_running_requests_are_answered(tmp_path: Path) -> None:
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    with serving(commands, env={"SOHOA_STOP_SECONDS": str(_SECONDS)}) as service:
        service.token = service.new_token("--scope", "intake")
        # Connections of their own, as a load balancer makes them.
        client = httpx.Client(base_url=service.url, headers={"Connection": "close"}, timeout=60)
        assert client.get("/readyz").json()["parts"]["service"]["ok"]
        scan = png("một tờ")
        address = urlsplit(service.url)
        with socket.create_connection((address.hostname, address.port), _SECONDS) as upload:
            upload.sendall(
                "POST /v1/dossiers/STOP-1/papers HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                f"Authorization: Bearer {service.token}\r\nContent-Length: {len(scan)}\r\n\r\n"
                "".encode()
            )
            # The service waits for the body.
            assert upload.recv(1000).startswith(b"HTTP/1.1 100 ")
            upload.sendall(scan[:100])
            service.process.send_signal(signal.SIGTERM)
            until(lambda: not client.get("/readyz").json()["parts"]["service"]["ok"])
            answer = client.get("/readyz")
            assert (answer.status_code, answer.json()["status"]) == (503, "not-ready")
            assert answer.json()["parts"]["service"]["code"] == "service.stopping"
            assert client.get("/healthz").status_code == 200
            assert service.process.poll() is None
            upload.sendall(scan[100:])
            taken = upload.recv(65536)
        assert taken.startswith(b"HTTP/1.1 202 ")
        assert service.process.wait(_SECONDS) == 0
        with pytest.raises(httpx.ConnectError):
            client.get("/healthz")
        client.close()
    (row,) = commands.json("list")
    assert row["dossier"] == "STOP-1"
    assert row["paper"] in taken.decode()
