"""SOHOA_SANDBOX: what runs, and what the service says, where children cannot be confined."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from api.application import Application
from api.bootstrap import init, open_application
from api.http.health_probe import HealthProbe
from api.settings import Settings
from dossier.errors import Misconfigured
from pages.children import Layers

NONE = Layers(namespaces=False, landlock=False, seccomp=False)


def opened(var: Path, sandbox: Literal["best", "require"]) -> Application:
    settings = Settings(var=var, sandbox=sandbox)
    init(settings, trial=True)
    return open_application(settings)


@pytest.fixture
def _without_layers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(Layers, "available", classmethod(lambda _: NONE))
        yield


@pytest.mark.usefixtures("_without_layers")
def test_nothing_starts_that_cannot_be_confined(tmp_path: Path) -> None:
    with (
        closing(opened(tmp_path, "require")) as application,
        pytest.raises(Misconfigured, match="install bubblewrap") as raised,
    ):
        application.pipeline(lambda _: None)
    assert raised.value.code == "sandbox.incomplete"
    assert "files, network, processes" in raised.value.message


@pytest.mark.usefixtures("_without_layers")
def test_the_best_there_is_runs_and_is_reported(tmp_path: Path) -> None:
    with closing(opened(tmp_path, "best")) as application:
        assert not application.walls.hold
        probe = HealthProbe(application)
        probe.outside()
        part = probe.of("sandbox")
        assert (part.ok, part.code) == (False, "sandbox.incomplete")
        assert "network" in part.detail


def test_what_is_confined_starts(tmp_path: Path) -> None:
    with closing(opened(tmp_path, "require")) as application:
        assert application.walls.hold
