"""A file that makes its children fail is the file's fault the second time."""

from __future__ import annotations

from uuid import UUID

import pytest

from dossier.errors import RejectedInput
from pages.children import (
    ChildCrashed,
    ChildFailed,
    ChildFault,
    ChildKilled,
    ChildOutOfMemory,
    ChildTimedOut,
)
from workflow.pipeline.step_functions import Stages

PAPER = UUID(int=7)


class _Making:
    """Raises the errors it is given, one a call, then makes."""

    def __init__(self, *errors: ChildFault) -> None:
        self._errors = list(errors)

    def __call__(self) -> str:
        if self._errors:
            raise self._errors.pop(0)
        return "made"


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ChildCrashed, "scan.unusable"),
        (ChildFailed, "scan.unusable"),
        (ChildOutOfMemory, "scan.unusable"),
        (ChildTimedOut, "scan.too-slow"),
    ],
)
def test_one_failure_is_tried_in_a_fresh_child_and_two_reject(
    fault: type[ChildFault], code: str
) -> None:
    error = fault("child.some", "Nguyễn")
    assert Stages._in_two_children(PAPER, _Making(error)) == "made"
    with pytest.raises(RejectedInput, match="scan the print") as caught:
        Stages._in_two_children(PAPER, _Making(error, error))
    assert caught.value.code == code
    assert "Nguyễn" not in caught.value.message


def test_who_was_killed_is_no_reason_to_reject() -> None:
    with pytest.raises(ChildKilled):
        Stages._in_two_children(PAPER, _Making(ChildKilled("child.some", "x")))
