"""An engine of recognition that hangs, crashes or takes all memory at page 2; planted in children.

A child imports ``sitecustomize`` from the folders of ``PYTHONPATH``, as every Python does; the
three folders beside this file hold one each. Nothing else of the child is changed.
"""

from __future__ import annotations

import ctypes
import importlib
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any

_PAGE = 2


def plant(fault: str) -> None:
    """Let the engine of this process fail at page 2: ``hang``, ``crash`` or ``grow``."""
    real = importlib.import_module

    def import_module(name: str, package: str | None = None) -> ModuleType:
        module = real(name, package)
        if name == "ocr.reading":
            made = module._bare_engine
            module._bare_engine = lambda *args: _Engine(made(*args), _FAULTS[fault])  # type: ignore[attr-defined] # the same
        return module

    importlib.import_module = import_module


class _Engine:
    def __init__(self, real: Any, fault: Callable[[], None]) -> None:  # noqa: ANN401 - any engine
        self.engine = real.engine
        self._real = real
        self._fault = fault

    def recognise(self, picture: Any, *, number: int) -> Any:  # noqa: ANN401 - as the real one
        if number == _PAGE:
            self._fault()
        return self._real.recognise(picture, number=number)


def _hang() -> None:
    # As an engine does: inside C, holding the interpreter, deaf to every signal but one.
    ctypes.PyDLL(None).sleep(3600)


def _crash() -> None:
    ctypes.string_at(0)


def _grow() -> None:
    taken = []
    while True:
        taken.append(os.urandom(1 << 20) * 64)


_FAULTS = {"hang": _hang, "crash": _crash, "grow": _grow}
