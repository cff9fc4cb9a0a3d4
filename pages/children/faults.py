"""The ways in which a job can fail to end."""

from __future__ import annotations

from dossier.errors import TransientFault


class ChildFault(TransientFault):
    """A job did not come to its end in its child; it may in another one, or later."""


class ChildTimedOut(ChildFault):
    """``child.timed-out``: the deadline passed, or the CPU time was used up."""


class ChildCrashed(ChildFault):
    """``child.crashed``: the child ended by itself, or its answer is not one."""


class ChildKilled(ChildFault):
    """``child.killed``: SIGKILL from outside; the job may be without blame."""


class ChildOutOfMemory(ChildFault):
    """``child.out-of-memory``: the job needs more than its child may have."""


class ChildFailed(ChildFault):
    """``child.failed``: an exception that is not ours; only its type crosses."""
