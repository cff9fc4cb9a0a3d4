"""One service for the session, for tests that only use it; each takes dossiers of its own."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, serving


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over fresh trial data, with a token that may do everything."""
    commands = Commands(tmp_path_factory.mktemp("http") / "var")
    commands.json("init", "--trial")
    with serving(commands) as service:
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        service.token = service.new_token(*scopes, "--rate", 1_000_000)
        yield service
        assert service.stop() == 0


@pytest.fixture
def client(served: Served) -> httpx.Client:
    """A client that may do everything."""
    return served.client()
