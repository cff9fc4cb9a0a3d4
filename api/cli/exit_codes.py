"""Exit codes of the command line; a tested contract, documented in docs/operations.md."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    OUR_FAULT = 1
    WRONG_USE = 2
    REJECTED = 3
    MISCONFIGURED = 4
    TRY_AGAIN = 5
    INTEGRITY = 6


# The gravest first: where several things went wrong, this one is reported.
_GRAVITY = (
    Exit.INTEGRITY,
    Exit.OUR_FAULT,
    Exit.MISCONFIGURED,
    Exit.TRY_AGAIN,
    Exit.WRONG_USE,
    Exit.REJECTED,
    Exit.DONE,
)


def exit_of(error: BaseException) -> Exit:
    """The exit code for an error."""
    if isinstance(error, TransientFault):
        return Exit.OUR_FAULT if error.code == "fault.unexpected" else Exit.TRY_AGAIN
    for root, code in (
        (WrongUse, Exit.WRONG_USE),
        (RejectedInput, Exit.REJECTED),
        (Misconfigured, Exit.MISCONFIGURED),
        (IntegrityViolation, Exit.INTEGRITY),
    ):
        if isinstance(error, root):
            return code
    return Exit.OUR_FAULT


def worst(errors: Iterable[SohoaError]) -> Exit:
    """The exit code for a batch."""
    ended = {exit_of(error) for error in errors}
    return next((code for code in _GRAVITY if code in ended), Exit.DONE)
