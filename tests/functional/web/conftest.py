"""One service for the session, in one folder, with a clerk and others at their browsers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, serving
from functional.http.visiting import signed_in


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over fresh trial data."""
    commands = Commands(tmp_path_factory.mktemp("web") / "var")
    commands.json("init", "--trial")
    with serving(commands) as service:
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        service.token = service.new_token(*scopes, "--rate", 1_000_000)
        yield service
        assert service.stop() == 0


@pytest.fixture(scope="session")
def clerk(office: Served) -> httpx.Client:
    """A browser without JavaScript at which a clerk is signed in."""
    return signed_in(office, "clerk")
