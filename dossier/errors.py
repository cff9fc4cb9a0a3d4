"""Errors, by who must act. Every error of ours is one of four roots.

    SohoaError
    ├── RejectedInput        the sender: the input is at fault; the message says what to do now
    ├── Misconfigured        the operator: a setting, a key or a program is missing or wrong
    ├── TransientFault       none: it is retried; after some hours the operator must act
    └── IntegrityViolation   everybody: what was kept is not what is there; an alarm, never retried

Each carries a stable ``code`` (lower case, dotted, part of the contract) and a message in plain
English that names the paper or page by number or id, never by a person's name, number or text.
"""

from __future__ import annotations

from typing import ClassVar


class SohoaError(Exception):
    """Root of all errors of ours.

    Args:
        code: Stable and dotted, such as ``scan.encrypted``; callers may depend on it.
        message: What happened, to which paper and page, and what to do now; no personal data.
    """

    fault: ClassVar[str] = ""
    """The party that must act, as one word for a database row."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class RejectedInput(SohoaError):
    """The input cannot be taken as it is; the sender must change it."""

    fault = "sender"


class WrongUse(RejectedInput):
    """A command or request that cannot mean anything: a bad code, an unknown field or state."""


class Misconfigured(SohoaError):
    """A setting, key, program or language file is missing or wrong; the operator must act."""

    fault = "operator"


class TransientFault(SohoaError):
    """Something outside did not answer; the same step may succeed later."""

    fault = "nobody"


class IntegrityViolation(SohoaError):
    """Data read back differs from the data written; never retried, always an alarm."""

    fault = "everybody"
