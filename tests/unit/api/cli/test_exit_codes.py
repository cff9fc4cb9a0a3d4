"""Exit codes of the command line."""

from __future__ import annotations

import pytest

from api.cli.exit_codes import Exit, exit_of, worst
from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WrongUse("a.b", ""), Exit.WRONG_USE),
        (RejectedInput("a.b", ""), Exit.REJECTED),
        (Misconfigured("a.b", ""), Exit.MISCONFIGURED),
        (TransientFault("a.b", ""), Exit.TRY_AGAIN),
        (IntegrityViolation("a.b", ""), Exit.INTEGRITY),
        (TransientFault("fault.unexpected", ""), Exit.OUR_FAULT),
        (ValueError(), Exit.OUR_FAULT),
    ],
)
def test_exit_codes(error: Exception, code: Exit) -> None:
    assert exit_of(error) is code


def test_the_gravest_of_a_batch_is_reported() -> None:
    assert worst([]) is Exit.DONE
    errors: list[SohoaError] = [RejectedInput("a.b", ""), TransientFault("a.b", "")]
    assert worst(errors) is Exit.TRY_AGAIN
    assert worst([*errors, IntegrityViolation("a.b", "")]) is Exit.INTEGRITY
