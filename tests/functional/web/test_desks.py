"""The desks by their forms, as a browser without JavaScript sends them."""

from __future__ import annotations

import re

import httpx
import pytest
from functional.http.serving import Served, png, sheet, tiff, until, upload, wait_for
from functional.http.visiting import browser, signed_in
from PIL import ImageFilter

NUMBER = "001184000123"


def _settle(clerk: httpx.Client, paper: str, **form: str) -> httpx.Response:
    """Answer the first card of a paper, with the version that its page shows."""
    page = clerk.get(f"/review/{paper}").text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    name = re.findall(r'name="name" value="([^"]+)"', page)[0]
    return clerk.post(f"/review/{paper}/settle", data={"name": name, "version": version, **form})


def _complete(clerk: httpx.Client, paper: str) -> httpx.Response:
    page = clerk.get(f"/review/{paper}").text
    version = re.findall(r'name="version" value="(\d+)"', page)[0]
    return clerk.post(f"/review/{paper}/complete", data={"version": version})


def test_a_clerk_sends_files_and_sees_what_becomes_of_them(
    office: Served, clerk: httpx.Client
) -> None:
    opened = clerk.get("/intake", params={"dossier": " form-1 "})
    assert opened.headers["location"] == "/intake/FORM-1"
    files = [
        ("files", ("to-khai.png", png("tờ khai gửi bằng biểu mẫu"))),
        ("files", ("hong.pdf", b"not a scan")),
    ]
    sent = clerk.post("/intake/FORM-1/files", files=files)
    assert sent.headers["location"] == "/intake/FORM-1?sent=2&known=0"
    page = clerk.get("/intake/FORM-1").text
    assert "Không tiếp nhận" in page
    assert "Quét lại rồi gửi lại vào hồ sơ này." in page
    again = clerk.post("/intake/FORM-1/files", files=files[:1])
    assert again.headers["location"].endswith("sent=1&known=1")
    (paper,) = [
        row["paper"]
        for row in office.client().get("/v1/papers?dossier=FORM-1").json()["papers"]
        if row["state"] != "REJECTED"
    ]
    wait_for(office.client(), paper, "REVIEW")
    assert f"/review/{paper}?dossier=FORM-1" in clerk.get("/intake/FORM-1/papers").text


def test_a_dossier_with_unfinished_papers_is_closed_by_a_second_act(
    office: Served, clerk: httpx.Client
) -> None:
    paper = upload(office.client(), "FORM-2", png("giấy chưa xong"))
    wait_for(office.client(), paper, "REVIEW")
    clerk.post("/intake/FORM-2/expected", data={"kind": "citizen-card"})
    asked = clerk.post("/intake/FORM-2/close")
    assert asked.status_code == 409
    assert "Vẫn đóng hồ sơ" in asked.text
    assert "Thẻ căn cước" in asked.text
    assert clerk.post("/intake/FORM-2/close", data={"anyway": "true"}).status_code == 303
    refused = clerk.post("/intake/FORM-2/files", files={"files": ("a.png", png("muộn"))})
    assert refused.status_code == 409
    assert "Hồ sơ đã đóng" in refused.text
    assert clerk.post("/intake/FORM-2/reopen").status_code == 303
    history = office.client().get(f"/v1/papers/{paper}").json()["history"]
    assert history[-1]["code"] == "dossier-reopened"
    assert history[-1]["actor"].startswith("person:")


def test_a_paper_passes_with_its_kind_and_every_required_value_only(
    office: Served, clerk: httpx.Client
) -> None:
    paper = upload(office.client(), "FORM-3", png("giấy không rõ loại"))
    wait_for(office.client(), paper, "REVIEW")
    assert f"/review/{paper}" in clerk.get("/review").text
    assert _complete(clerk, paper).status_code == 409
    assert _settle(clerk, paper, text="citizen-card").status_code == 303
    while "Đã xem, giấy đúng như vậy" in clerk.get(f"/review/{paper}").text:
        assert _settle(clerk, paper).status_code == 303
    assert _complete(clerk, paper).status_code == 409
    wrong = _settle(clerk, paper, text="12")
    assert wrong.status_code == 409
    assert "số định danh cá nhân 12 chữ số" in wrong.text
    assert _settle(clerk, paper, text=NUMBER).status_code == 303
    assert _settle(clerk, paper, text="x", absent="yes").status_code == 303
    done = _complete(clerk, paper)
    assert f"finished={paper}" in done.headers["location"]
    shown = office.client().get(f"/v1/papers/{paper}").json()
    assert shown["state"] == "DESCRIBED"
    codes = [(line["code"], line["actor"].partition(":")[0]) for line in shown["history"]]
    assert ("value-absent", "person") in codes
    # Undone on the server, also after the paper went on.
    assert clerk.post(f"/review/{paper}/undo").headers["location"] == f"/review/{paper}"
    assert office.client().get(f"/v1/papers/{paper}").json()["state"] == "REVIEW"


def test_of_two_clerks_at_one_value_the_second_is_asked_to_look_again(
    office: Served, clerk: httpx.Client
) -> None:
    paper = upload(office.client(), "FORM-4", png("hai người một giấy"))
    wait_for(office.client(), paper, "REVIEW")
    page = clerk.get(f"/review/{paper}").text
    form = {
        "version": re.findall(r'name="version" value="(\d+)"', page)[0],
        "name": "kind",
        "text": "certified-copy",
    }
    assert clerk.post(f"/review/{paper}/settle", data=form).status_code == 303
    second = clerk.post(f"/review/{paper}/settle", data=form)
    assert second.status_code == 409
    assert "Có người vừa sửa giấy này" in second.text


