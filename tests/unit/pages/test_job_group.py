"""Jobs of one paper are cancelled together and share a budget of CPU time."""

from __future__ import annotations

import pytest

from dossier.errors import SohoaError, TransientFault
from pages.children import BudgetExceeded, JobGroup


class Process:
    killed = False

    def kill(self) -> None:
        self.killed = True


def _cancelled_while_it_runs(group: JobGroup, process: Process) -> None:
    with group.running(process, what="paper x page 2"):
        group.cancel()
        raise OSError  # however the job itself ends


def test_cancelling_ends_running_jobs_and_refuses_new_ones() -> None:
    group, running, ended = JobGroup(), Process(), Process()
    with group.running(ended, what="paper x page 1"):
        pass
    with pytest.raises(TransientFault) as raised:
        _cancelled_while_it_runs(group, running)
    assert raised.value.code == "child.cancelled"
    assert running.killed
    assert not ended.killed
    with pytest.raises(TransientFault):
        group.check("paper x page 3")
    with pytest.raises(TransientFault), group.running(Process(), what="paper x page 3"):
        raise AssertionError("it began")


def test_the_budget_is_shared() -> None:
    group = JobGroup(cpu_seconds=10)
    assert group.deadline(50) == 10
    with group.running(Process(), what="paper x page 1") as spend:
        spend(7.0)
    assert group.deadline(50) == 3
    assert group.deadline(1) == 1
    with group.running(Process(), what="paper x page 2") as spend:
        spend(3.0)
    with pytest.raises(BudgetExceeded, match="paper x page 3: the file takes more than 10") as over:
        group.check("paper x page 3")
    assert over.value.code == "scan.too-costly"
    assert isinstance(over.value, SohoaError)


def test_without_a_budget_jobs_have_their_own_deadline() -> None:
    assert JobGroup().deadline(50) == 50
