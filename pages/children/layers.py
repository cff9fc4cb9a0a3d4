"""The layers of the sandbox, and what was seen of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from pages.sandbox import bubblewrap, landlock, seccomp


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers:
    """The layers that confine a child.

    Attributes:
        namespaces: bubblewrap.
        landlock: rules on files.
        seccomp: a filter of system calls.
    """

    namespaces: bool
    landlock: bool
    seccomp: bool

    @classmethod
    def available(cls) -> Self:
        """All that this machine offers."""
        return cls(
            namespaces=bubblewrap.available(),
            landlock=landlock.version() > 0,
            seccomp=seccomp.available(),
        )
