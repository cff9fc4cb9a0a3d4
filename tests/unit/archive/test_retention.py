"""The table of terms by procedure."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.retention import BUILT_IN, load_terms
from dossier.errors import Misconfigured

TABLE = """
[[term]]
procedure = "Đăng ký khai sinh"
kinds = ["birth-declaration"]
years = 0
[[term]]
procedure = "Cấp bản sao"
kinds = ["certified-copy"]
years = 2
[[term]]
procedure = "Khiếu nại"
kinds = ["minutes", "conclusion"]
years = 20
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    place = tmp_path / "terms.toml"
    place.write_text(TABLE, encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("kinds", "procedure", "years"),
    [
        (["certified-copy"], "Cấp bản sao", 2),
        (["certified-copy", "minutes"], "Khiếu nại", 20),
        (["certified-copy", "birth-declaration", "minutes"], "Đăng ký khai sinh", 0),
        (["report"], "", 7),
        ([], "", 7),
    ],
)
def test_the_longest_term_that_applies_holds(
    table: Path, kinds: list[str], procedure: str, years: int
) -> None:
    term = load_terms(table).of(kinds, default_years=7)
    assert (term.procedure, term.years) == (procedure, years)


@pytest.mark.parametrize(
    "wrong",
    ["", "[[term]]\nprocedure = 1\n", TABLE.replace("20", "101"), TABLE.replace("20", '"20"'), "]"],
)
def test_a_wrong_table_is_refused(table: Path, wrong: str) -> None:
    table.write_text(wrong, encoding="utf-8")
    with pytest.raises(Misconfigured, match="table of terms"):
        load_terms(table)


def test_the_built_in_table_names_kinds_that_there_are() -> None:
    forms = Path(__file__).parents[3] / "ocr" / "forms"
    for entry in load_terms(BUILT_IN).entries:
        assert entry.kinds
        assert all((forms / f"{kind}.toml").exists() for kind in entry.kinds)
