"""What stands on a terminal is what was meant: nothing of it is an order to the terminal."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from api.cli.output import Output, seen
from api.cli.progress import Waiting
from api.settings import Settings
from dossier.states import PaperState
from workflow.pipeline.events import Event

HOSTILE = "quét\x1b]0;mine\a\x1b[31m[red]\u202egnp.pdf"
SHOWN = "quét]0;mine[31m[red]gnp.pdf"


def test_what_people_named_is_shown_without_orders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(Settings(var=tmp_path), as_json=False)
    output.say(HOSTILE)
    output.rows([{"source": HOSTILE, "reason": HOSTILE}], ("source", "reason"))
    paper = UUID(int=1)
    with Waiting(signing=False) as waiting:
        waiting.expect(paper, HOSTILE)
        waiting(Event(paper=paper, state=PaperState.REVIEW))
    printed = capsys.readouterr()
    assert printed.out.count(SHOWN) == 3
    assert SHOWN in printed.err
    assert not {"\x1b", "\a", "\u202e"} & set(printed.out + printed.err)


def test_lines_stay_lines() -> None:
    assert seen("một\n\thai") == "một\n\thai"
