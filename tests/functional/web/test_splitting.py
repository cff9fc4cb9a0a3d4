"""A duplex feeder's file of several papers, split by one form."""

from __future__ import annotations

import re

import httpx
from functional.http.serving import Served, sheet, tiff, upload, wait_for

HEAD = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"


def test_a_file_of_two_papers_and_a_blank_back_becomes_two_papers(
    office: Served, clerk: httpx.Client
) -> None:
    scan = tiff(sheet(f"{HEAD}\nTờ thứ nhất"), sheet(""), sheet(f"{HEAD}\nTờ thứ hai"))
    paper = upload(office.client(), "SPLIT-1", scan)
    wait_for(office.client(), paper, "REVIEW")
    page = clerk.get(f"/review/{paper}/pages").text
    assert "Đề xuất: 2 giấy, bỏ 1 trang trắng" in page
    form = {
        "version": re.findall(r'name="version" value="(\d+)"', page)[0],
        "number": re.findall(r'name="number" value="(\d+)"', page),
        "use": re.findall(r'<option value="(\w+)" selected>', page),
        "turn": ["0"] * 3,
    }
    form["use"] = [use for use in form["use"] if not use.isdecimal()]
    sent = clerk.post(f"/review/{paper}/pages", data=form)
    assert sent.status_code == 303, sent.text
    papers = office.client().get("/v1/papers?dossier=SPLIT-1").json()["papers"]
    assert [row["ordinal"] for row in papers] == [1, 2]
    for row, words in zip(papers, ("nhất", "hai"), strict=True):
        assert wait_for(office.client(), row["paper"], "REVIEW")["pages"] == 1
        shown = office.client().get(f"/v1/papers/{row['paper']}/words").text
        assert words in shown
    scans = [
        office.client().get(f"/v1/papers/{row['paper']}").json()["scans"][0]["sha256"]
        for row in papers
    ]
    assert scans[0] == scans[1]
    # The page it was split on is no longer the page that is there.
    assert clerk.post(f"/review/{paper}/pages", data=form).status_code == 400
