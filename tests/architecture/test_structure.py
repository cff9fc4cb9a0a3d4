"""The application: import contracts, where SQL and the mode may be, sizes, forbidden names."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("dossier", "pages", "ingest", "ocr", "signing", "archive", "workflow", "api")
SOURCES = sorted(
    file for package in (*PACKAGES, "bench") for file in (ROOT / package).rglob("*.py")
)


def _tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def _functions(file: Path) -> list[tuple[str, int]]:
    """The functions of a file and their lengths, in lines of code without the docstring."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = node.body[0] if ast.get_docstring(node) is not None else None
            docstring = 0 if text is None else (text.end_lineno or 0) - text.lineno + 1
            found.append((node.name, (node.end_lineno or 0) - node.lineno + 1 - docstring))
    return found


def test_import_contracts_hold() -> None:
    kept = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert kept.returncode == 0, kept.stdout
    assert "0 broken" in kept.stdout


def test_sql_is_in_two_places_only() -> None:
    allowed = (ROOT / "archive" / "catalogue", ROOT / "workflow" / "ledger")
    # bootstrap builds the engine and hands it on to the application; neither writes a query.
    wiring = {ROOT / "api" / "bootstrap.py", ROOT / "api" / "application.py"}
    strays = [
        file.relative_to(ROOT)
        for file in SOURCES
        if file not in wiring
        and not any(file.is_relative_to(place) for place in allowed)
        and any(name.split(".")[0] == "sqlalchemy" for name in _imports(file))
    ]
    assert strays == []


def test_only_bootstrap_knows_the_mode() -> None:
    adapters = {"archive.file_store", "archive.s3_store", "workflow.pipeline.celery.queue"}
    knowing = {file.relative_to(ROOT).as_posix() for file in SOURCES if adapters & _imports(file)}
    # export and deposit's own module share the store's way of translating errors; a worker is a
    # worker in one mode only. The benchmark of the archive measures both stores.
    inside = ("archive/", "workflow/pipeline/celery/", "bench/archive.py")
    assert {name for name in knowing if not name.startswith(inside)} == {"api/bootstrap.py"}


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: f.relative_to(ROOT).as_posix())
def test_files_and_functions_do_one_job(file: Path) -> None:
    # The layout of a drawn paper is one long list of what stands on it.
    drawn = file.is_relative_to(ROOT / "bench")
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= (450 if drawn else 400)
    too_long = [(name, size) for name, size in _functions(file) if size > (70 if drawn else 50)]
    assert too_long == []


def test_test_files_are_short() -> None:
    tests = [f for f in _tracked() if f.is_relative_to(ROOT / "tests") and f.suffix == ".py"]
    assert len(tests) > 100
    too_long = [f for f in tests if len(f.read_text(encoding="utf-8").splitlines()) > 400]
    assert too_long == []


def test_packages_are_named_for_what_they_hold() -> None:
    bad = {"utils", "util", "core", "common", "helpers", "misc", "lib"}
    named = {part for file in SOURCES for part in (*file.parts, file.stem)}
    assert named & bad == set()
    for package in PACKAGES:
        assert package not in sys.stdlib_module_names


def test_nothing_committed_names_a_machine_or_a_registry() -> None:
    paths = re.compile(rb"(?<![\w./-])/(?:work|farm|root|home/[a-z]+)/")
    hosts = re.compile(
        # maven.apache.org/POM is an XML namespace, not an address.
        rb"https?://(?!maven\.apache\.org/POM/)[\w.-]*(?:pythonhosted|pypi|npmjs|golang|maven|crates|debian)[\w.-]*/"
    )
    texts = [f for f in _tracked() if f.suffix in {".py", ".md", ".toml", ".txt", ".sh", ".yml"}]
    assert len(texts) > 50
    bad = [
        file.relative_to(ROOT)
        for file in [*texts, ROOT / "Makefile"]
        if paths.search(file.read_bytes()) or hosts.search(file.read_bytes())
    ]
    assert bad == []


def test_the_checkout_is_small() -> None:
    assert sum(file.stat().st_size for file in _tracked()) < 30 * 1024 * 1024


def test_no_test_is_skipped() -> None:
    mark = re.compile(r"pytest\.(?:skip|xfail|importorskip)|mark\.(?:skip|xfail)")
    tests = [f for f in _tracked() if f.is_relative_to(ROOT / "tests") and f.suffix == ".py"]
    bad = [f for f in tests if f != Path(__file__) and mark.search(f.read_text(encoding="utf-8"))]
    assert bad == []
    assert not list((ROOT / "tests").rglob("__init__.py"))
