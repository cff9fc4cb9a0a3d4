"""A job's answer, of which nothing is trusted."""

from __future__ import annotations

import json
import re
from typing import Any

from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)
from pages.children.faults import ChildCrashed, ChildFailed, ChildOutOfMemory

LONGEST_ANSWER = 64 * 1024 * 1024  # bytes; a page of 5,000 words is about 0.5 MB
_LONGEST_MESSAGE = 1000
_CODE = re.compile(r"[a-z0-9]+(?:[.\-][a-z0-9]+)*")
_TYPE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")
_ERRORS: dict[str, type[SohoaError]] = {
    cls.__name__: cls
    for cls in (RejectedInput, WrongUse, Misconfigured, TransientFault, IntegrityViolation)
}


def parse_answer(body: bytes, *, what: str) -> dict[str, Any]:
    """The JSON object of an answer.

    Raises:
        ChildCrashed: it is none.
    """
    try:
        answer = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise ChildCrashed("child.crashed", f"{what}: the answer is none") from None
    if not isinstance(answer, dict):
        raise ChildCrashed("child.crashed", f"{what}: the answer is none")
    return answer


def value_of(answer: dict[str, Any], *, what: str) -> Any:  # noqa: ANN401 - any JSON value
    """The value of an answer, or its error raised.

    Raises:
        SohoaError: the one that the job raised.
        ChildOutOfMemory, ChildFailed: it raised something else.
    """
    if "value" in answer:
        return answer["value"]
    kind, code, message = (answer.get(name) for name in ("error", "code", "message"))
    if kind == "MemoryError":
        raise ChildOutOfMemory(
            "child.out-of-memory", f"{what}: needs more memory than a child may have"
        )
    name = kind if isinstance(kind, str) and _TYPE_NAME.fullmatch(kind) else "unknown"
    made = _ERRORS.get(name)
    if made and isinstance(message, str) and isinstance(code, str) and _CODE.fullmatch(code[:101]):
        text = "".join(c if c.isprintable() else " " for c in message[:_LONGEST_MESSAGE])
        raise made(code, text if text.startswith(what) else f"{what}: {text}")
    raise ChildFailed("child.failed", f"{what}: an unforeseen {name} in the child")


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
