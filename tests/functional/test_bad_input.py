"""Whatever is sent: it is archived, asked about or rejected with what to do; the batch goes on."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from functional.cli.running import Commands
from planted import small_paper, whole
from planted.bad_files import BAD

from api.cli.exit_codes import Exit
from api.desk import corrections, edits, papers
from api.desk.intake import submit
from api.desk.tokens import operator
from dossier.states import PaperState
from dossier.text import NOT_ON_PAPER

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "fixtures" / "bad"
GIGABYTE = 1_000_000_000
# What a sender can do, in the words of the sentences.
TO_DO = ("scan the", "scan it", "send it", "send the", "save the", "make it again", "print it")

REJECTED = {
    "not-a-pdf.pdf": "scan.not-a-known-type",
    "only-a-header.pdf": "scan.damaged",
    "empty.pdf": "scan.empty",
    "truncated.pdf": "scan.damaged",
    "truncated.jpg": "scan.damaged",
    "truncated.tif": "scan.damaged",
    "encrypted.pdf": "scan.encrypted",
    "no-pages.pdf": "scan.no-pages",
    "many-pages.pdf": "scan.too-many-pages",
    "pages-in-a-circle.pdf": "scan.damaged",
    "content-bomb.pdf": "scan.unusable",
    "endless-drawing.pdf": "scan.unusable",
    "picture-bomb.png": "scan.too-many-pixels",
    "wide-bitmap.png": "scan.too-many-pixels",
    "long-bitmap.png": "scan.too-many-pixels",
    "picture-bomb.pdf": "scan.too-many-pixels",
    # Pillow's
    "old-style-jpeg-compression.tif": "scan.old-jpeg",
    "broken.png": "scan.damaged",
    "crash-0c7e0e8e11ce787078f00b5b0ca409a167f070e0.tif": "scan.damaged",
    "libtiff_segfault.tif": "scan.damaged",
    "oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif": "scan.damaged",
    "decompression_bomb.gif": "scan.not-a-known-type",
    "hopper_orientation_6.webp": "scan.not-a-known-type",
    "duplicate_xref_entry.pdf": "pdf.page-too-small",
    "truncated_jpeg.jpg": "scan.damaged",
    # OCRmyPDF's
    "invalid.pdf": "scan.damaged",
    "hugemono.pdf": "scan.too-many-pixels",
}
# Rejected before a person sees them; what is not, only when it would be archived.
AT_ONCE = set(REJECTED) - {
    "long-bitmap.png", "picture-bomb.pdf", "hugemono.pdf", "duplicate_xref_entry.pdf",
}  # fmt: skip
GOOD = {"000-good.png", "zzz-good.png"}


@dataclass(frozen=True)
class Batch:
    """How one command over all files ended.

    Attributes:
        first: where the command left each file, by its name.
        rows: where each file stands after a person accepted all that waited.
    """

    var: Path
    status: int
    said: str
    first: dict[str, dict[str, Any]]
    rows: dict[str, dict[str, Any]]
    used: resource.struct_rusage


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "in").mkdir()
    for good in ("000-good.png", "zzz-good.png"):
        small_paper.draw(folder / "in" / good, len(good) + ord(good[0]))
    for name, make in BAD.items():
        make(folder / "in" / name)
    for file in FIXTURES.glob("*/*"):
        if file.name != "LICENSE":
            shutil.copyfile(file, folder / "in" / file.name)
    commands = Commands(folder / "var")
    commands.json("init", "--trial")
    status, used = _measured(
        ["ingest", str(folder / "in"), "--dossier", "H15-1", "--sign", "--accept", "--json"], folder
    )
    rows = [json.loads(line) for line in (folder / "out").read_text("utf-8").splitlines()]
    _accept_all(folder / "var")
    return Batch(
        folder / "var",
        status,
        (folder / "err").read_text("utf-8"),
        {row["source"]: row for row in rows},
        {row["source"]: row for row in commands.json("list")},
        used,
    )


def _accept_all(var: Path) -> None:
    """Accept and sign what waits for a person: nobody knows of what kind these files are."""
    with whole.application_over(var) as application:
        caller = operator(application, "test")
        waiting = papers.list_papers(application, caller, state=PaperState.REVIEW).papers
        form = application.forms.by_id["certified-copy"]
        typed = {"kind": form.id} | dict.fromkeys(form.required, NOT_ON_PAPER)

        def sign_all(enqueue: Callable[[UUID], None]) -> None:
            for row in waiting:
                corrections.review(application, caller, row.paper, typed)
                edits.request_signature(application, caller, row.paper)
                enqueue(row.paper)

        application.process(sign_all, watch=lambda _: None)


def _measured(arguments: list[str], folder: Path) -> tuple[int, resource.struct_rusage]:
    """Run a command in a folder; its exit code, and what it and its children used."""
    pid = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", "from api.cli import main; main()", *arguments],
        {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "SOHOA_VAR": str(folder / "var"),
            "SOHOA_CORES": "2",
        },
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, str(folder / "out"), os.O_WRONLY | os.O_CREAT, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, str(folder / "err"), os.O_WRONLY | os.O_CREAT, 0o600),
        ],
    )
    _, status, used = os.wait4(pid, 0)
    return os.waitstatus_to_exitcode(status), used


def test_every_file_waits_or_is_rejected_and_the_batch_goes_on(batch: Batch) -> None:
    assert batch.status == Exit.REJECTED, batch.said
    ended = {name: (row["state"], row["code"]) for name, row in batch.first.items()}
    assert ended == {
        name: ("REJECTED", REJECTED[name])
        if name in AT_ONCE
        else ("ARCHIVED", "")
        if name in GOOD
        else ("REVIEW", "review.doubtful")
        for name in ended
    }
    assert set(REJECTED) | GOOD <= set(ended)
    assert len(ended) > len(BAD) + 25


def test_what_a_person_accepts_is_archived_or_rejected(batch: Batch) -> None:
    ended = {name: (row["state"], row["code"]) for name, row in batch.rows.items()}
    assert ended == {
        name: ("REJECTED", REJECTED[name]) if name in REJECTED else ("ARCHIVED", "")
        for name in batch.first
    }


def test_a_rejection_says_what_to_do(batch: Batch) -> None:
    for name in REJECTED:
        reason = batch.rows[name]["reason"]
        assert any(words in reason for words in TO_DO), (name, reason)
    assert "Traceback" not in batch.said
    assert "fault.unexpected" not in batch.said


def test_nothing_is_half_stored(batch: Batch) -> None:
    wrong = whole.faults(
        batch.var,
        papers=len(batch.rows) - len(REJECTED),
        turned_away=len(REJECTED),
    )
    assert wrong == []


def test_no_child_takes_a_gigabyte_nor_a_file_a_minute(batch: Batch) -> None:
    # Linux tells kilobytes: the most that the command or any of its children had resident.
    assert batch.used.ru_maxrss * 1024 < GIGABYTE
    # Seconds of the processor, which do not depend on what else the machine does.
    assert batch.used.ru_utime + batch.used.ru_stime < 60 * len(BAD)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("hangs", "page.too-slow"),
        ("crashes", "page.crashed"),
        ("grows", "page.out-of-memory"),
    ],
)
def test_a_page_that_overcomes_the_engine_does_not_lose_the_paper(
    tmp_path: Path, fault: str, code: str
) -> None:
    planted = f"{ROOT / 'tests' / 'planted' / f'engine_{fault}'}:{ROOT / 'tests'}"
    commands = Commands(tmp_path / "var")
    commands.json("init", "--trial")
    paper = small_paper.draw(tmp_path / "paper.tif", pages=3)
    ended = commands.run(
        *("ingest", paper, "--dossier", "H15-1", "--sign", "--json"),
        env={"PYTHONPATH": planted, "SOHOA_PAGE_SECONDS": "25"},
    )
    assert ended.code == Exit.DONE, ended.err
    assert ended.row["state"] == "REVIEW"
    paper_id = ended.row["paper"]
    (shown,) = commands.json("show", paper_id)
    assert "page.unread:2" in shown["description"]["doubts"]
    pages = commands.json("text", paper_id)
    assert [page["unread"] for page in pages] == ["", code, ""]
    assert [f"Trang {page['page']}" in page["text"] for page in pages] == [True, False, True]
    commands.json("review", paper_id, "--set", "kind=certified-copy", "--accept")
    commands.json("sign", paper_id)
    (row,) = commands.json("list")
    assert row["state"] == "ARCHIVED"


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    commands = Commands(tmp_path_factory.mktemp("names") / "var")
    commands.json("init", "--trial")
    return commands


NFD = unicodedata.normalize("NFD", "ế")
NAMES = {
    "../../../etc/passwd.png": "passwd.png",
    "..\\..\\windows\\x.png": "x.png",
    "../": "unnamed",
    NFD * 300 + ".png": "ế" * 195 + "….png",
    "a\x00b\n\x1b[31m\u202egnp.png": "ab[31mgnp.png",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_shown_clean_and_leads_nowhere(
    trial: Commands, tmp_path: Path, name: str
) -> None:
    paper = small_paper.draw(tmp_path / "paper.png", 100 + list(NAMES).index(name))
    before = {path for path in trial.var.parent.rglob("*") if trial.var not in path.parents}
    with whole.application_over(trial.var) as application:
        caller = operator(application, "test")
        result = submit(application, caller, paper, dossier="H15-2", source=name)
        assert result.error is None
        (row,) = papers.get_papers(application, caller, [result.paper])
    assert row.source == NAMES[name]
    assert {p for p in trial.var.parent.rglob("*") if trial.var not in p.parents} == before
    assert name not in {path.name for path in trial.var.rglob("*")}


def test_the_longest_name_that_a_disk_takes_comes_in_by_the_command(
    trial: Commands, tmp_path: Path
) -> None:
    longest = NFD * 50 + ".png"  # 5 bytes a letter, 255 at most
    (tmp_path / "in").mkdir()
    small_paper.draw(tmp_path / "in" / longest, 200)
    crooked = tmp_path / "in" / ".." / "in"
    ended = trial.run("ingest", crooked, "--dossier", "H15-3", "--no-wait", "--json")
    assert ended.code == Exit.DONE, ended.err
    assert ended.row["source"] == "ế" * 50 + ".png"
