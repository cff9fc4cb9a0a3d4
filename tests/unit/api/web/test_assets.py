"""Static files: addresses by content, and vendored files as their project published them."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from api.web import assets
from dossier.errors import WrongUse


def test_an_address_holds_the_digest_of_the_file() -> None:
    _, _, digest, name = assets.address("desk.css").split("/")
    content = (assets.FOLDER / "desk.css").read_bytes()
    assert name == "desk.css"
    assert hashlib.sha256(content).hexdigest().startswith(digest)
    answer = assets.get_file(digest, name)
    assert answer.body == content
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("digest", "name"),
    [("0" * 16, "desk.css"), ("", "vendored.sha256"), ("x", "../assets.py"), ("", "none.js")],
)
def test_nothing_else_is_served(digest: str, name: str) -> None:
    with pytest.raises(WrongUse):
        assets.get_file(digest, name)


def test_vendored_files_are_those_of_their_project() -> None:
    listed = (assets.FOLDER / "vendored.sha256").read_text(encoding="utf-8").splitlines()
    lines = [line.split() for line in listed if not line.startswith("#")]
    assert {name for _, name in lines} >= {"htmx.min.js", "hx-sse.min.js"}
    for digest, name in lines:
        assert hashlib.sha256((assets.FOLDER / name).read_bytes()).hexdigest() == digest


def test_what_every_page_loads_fits_a_slow_line() -> None:

    loaded = ("desk.css", "desk.js", "htmx.min.js")
    sizes = [len(gzip.compress((assets.FOLDER / name).read_bytes(), 9)) for name in loaded]
    assert sum(sizes) < 40 * 1024
    assert sizes[0] < 8 * 1024


def test_a_script_is_sent_compressed_where_the_browser_takes_it() -> None:
    _, _, digest, name = assets.address("htmx.min.js").split("/")
    answer = assets.get_file(digest, name, "gzip, deflate, br")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(answer.body)) == (assets.FOLDER / name).read_bytes()
    assert "content-encoding" not in assets.get_file(digest, name).headers
