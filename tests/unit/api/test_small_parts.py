"""Clock and ids, queue, process names, settings, exit codes, review."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cli.exit_codes import Exit, exit_of, worst
from api.clocks import SystemClock, TimedIds
from api.desk.corrections import reviewed
from api.settings import Settings, read_settings
from dossier.errors import (
    IntegrityViolation,
    Misconfigured,
    RejectedInput,
    SohoaError,
    TransientFault,
    WrongUse,
)
from dossier.spine import Description, Source, Value
from workflow.pipeline.process_name import is_gone, is_name, this_process
from workflow.pipeline.thread_queue import ThreadQueue


class _Steps:
    """A clock that shows the given milliseconds one after the other, then the last for ever."""

    def __init__(self, *millis: int) -> None:
        self._millis = list(millis)

    def now(self) -> datetime:
        shown = self._millis[0] if len(self._millis) == 1 else self._millis.pop(0)
        return datetime.fromtimestamp(shown / 1000, UTC)


@given(st.lists(st.integers(1_600_000_000_000, 1_900_000_000_000), min_size=2, max_size=30))
def test_ids_ascend_even_where_the_clock_steps_back(millis: list[int]) -> None:
    ids = TimedIds(cast("SystemClock", _Steps(*millis)))
    made = [ids.new() for _ in millis]
    assert made == sorted(set(made))
    assert all(made_id.version == 7 for made_id in made)
    assert all(made_id.variant == "specified in RFC 4122" for made_id in made)
    assert made[0].int >> 80 == millis[0]


def test_the_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_every_paper_is_worked_on_and_the_wait_ends() -> None:
    done: list[UUID] = []
    lock = threading.Lock()
    queue = ThreadQueue(threads=3)

    def work(paper: UUID) -> None:
        with lock:
            done.append(paper)
        if paper.int <= 20:  # work makes more work
            queue.enqueue(UUID(int=paper.int + 100))

    queue.start(work)
    for number in range(1, 41):
        queue.enqueue(UUID(int=number))
    assert queue.wait_until_idle(seconds=30)
    queue.stop()
    assert sorted(p.int for p in done) == [*range(1, 41), *range(101, 121)]


def test_a_nudge_to_a_paper_that_waits_is_dropped() -> None:
    queue = ThreadQueue(threads=1)
    for _ in range(5):
        queue.enqueue(UUID(int=1))
    done: list[UUID] = []
    queue.start(done.append)
    assert queue.wait_until_idle(seconds=30)
    queue.stop()
    assert done == [UUID(int=1)]


def test_stopping_finishes_the_work_in_hand_and_drops_what_waits() -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[UUID] = []

    def work(paper: UUID) -> None:
        begun.set()
        go_on.wait(30)
        done.append(paper)

    queue = ThreadQueue(threads=1)
    queue.start(work)
    for number in (1, 2, 3):
        queue.enqueue(UUID(int=number))
    assert begun.wait(30)
    stopping = threading.Thread(target=queue.stop)
    stopping.start()
    go_on.set()
    stopping.join(30)
    assert done[0] == UUID(int=1)
    assert not stopping.is_alive()


def test_a_living_process_is_not_gone_and_a_dead_one_is() -> None:
    assert not is_gone(this_process())
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "from workflow.pipeline.process_name import this_process\nprint(this_process())",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert is_gone(told.stdout.strip())
    assert not is_gone("another-host:1:1")


def test_a_killed_process_is_gone_before_anybody_asked_how_it_ended() -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                "from workflow.pipeline.process_name import this_process\n"
                "print(this_process(), flush=True); input()"
            ),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert is_name(name)
        assert not is_gone(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, but still in /proc
        assert Path(f"/proc/{process.pid}/stat").exists()
        assert is_gone(name)


def test_a_process_of_before_the_machine_started_anew_is_gone() -> None:
    host, pid, started = this_process().rsplit(":", 2)
    assert is_gone(f"{host}:{pid}:00000000-{started.rpartition('-')[2]}")
    assert not is_name("01a214d3-8483-757d-ab7d-c38f3ca1d6a6-mjumsdv5")


def test_a_reused_pid_is_another_process() -> None:
    host, pid, started = this_process().rsplit(":", 2)
    assert int(pid) == os.getpid()
    boot, _, ticks = started.partition("-")
    assert is_gone(f"{host}:{pid}:{boot}-{int(ticks) + 1}")


def test_every_path_follows_var(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOHOA_VAR", "/somewhere")
    settings = read_settings()
    assert settings.database_address() == "sqlite:////somewhere/sohoa.db"
    assert settings.store_address == "file:///somewhere/store"
    assert settings.keys_folder == Path("/somewhere/keys")
    assert settings.scratch_folder == Path("/somewhere/scratch")


@pytest.mark.parametrize(
    ("name", "value"),
    [("OFFICE", "không"), ("TIME_ZONE", "Asia"), ("OCR_DPI", "9"), ("OCR_ENGINE", "x")],
)
def test_a_bad_setting_is_named_and_its_value_is_not(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SOHOA_{name}", value)
    with pytest.raises(Misconfigured) as raised:
        read_settings()
    assert raised.value.code == "setting.bad"
    assert f"SOHOA_{name}" in raised.value.message


def test_a_secret_shows_in_no_repr(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOHOA_SIGNER_PASSPHRASE", "geheim")
    assert "geheim" not in repr(read_settings())
    monkeypatch.delenv("SOHOA_SIGNER_PASSPHRASE")
    file = tmp_path / "pass"
    file.write_text("geheim\n", encoding="utf-8")
    assert Settings(signer_passphrase_file=file).passphrase() == "geheim"
    with pytest.raises(Misconfigured):
        Settings(signer_passphrase_file=tmp_path / "none").passphrase()


def test_zone() -> None:
    at = datetime(2026, 10, 8, 2, 15, tzinfo=UTC)
    assert at.astimezone(Settings().zone).isoformat() == "2026-10-08T09:15:00+07:00"
    assert at.astimezone(Settings(time_zone="-03:30").zone).isoformat().endswith("-03:30")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (WrongUse("a.b", ""), Exit.WRONG_USE),
        (RejectedInput("a.b", ""), Exit.REJECTED),
        (Misconfigured("a.b", ""), Exit.MISCONFIGURED),
        (TransientFault("a.b", ""), Exit.TRY_AGAIN),
        (IntegrityViolation("a.b", ""), Exit.INTEGRITY),
        (TransientFault("fault.unexpected", ""), Exit.OUR_FAULT),
        (ValueError(), Exit.OUR_FAULT),
    ],
)
def test_exit_codes(error: Exception, code: Exit) -> None:
    assert exit_of(error) is code


def test_the_gravest_of_a_batch_is_told() -> None:
    assert worst([]) is Exit.DONE
    errors: list[SohoaError] = [RejectedInput("a.b", ""), TransientFault("a.b", "")]
    assert worst(errors) is Exit.TRY_AGAIN
    assert worst([*errors, IntegrityViolation("a.b", "")]) is Exit.INTEGRITY


def _found() -> Description:
    return Description(
        kind="birth-declaration",
        values=(
            Value(
                field="mother.name", text="A", source=Source.OCR, confidence=0.4, doubt="name.low"
            ),
            Value(field="child.name", text="B", source=Source.OCR, confidence=0.9),
        ),
        doubts=("missing:mother.citizen_id",),
    )


def test_a_review_sets_values_and_settles_doubts() -> None:
    after = reviewed(
        _found(),
        {"mother.citizen_id": "001 199 012 345", "mother.birth": "15/3/1999", "child.name": ""},
        kinds={"birth-declaration"},
    )
    assert after.certain
    told = {value.field: (value.text, value.source) for value in after.values}
    assert told == {
        "mother.name": ("A", Source.OCR),
        "mother.citizen_id": ("001199012345", Source.TYPED),
        "mother.birth": ("1999-03-15", Source.TYPED),
    }


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("mother", "x"),
        ("Mother.name", "x"),
        ("a.b.c", "x"),
        ("mother.citizen_id", "003199012345"),
        ("mother.cmnd", "12"),
        ("paper.date", "31/02/2026"),
        ("paper.date", "hôm nay"),
        ("paper.abstract", "x" * 2001),
        ("kind", "no-such-kind"),
    ],
)
def test_a_value_that_cannot_be_is_refused(field: str, text: str) -> None:
    with pytest.raises(WrongUse):
        reviewed(_found(), {field: text}, kinds={"birth-declaration"})


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("15/03/1984", "1984-03-15"),
        ("15031984", "1984-03-15"),
        ("5-3-1984", "1984-03-05"),
        ("1984-03-15", "1984-03-15"),
        ("1984", "1984"),
    ],
)
def test_dates_as_clerks_type_them(typed: str, iso: str) -> None:
    after = reviewed(_found(), {"mother.birth": typed}, kinds=())
    assert {v.text for v in after.values if v.field == "mother.birth"} == {iso}