def test_a_picture_of_a_page_is_kept_by_this_browser_only(
    office: Served, clerk: httpx.Client
) -> None:
    paper = upload(office.client(), "FORM-5", png("ảnh trang"))
    wait_for(office.client(), paper, "REVIEW")
    (path,) = re.findall(r'<image href="([^"]+)"', clerk.get(f"/review/{paper}").text)
    first = clerk.get(path)
    assert (first.status_code, first.headers["content-type"]) == (200, "image/webp")
    assert first.headers["cache-control"].startswith("private")
    again = clerk.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    # Without a session, or from another desk, nothing is sent, also with the right tag.
    tag = {"If-None-Match": first.headers["etag"]}
    assert browser(office).get(path, headers=tag).status_code == 303
    assert signed_in(office, "auditor").get(path, headers=tag).status_code == 403


def test_a_paper_in_the_wrong_dossier_is_moved_and_withdrawn(
    office: Served, clerk: httpx.Client
) -> None:
    paper = upload(office.client(), "FORM-6", png("nhầm hồ sơ"))
    wait_for(office.client(), paper, "REVIEW")
    assert clerk.post(f"/review/{paper}/move", data={"target": "form-7"}).status_code == 303
    assert wait_for(office.client(), paper, "REVIEW")["dossier"] == "FORM-7"
    clerk.post(f"/review/{paper}/withdraw", data={"reason": "nộp nhầm"})
    shown = office.client().get(f"/v1/papers/{paper}").json()
    assert (shown["state"], shown["state_title"]) == ("REJECTED", "Đã rút")


@pytest.mark.parametrize("role", ["auditor", "admin", "archivist"])
def test_people_of_other_desks_are_refused(office: Served, role: str) -> None:
    paper = upload(office.client(), f"ROLE-{role.upper()}", png(f"vai trò {role}"))
    visitor = signed_in(office, role)
    form = {"name": "kind", "text": "certified-copy", "version": "0"}
    tried = [
        visitor.get("/intake"),
        visitor.get("/intake/ROLE-1"),
        visitor.post("/intake/ROLE-1/close"),
        visitor.post("/intake/ROLE-1/reopen"),
        visitor.post("/intake/ROLE-1/files", files={"files": ("a.png", b"x")}),
        visitor.get("/review"),
        visitor.get(f"/review/{paper}"),
        visitor.post(f"/review/{paper}/settle", data=form),
        visitor.post(f"/review/{paper}/complete", data={"version": "0"}),
        visitor.post(f"/review/{paper}/undo"),
        visitor.post(f"/review/{paper}/withdraw", data={"reason": "x"}),
    ]
    assert {answer.status_code for answer in tried} == {403}


def test_a_blurred_page_is_named_before_it_is_read(office: Served, clerk: httpx.Client) -> None:
    lines = "\n".join("Tờ khai đăng ký khai sinh của công dân" for _ in range(12))
    blurred = sheet(lines).filter(ImageFilter.GaussianBlur(3))
    file = ("mo.tif", tiff(sheet(lines), blurred))
    clerk.post("/intake/FORM-8/files", files={"files": file})
    until(lambda: "Quét lại trang 2." in clerk.get("/intake/FORM-8/papers").text)
    page = clerk.get("/intake/FORM-8/papers").text
    assert "Ảnh mờ" in page
    assert "trang 1." not in page


def test_the_list_says_which_value_is_doubtful(office: Served, clerk: httpx.Client) -> None:
    paper = upload(office.client(), "FORM-9", png("giấy không rõ loại gì"))
    wait_for(office.client(), paper, "REVIEW")
    for page in ("/review?dossier=FORM-9", "/intake/FORM-9/papers"):
        assert "Chưa biết đây là loại giấy gì" in clerk.get(page).text


def test_an_empty_password_is_asked_for_in_words(office: Served) -> None:
    visitor = browser(office)
    refused = visitor.post("/login", data={"login": "ai.do", "password": ""})
    assert "Hãy nhập mật khẩu." in refused.text
    signer = signed_in(office, "signer")
    assert "Hãy nhập mật khẩu." in signer.post("/step-up", data={"proof": " "}).text


def test_the_stamp_is_drawn_over_the_page_where_it_will_stand(
    office: Served, clerk: httpx.Client
) -> None:
    paper = upload(office.client(), "FORM-10", png("giấy để xem dấu ký"))
    wait_for(office.client(), paper, "REVIEW")
    _settle(clerk, paper, text="certified-copy")
    while "Đã xem, giấy đúng như vậy" in clerk.get(f"/review/{paper}").text:
        _settle(clerk, paper)
    while "Không có trên giấy" in clerk.get(f"/review/{paper}").text:
        _settle(clerk, paper, absent="yes")
    assert _complete(clerk, paper).status_code == 303
    wait_for(office.client(), paper, "DESCRIBED")
    signer = signed_in(office, "signer")
    page = signer.get(f"/sign/{paper}").text
    (path,) = re.findall(r'src="(/sign/[^"]+/stamp\.svg[^"]*)"', page)
    drawn = signer.get(path)
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert "SAO Y" in drawn.text
    # At the top right of a page of 595 by 432 pt.
    box = re.findall(r'<rect x="([0-9.]+)" y="([0-9.]+)"', drawn.text)[0]
    assert float(box[0]) > 297
    assert float(box[1]) < 216
    assert clerk.get(path).status_code == 403
    # At the command line all are listed, and a "no" signs none of them.
    refused = office.commands.run("sign", "--all", "--ask", stdin="n\n")
    assert refused.code != 0
    assert paper[:8] in refused.out
    assert office.client().get(f"/v1/papers/{paper}").json()["state"] == "DESCRIBED"
