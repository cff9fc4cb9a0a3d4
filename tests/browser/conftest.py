"""One Chromium, one service and one paper under review for the session."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.seats import signed_in_page
from functional.cli.running import ROOT, Commands
from functional.http.serving import SCOPES, Served, serving, upload, wait_for
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Page, sync_playwright

SAMPLES = ROOT / "samples"
DOSSIER = "H15.50.05.13-261009-0012"
_CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service over fresh trial data."""
    commands = Commands(tmp_path_factory.mktemp("browser") / "var")
    commands.json("init", "--trial")
    with serving(commands) as service:
        scopes = [word for scope in SCOPES for word in ("--scope", scope)]
        service.token = service.new_token(*scopes, "--rate", 1_000_000)
        yield service
        assert service.stop() == 0


def _hard_to_read(scan: Path) -> bytes:
    """A scan at half its resolution, out of focus."""
    with Image.open(scan) as opened:
        half = (opened.width // 2, opened.height // 2)
        grey = opened.convert("L").resize(half, Image.Resampling.LANCZOS)
        picture = grey.filter(ImageFilter.GaussianBlur(1.2))
        dpi = opened.info["dpi"][0] / 2
    out = io.BytesIO()
    picture.save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


@pytest.fixture(scope="session")
def doubtful(office: Served) -> str:
    """A marriage extract with several doubtful values; its ID."""
    scan = _hard_to_read(SAMPLES / DOSSIER / "01-trich-luc-ket-hon.tif")
    paper = upload(office.client(), DOSSIER, scan)
    wait_for(office.client(), paper, "REVIEW")
    return paper


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium.

    Not for the session: Playwright keeps an event loop running in its thread, so that no other
    test of the process could run one.
    """
    with sync_playwright() as playwright:
        # No sandbox of its own: the tests may run as root in a container.
        started = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def clerk(office: Served, chromium: Browser) -> Iterator[Page]:
    """A page at which a clerk is signed in."""
    page = signed_in_page(office, chromium, "clerk")
    yield page
    page.context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core 4.14.1 (MPL-2.0), as its npm package holds it."""
    return (Path(__file__).parent / "axe.min.js").read_text("utf-8")
