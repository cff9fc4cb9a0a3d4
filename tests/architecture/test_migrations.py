"""The migrations form one chain, and the code knows its end."""

from __future__ import annotations

import re
from pathlib import Path

from workflow.ledger import migrate

VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"
_REVISION = re.compile(r'^revision = "(\d+)"$', re.MULTILINE)
_BEFORE = re.compile(r'^down_revision = (?:"(\d+)"|None)$', re.MULTILINE)


def test_each_migration_follows_the_one_before() -> None:
    before = ""
    for file in sorted(VERSIONS.glob("m*.py")):
        text = file.read_text("utf-8")
        revision, follows = _REVISION.search(text), _BEFORE.search(text)
        assert revision is not None, file.name
        assert follows is not None, file.name
        assert (follows[1] or "") == before, file.name
        assert file.name.startswith(f"m{revision[1]}_"), file.name
        before = revision[1]
    assert before == migrate.HEAD
