"""Child processes that decode, render and recognise hostile input.

A page can crash an engine, or take it over; it must neither crash us nor reach a key. So each job
runs in a process of its own, forked from a fork server inside the sandbox (``pages.sandbox``) with
a memory limit and a deadline. It speaks to us in length-prefixed JSON: not pickle, since a job that
was taken over must not be able to run code here. Files go in and out through two folders that are
emptied after each job.
"""

from __future__ import annotations

from pages.children.faults import (
    ChildCrashed,
    ChildFailed,
    ChildFault,
    ChildKilled,
    ChildOutOfMemory,
    ChildTimedOut,
)
from pages.children.jobs import BudgetExceeded, JobGroup, JobRunner
from pages.children.layers import Layers
from pages.children.pool import PRELOAD, Children
from pages.sandbox.probe import Walls

__all__ = [
    "PRELOAD",
    "BudgetExceeded",
    "ChildCrashed",
    "ChildFailed",
    "ChildFault",
    "ChildKilled",
    "ChildOutOfMemory",
    "ChildTimedOut",
    "Children",
    "JobGroup",
    "JobRunner",
    "Layers",
    "Walls",
]
