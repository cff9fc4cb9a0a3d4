"""Tests that share fixtures share a process."""

from __future__ import annotations

import pytest
from scheduling import scope_of


@pytest.mark.parametrize(
    ("nodeid", "scope"),
    [
        ("tests/unit/test_a.py::test_it", "tests/unit/test_a.py"),
        ("tests/unit/test_a.py::test_it[1-2]", "tests/unit/test_a.py"),
        ("tests/functional/test_a.py::test_it[commune]", "tests/functional/test_a.py@commune"),
        ("tests/functional/test_a.py::test_it[x-province]", "tests/functional/test_a.py@province"),
        ("tests/functional/test_a.py::test_it[province-x]", "tests/functional/test_a.py@province"),
        ("tests/unit/test_a.py::test_it[communes]", "tests/unit/test_a.py"),
    ],
)
def test_a_test_runs_with_the_others_of_its_file_and_mode(nodeid: str, scope: str) -> None:
    assert scope_of(nodeid) == scope
