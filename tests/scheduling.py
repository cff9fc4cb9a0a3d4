"""Which tests run in one process, where pytest runs them in several.

Tests of one file share fixtures: a service, papers that were read and signed. The markers of
pytest-xdist for groups are not used: its version 3.8 loses them under pytest 9.2, without a word.
"""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

_MODE = re.compile(r"\[(?:.*-)?(commune|province)(?:-.*)?\]$")


class ByFileAndMode(LoadScopeScheduling):  # type: ignore[misc] # it publishes no types
    """Tests of one file and one mode run in one process, in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """The file of a test, and its mode where it has one: ``tests/x.py`` or ``tests/x.py@commune``.

    Args:
        nodeid: as pytest gives it, ``tests/x.py::test_it[commune]``.
    """
    file = nodeid.partition("::")[0]
    mode = _MODE.search(nodeid)
    return f"{file}@{mode[1]}" if mode else file
