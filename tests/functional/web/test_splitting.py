"""A duplex feeder's file of several papers, split by one form."""

from __future__ import annotations

import re

import httpx
from functional.http.serving import Served, png, sheet, tiff, until, upload, wait_for
from PIL import Image, ImageDraw

_FIELDS = ("number", "turn", "place", "dossier")
HEAD = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc"


def _form(page: str) -> dict[str, list[str]]:
    """The form of a strip of pages as the browser sends it."""
    strip = page.partition('<div class="strip">')[2].partition("</form>")[0]
    form = {name: re.findall(rf'name="{name}"[^>]*value="([^"]*)"', strip) for name in _FIELDS}
    chosen = re.findall(r'<option value="(\w+)" selected>', strip)
    form["use"] = [one for one in chosen if not one.isdecimal()]
    form["turn"] = [one for one in chosen if one.isdecimal()]
    form["version"] = re.findall(r'name="version" value="(\d+)"', page)[:1]
    return form


def test_a_file_of_two_papers_and_a_blank_back_becomes_two_papers(
    office: Served, clerk: httpx.Client
) -> None:
    scan = tiff(sheet(f"{HEAD}\nTờ thứ nhất"), sheet(""), sheet(f"{HEAD}\nTờ thứ hai"))
    paper = upload(office.client(), "SPLIT-1", scan)
    wait_for(office.client(), paper, "REVIEW")
    page = clerk.get(f"/review/{paper}/pages").text
    assert "Đề xuất: 2 giấy, bỏ 1 trang trắng" in page
    form = _form(page)
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
    assert clerk.post(f"/review/{paper}/pages", data=form).status_code == 409
    # Undone by one more act: the further paper ends, the first has all its pages again.
    assert clerk.post(f"/review/{paper}/pages/undo").status_code == 303
    assert wait_for(office.client(), paper, "REVIEW")["pages"] == 3
    ended = office.client().get(f"/v1/papers/{papers[1]['paper']}").json()
    assert (ended["state"], ended["state_title"]) == ("REJECTED", "Đã hoàn tác")


def test_papers_of_two_files_are_merged_and_one_page_is_scanned_again(
    office: Served, clerk: httpx.Client
) -> None:
    client = office.client()
    scans = (png("trang đầu của giấy"), tiff(sheet("trang hai mờ"), sheet("trang ba")))
    papers = [upload(client, "MERGE-1", scan) for scan in scans]
    for paper in papers:
        wait_for(client, paper, "REVIEW")
    first, second = papers
    page = clerk.get(f"/review/{first}/pages").text
    version = _form(page)["version"]
    merged = clerk.post(f"/review/{first}/pages/merge", data={"version": version, "other": second})
    assert merged.headers["location"] == f"/review?pages={first}"
    assert wait_for(client, first, "REVIEW")["pages"] == 3
    assert client.get(f"/v1/papers/{second}").json()["state_title"] == "Đã gộp"
    version = _form(clerk.get(f"/review/{first}/pages").text)["version"]
    new = {"file": ("trang.png", png("trang thay thế rõ nét"))}
    several = {"file": ("trang.tif", scans[1])}
    data = {"version": version, "page": "2"}
    refused = clerk.post(f"/review/{first}/pages/scan", data=data, files=several)
    assert "Tệp có nhiều trang" in refused.text
    assert clerk.post(f"/review/{first}/pages/scan", data=data, files=new).status_code == 303
    wait_for(client, first, "REVIEW")
    words = client.get(f"/v1/papers/{first}/words").text
    assert "thế" in words
    assert "mờ" not in words
    # Taken back, the page is the old one again.
    assert client.post(f"/v1/papers/{first}/pages/undo").status_code == 200
    wait_for(client, first, "REVIEW")
    assert "mờ" in client.get(f"/v1/papers/{first}/words").text


def _printed(page: str) -> Image.Image:
    """A sheet with the code of a page, each module 6 px wide."""
    (path,) = re.findall(r'<path d="([^"]+)"', page)
    made = sheet("")
    draw = ImageDraw.Draw(made)
    for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", path):
        left, top = 250 + int(x) * 6, 100 + int(y) * 6
        right, bottom = left + int(width) * 6 - 1, top + int(height) * 6 - 1
        draw.rectangle((left, top, right, bottom), fill=0)
    return made


def test_a_separator_sheet_files_what_follows_under_its_dossier(
    office: Served, clerk: httpx.Client
) -> None:
    separator = _printed(clerk.get("/intake/SEPARATE-2/separator").text)
    scan = tiff(sheet("giấy của hồ sơ thứ nhất"), separator, sheet("giấy của hồ sơ thứ hai"))
    clerk.post("/intake/SEPARATE-1/files", files={"files": ("a.tif", scan)})
    (row,) = office.client().get("/v1/papers?dossier=SEPARATE-1").json()["papers"]
    wait_for(office.client(), row["paper"], "REVIEW")
    until(lambda: "SEPARATE-2" in clerk.get(f"/review/{row['paper']}/pages").text)
    form = _form(clerk.get(f"/review/{row['paper']}/pages").text)
    assert clerk.post(f"/review/{row['paper']}/pages", data=form).status_code == 303
    (moved,) = office.client().get("/v1/papers?dossier=SEPARATE-2").json()["papers"]
    assert wait_for(office.client(), moved["paper"], "REVIEW")["pages"] == 1


def test_the_command_line_splits_and_closes(office: Served) -> None:
    paper = upload(office.client(), "SPLIT-CLI", tiff(sheet("một"), sheet(""), sheet("hai")))
    wait_for(office.client(), paper, "REVIEW")
    made = office.commands.json("split", paper, "1", "3")
    assert made[0]["paper"] == paper
    assert len(made) == 2
    assert office.commands.run("dossier", "SPLIT-CLI", "--close").code == 2
    (closed,) = office.commands.json("dossier", "SPLIT-CLI", "--close", "--anyway")
    assert closed["closed_at"]
    (opened,) = office.commands.json("dossier", "SPLIT-CLI", "--reopen")
    assert opened["closed_at"] is None
