"""A job is a fork: what it imports itself, each later job must import again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pages.children import PRELOAD, Children
from pages.limits import Limits

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples" / "000.00.01.H26-260930-0012"
JOBS = ROOT / "tests" / "fixtures" / "children"
ENGINE = {"engine": "tesserocr", "language": "vie", "seconds": 50.0}
SCANS = [
    ("01-to-khai-khai-sinh.jpg", "image/jpeg"),
    ("03-quyet-dinh.tif", "image/tiff"),
    ("02-thong-tu.pdf", "application/pdf"),
]


@pytest.fixture(scope="module")
def children() -> Iterator[Children]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(JOBS))
        with Children(size=1, memory_bytes=900_000_000) as pool:
            yield pool


def imported(
    children: Children,
    job: str,
    name: str,
    arguments: dict[str, Any],
    prepare: tuple[str, dict[str, Any]],
) -> set[str]:
    """The libraries that a job imports, Python's own left out."""
    packages = children.run(
        "loading_jobs:imported_by",
        {"job": job, "arguments": arguments},
        reads={"path": SAMPLES / name},
        prepare=prepare,
        deadline=60,
        what="a sample",
    )
    return {package for package in packages if package.lstrip("_") not in sys.stdlib_module_names}


@pytest.mark.parametrize(("name", "kind"), SCANS)
def test_no_library_is_imported_for_each_file(children: Children, name: str, kind: str) -> None:
    arguments = {"media_type": kind, "limits": Limits().to_json()}
    assert imported(children, "pages.inspect:inspect", name, arguments, PRELOAD) == set()


@pytest.mark.parametrize(("name", "kind"), SCANS)
def test_no_library_is_imported_for_each_page(children: Children, name: str, kind: str) -> None:
    arguments = {
        "media_type": kind,
        "number": 1,
        "size": [595.0, 842.0],
        "dpi": 100.0,
        "max_source_pixels": 100_000_000,
        **ENGINE,
    }
    prepare = ("ocr.reading:load_engine", ENGINE)
    assert imported(children, "ocr.reading:read_page", name, arguments, prepare) == set()
