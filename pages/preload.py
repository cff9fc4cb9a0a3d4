"""Imports what the jobs of ``pages`` import when they need it. For the fork server.

A job is a fork: what it imports itself, the next job must import again (numpy alone costs 0.1 s).
"""

from __future__ import annotations

import importlib
import pkgutil

import pages

# Libraries, and the modules of theirs that open a kind of file.
_LIBRARIES = (
    "PIL.Image",
    "PIL.TiffImagePlugin",
    "numpy",
    "numpy.ma",
    "pikepdf",
    "pypdfium2",
    "simplejpeg",
    "zxingcpp",
)
_PROCESSES = frozenset({"children", "sandbox"})


def preload() -> None:
    """Import the decoders."""
    for module in pkgutil.iter_modules(pages.__path__):
        if module.name not in _PROCESSES:
            importlib.import_module(f"pages.{module.name}")
    for name in _LIBRARIES:
        importlib.import_module(name)
    # JPEG, PNG and others, which Pillow imports when it opens its first picture.
    importlib.import_module("PIL.Image").preinit()
