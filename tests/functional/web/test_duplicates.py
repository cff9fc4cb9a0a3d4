"""A paper that is in the store already is shown beside it, reused, and counted."""

from __future__ import annotations

import httpx
from functional.http.serving import Served, png, upload, wait_for


def test_the_same_bytes_in_another_dossier_are_one_paper_or_two(
    office: Served, clerk: httpx.Client
) -> None:
    client = office.client()
    scan = png("giấy nộp hai lần ở hai hồ sơ")
    first = upload(client, "SAME-1", scan)
    again = [upload(client, f"SAME-{n}", scan) for n in (2, 3)]
    for paper in (first, *again):
        wait_for(client, paper, "REVIEW")
    page = clerk.get(f"/review/{again[0]}").text
    assert "Cùng bản quét với giấy 1, hồ sơ SAME-1." in page
    pair = clerk.get(f"/review/{again[0]}/same/{first}")
    assert "Hai giấy này có phải là một không?" in pair.text
    said = clerk.post(f"/review/{again[0]}/same/{first}", data={"same": "true"})
    assert said.headers["location"] == "/review"
    reused = client.get(f"/v1/papers/{again[0]}").json()
    assert (reused["state"], reused["state_title"]) == ("REJECTED", "Dùng giấy đã có")
    (status,) = office.commands.json("status")
    assert status["reused"] == 1
    # Of the other one a person says that it is not the same; it is not asked again.
    clerk.post(f"/review/{again[1]}/same/{first}", data={"same": "false"})
    assert "hồ sơ SAME-1." not in clerk.get(f"/review/{again[1]}").text
    assert client.get(f"/v1/papers/{again[1]}").json()["state"] == "REVIEW"


def test_papers_that_do_not_look_alike_are_not_shown_as_a_pair(
    office: Served, clerk: httpx.Client
) -> None:
    papers = [upload(office.client(), f"ALIKE-{n}", png(f"giấy {n}")) for n in (1, 2)]
    for paper in papers:
        wait_for(office.client(), paper, "REVIEW")
    assert clerk.get(f"/review/{papers[0]}/same/{papers[1]}").status_code == 400
    asked = clerk.post(f"/review/{papers[0]}/same/{papers[1]}", data={"same": "true"})
    assert asked.status_code == 400
