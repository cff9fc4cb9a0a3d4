"""The job of a child that validates; it imports pyHanko without its HTTP client.

pyHanko imports aiohttp when it is imported, for a third of a second. Nothing is fetched through it:
the child has no network.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from dossier.written import JsonObject


class _Absent(ModuleType):
    """Stands for aiohttp; each of its names is an empty class, which type hints may name."""

    def __getattr__(self, name: str) -> type:
        return type(name, (), {})


def verify_job(**arguments: Any) -> list[JsonObject]:  # noqa: ANN401 - JSON
    """``signing.validation.validate.verify_job``, in a process that does nothing else."""
    sys.modules.setdefault("aiohttp", _Absent("aiohttp"))
    from signing.validation import validate  # noqa: PLC0415 - after that

    return validate.verify_job(**arguments)
