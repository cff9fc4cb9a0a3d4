"""One service in each mode for the session, for tests that use it in dossiers of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from functional.conftest import MODES, commands_in
from functional.http.serving import SCOPES, Served, serving


@pytest.fixture(scope="session", params=MODES)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """A service over fresh trial data, with a token that may do everything."""
    with ExitStack() as stack:
        var = tmp_path_factory.mktemp("http") / "var"
        service = stack.enter_context(serving(commands_in(request.param, var, request, stack)))
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        service.token = service.new_token(*scopes, "--rate", 1_000_000)
        yield service
        assert service.stop() == 0


@pytest.fixture
def client(served: Served) -> httpx.Client:
    """A client that may do everything."""
    return served.client()
