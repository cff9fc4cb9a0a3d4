"""Several API processes of one province at once: whatever one has begun, another goes on with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from functional.cli.running import Commands
from functional.http.serving import SCOPES, certified, png, serving, upload, wait_for
from functional.http.test_uploads import PIECE, TUS, begin
from functional.province import Province, working_commands


@pytest.fixture
def commands(province: Province, tmp_path: Path) -> Iterator[Commands]:
    with working_commands(province, tmp_path / "var") as commands:
        yield commands


def test_what_one_takes_another_shows(commands: Commands) -> None:
    with ExitStack() as stack:
        one, two = (stack.enter_context(serving(commands)) for _ in range(2))
        token = one.new_token(*[word for scope in SCOPES for word in ("--scope", scope)])
        clients = [served.client(token) for served in (one, two)]
        papers = [
            upload(clients[n % 2], "MANY-1", certified(f"tờ giấy số {n}"), sign=True, accept=True)
            for n in range(6)
        ]
        shown = [
            wait_for(clients[(n + 1) % 2], paper, "ARCHIVED") for n, paper in enumerate(papers)
        ]
        assert sorted(paper["ordinal"] for paper in shown) == [1, 2, 3, 4, 5, 6]
        # Pieces go to whichever is asked, since they share a folder.
        scan = png("từng phần, hai nơi")
        third = len(scan) // 3
        path = begin(clients[0], len(scan), dossier="MANY-2")
        for n, (first, end) in enumerate(((0, third), (third, 2 * third), (2 * third, len(scan)))):
            head = PIECE | {"Upload-Offset": str(first)}
            answer = clients[n % 2].patch(path, content=scan[first:end], headers=head)
            assert answer.status_code == 204, answer.text
        wait_for(clients[1], answer.headers["location"].rpartition("/")[2], "REVIEW")


def test_one_without_the_pieces_says_so_and_harms_nothing(
    commands: Commands, tmp_path: Path
) -> None:
    elsewhere = replace(commands, var=tmp_path / "another" / "var")
    elsewhere.var.parent.mkdir()
    keys = {"SOHOA_KEYS": str(commands.var / "keys")}
    with ExitStack() as stack:
        one = stack.enter_context(serving(commands))
        token = one.new_token(*[word for scope in SCOPES for word in ("--scope", scope)])
        two = stack.enter_context(serving(elsewhere, env=keys))
        here, there = one.client(token), two.client(token)
        scan = png("chỉ một nơi có")
        path = begin(here, len(scan), dossier="MANY-3")
        head = PIECE | {"Upload-Offset": "0"}
        assert here.patch(path, content=scan[:50], headers=head).status_code == 204
        head = PIECE | {"Upload-Offset": "50"}
        answer = there.patch(path, content=scan[50:], headers=head)
        assert (answer.status_code, answer.json()["code"]) == (503, "upload.not-here")
        assert there.head(path, headers=TUS).headers["upload-offset"] == "50"
        answer = here.patch(path, content=scan[50:], headers=head)
        assert answer.status_code == 204, answer.text
        wait_for(there, answer.headers["location"].rpartition("/")[2], "REVIEW")
