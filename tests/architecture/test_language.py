"""Plain English: words of an earlier private dialect stay out of documents, code and tests."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_WORDS = (
    "told", "whoever", "wherever", "nobody who", "gives? back", "hands? back", "in hand", "let_go",
    "lying",
)  # fmt: skip
_DIALECT = re.compile(rf"(?<![^\W_])(?:{'|'.join(_WORDS)})(?![^\W_])", re.IGNORECASE)
# Texts of others, kept as they are.
_VERBATIM = ("LICENSE", "tests/fixtures/")
_BINARY = {".gif", ".jpg", ".pdf", ".png", ".tif", ".tiff", ".webp"}
# Their tables get shorter rows later.
_WIDE = {"docs/dependencies.md", "docs/http-api.md", "docs/operations.md", "README.vi.md"}


def _files(*paths: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *paths], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    found = [ROOT / name for name in listed.split("\0") if name]
    return [f for f in found if f.is_file() and f != Path(__file__) and f.suffix not in _BINARY]


def _name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def _lines(file: Path) -> list[tuple[str, str]]:
    name = _name(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    return [(f"{name}:{number}", line) for number, line in enumerate(lines, 1)]


def test_the_tree_uses_plain_english() -> None:
    files = [f for f in _files() if not _name(f).startswith(_VERBATIM)]
    assert len(files) > 500
    found = [f"{at}: {m[0]}" for f in files for at, line in _lines(f)
             for m in _DIALECT.finditer(line)]  # fmt: skip
    assert found == []


@pytest.mark.parametrize("line", ["is Told so", "def let_go(", "_lying = 1", "hand back."])
def test_dialect_is_recognised(line: str) -> None:
    assert _DIALECT.search(line)


@pytest.mark.parametrize("line", ["underlying", "beforehand backup", "in handling", "retold"])
def test_other_words_pass(line: str) -> None:
    assert not _DIALECT.search(line)


def test_lines_of_documents_are_short() -> None:
    files = _files("*.md", "docs")

    names = {file.relative_to(ROOT).as_posix() for file in files}
    assert names > _WIDE
    documents = [
        file
        for file in files
        if file.parent == ROOT or (file.is_relative_to(ROOT / "docs") and file.suffix == ".md")
    ]
    too_long = [
        at
        for file in documents
        for at, line in _lines(file)
        if len(line) >= 120 and not (at.rpartition(":")[0] in _WIDE and line.startswith("|"))
    ]
    assert too_long == []
