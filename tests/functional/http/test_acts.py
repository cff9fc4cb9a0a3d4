"""What is done to a paper until it is signed, and dossiers."""

from __future__ import annotations

import io

import httpx
import pikepdf
import pytest
from functional.http.serving import certified, png, sheet, tiff, upload, wait_for

UPRIGHT = "Cộng hoà xã hội chủ nghĩa Việt Nam\nĐộc lập Tự do Hạnh phúc\nKính gửi Uỷ ban"
SECOND = "Trang hai của tờ giấy này\nnơi thường trú huyện Trà Cú"

# A kind that requires no value.
ANY_KIND = {"values": {"kind": "certified-copy"}}


def _text(client: httpx.Client, paper: str) -> list[str]:
    pages = client.get(f"/v1/papers/{paper}/words").json()["pages"]
    return [" ".join(str(word[0]) for word in page["words"]) for page in pages]


def test_turned_and_ordered_pages_are_read_and_laid_down_so(client: httpx.Client) -> None:
    scan = tiff(sheet(SECOND, turned=180), sheet(UPRIGHT))
    paper = upload(client, "ARR-1", scan)
    wait_for(client, paper, "REVIEW")
    before = client.get(f"/v1/papers/{paper}/words").json()["pages"]
    assert [page["number"] for page in before] == [1, 2]
    arranged = client.put(
        f"/v1/papers/{paper}/pages",
        json={"pages": [{"number": 2}, {"number": 1, "turn": 180}]},
    )
    assert arranged.status_code == 200, arranged.text
    assert arranged.json()["state"] == "RECEIVED"
    shown = wait_for(client, paper, "REVIEW")
    assert [m["code"] for m in shown["history"]].count("pages-arranged") == 1
    first, second = _text(client, paper)
    assert "Hạnh phúc" in first
    assert "thường trú" in second
    pages = client.get(f"/v1/papers/{paper}/words").json()["pages"]
    assert [(p["number"], p["turn"]) for p in pages] == [(2, 0), (1, 180)]
    with pikepdf.open(io.BytesIO(client.get(f"/v1/papers/{paper}/pdf").content)) as pdf:
        assert [int(page.obj.get("/Rotate", 0)) for page in pdf.pages] == [0, 180]
    bad = client.put(f"/v1/papers/{paper}/pages", json={"pages": [{"number": 2}]})
    assert (bad.status_code, bad.json()["code"]) == (422, "pages.not-all")


def test_scanned_again_the_old_scan_stays_in_the_history(client: httpx.Client) -> None:
    old, new = png("ảnh mờ"), png(UPRIGHT)
    paper = upload(client, "AGAIN-1", old)
    wait_for(client, paper, "REVIEW")
    answer = client.post(f"/v1/papers/{paper}/scan", content=new)
    assert answer.status_code == 202, answer.text
    shown = wait_for(client, paper, "REVIEW")
    assert [scan["replaced_at"] is None for scan in shown["scans"]] == [False, True]
    assert "Hạnh phúc" in " ".join(_text(client, paper))
    same = client.post(f"/v1/papers/{paper}/scan", content=new)
    assert (same.status_code, same.json()["code"]) == (409, "dossier.has-it-already")
    # The old bytes are free: they may come as a paper of their own.
    assert upload(client, "AGAIN-1", old) != paper


@pytest.mark.parametrize("said", ["", "   ", "a\0b", "a\x1b[2J"])
def test_who_gives_a_reason_or_a_purpose_says_something(client: httpx.Client, said: str) -> None:
    paper = upload(client, "SAID-1", png("lý do"))
    for path, body in (
        (f"/v1/papers/{paper}/withdraw", {"reason": said}),
        (f"/v1/papers/{paper}/send-back", {"reason": said}),
        ("/v1/find/text", {"words": "lý do", "purpose": said}),
        ("/v1/find/citizen", {"number": "001184000123", "purpose": said}),
    ):
        refused = client.post(path, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "http.invalid-request"), path


def test_what_was_seen_is_signed_and_nothing_else(client: httpx.Client) -> None:
    paper = upload(client, "SEEN-1", certified("ký đúng bản đã xem"), accept=True)
    seen = wait_for(client, paper, "DESCRIBED")
    client.post(f"/v1/papers/{paper}/send-back", json={"reason": "xem lại"})
    described = client.post(f"/v1/papers/{paper}/review", json=ANY_KIND).json()
    assert described["state"] == "DESCRIBED"
    path = f"/v1/papers/{paper}/sign"
    stale = client.post(path, params={"version": seen["version"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "sign.changed-meanwhile")
    assert client.post(path, params={"version": described["version"]}).status_code == 202
    wait_for(client, paper, "ARCHIVED")
    # The answer was lost, and it is asked for again.
    again = client.post(path, params={"version": described["version"]})
    assert (again.status_code, again.json()["state"]) == (202, "ARCHIVED")


def test_no_word_is_too_strange_to_be_looked_for(client: httpx.Client) -> None:
    body = {"words": "a\0b", "purpose": "hai dòng\nđối chiếu"}
    assert client.post("/v1/find/text", json=body).status_code == 200
    paper = upload(client, "SAID-2", png("giá trị lạ"))
    wait_for(client, paper, "REVIEW")
    values = {"mentioned.name": "Nguyễn\0Thị Hoà"}
    reviewed = client.post(f"/v1/papers/{paper}/review", json={"values": values})
    assert (reviewed.status_code, reviewed.json()["code"]) == (422, "review.bad-value")


def test_withdrawn_it_is_rejected_and_its_scan_may_come_again(client: httpx.Client) -> None:
    scan = png("nộp nhầm")
    paper = upload(client, "OUT-1", scan)
    wait_for(client, paper, "REVIEW")
    shown = client.post(f"/v1/papers/{paper}/withdraw", json={"reason": "nộp nhầm"}).json()
    assert (shown["state"], shown["code"], shown["reason"]) == ("REJECTED", "withdrawn", "nộp nhầm")
    twice = client.post(f"/v1/papers/{paper}/withdraw", json={"reason": "nữa"})
    assert (twice.status_code, twice.json()["code"]) == (409, "state.move-not-allowed")
    # Nothing that it said is given out any more; a day later it would not even be there.
    for part in ("pdf", "words", "description", "validation", "review", "pages/1/picture"):
        refused = client.get(f"/v1/papers/{paper}/{part}")
        assert refused.status_code == 409, part
        assert refused.json()["code"] in {"paper.no-pdf", "paper.not-read"}
    again = upload(client, "OUT-1", scan)
    assert again != paper
    wait_for(client, again, "REVIEW")


def test_a_number_in_a_reason_is_masked_in_every_output(client: httpx.Client) -> None:
    paper = upload(client, "WHY-1", png("lý do có số"))
    wait_for(client, paper, "REVIEW")
    client.post(
        f"/v1/papers/{paper}/review",
        json={"values": {**ANY_KIND["values"], "owner.name": "Trần Văn Bình"}},
    )
    wait_for(client, paper, "DESCRIBED")
    why = {"reason": "xem lại số 001184000123, 0011 8400 0123"}
    texts = [client.post(f"/v1/papers/{paper}/send-back", json=why).text]
    shown = (f"papers/{paper}", f"papers/{paper}/review", "papers?dossier=WHY-1", "dossiers/WHY-1")
    texts += [client.get(f"/v1/{path}").text for path in shown]
    with client.stream("GET", f"/v1/papers/{paper}/events") as stream:
        texts.append(next(line for line in stream.iter_lines() if "sent-back" in line))
    for text in texts:
        assert "xem lại số •••••••••123, •••••••••123" in text
        assert "8400" not in text


def test_moved_what_was_confirmed_stays(client: httpx.Client) -> None:
    paper = upload(client, "FROM-1", png("giấy đi nhầm hồ sơ"))
    wait_for(client, paper, "REVIEW")
    typed = {"values": {**ANY_KIND["values"], "owner.name": "Trần Văn Bình"}}
    client.post(f"/v1/papers/{paper}/review", json=typed)
    moved = client.post(f"/v1/papers/{paper}/move", json={"dossier": "TO-1"}).json()
    assert (moved["dossier"], moved["ordinal"], moved["state"]) == ("TO-1", 1, "RECEIVED")
    wait_for(client, paper, "DESCRIBED")
    described = client.get(f"/v1/papers/{paper}/description").json()["content"]
    assert ("owner.name", "Trần Văn Bình") in {
        (value["field"], value["text"]) for value in described["values"]
    }
    with pikepdf.open(io.BytesIO(client.get(f"/v1/papers/{paper}/pdf").content)) as pdf:
        assert "TO-1" in str(pdf.docinfo["/Title"])


def test_files_can_be_asked_about_and_are_not_sent_to_who_has_them(client: httpx.Client) -> None:
    paper = upload(client, "HAVE-1", certified("đã có"), sign=True, accept=True)
    wait_for(client, paper, "ARCHIVED")
    for path in ("pdf", "words", "description", "validation", "package", "pages/1/picture"):
        whole = client.get(f"/v1/papers/{paper}/{path}")
        asked = client.head(f"/v1/papers/{paper}/{path}", headers={"Range": "bytes=0-1"})
        assert (asked.status_code, asked.content) == (200, b""), path
        for name in ("content-type", "etag", "content-disposition"):
            assert asked.headers.get(name) == whole.headers.get(name), path
        if path != "package":  # a stream does not know how long it will be
            assert asked.headers["content-length"] == str(len(whole.content)), path
    nothing = client.head("/v1/papers/0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11/pdf")
    assert nothing.status_code == 404
    pdf = f"/v1/papers/{paper}/pdf"
    etag = client.head(pdf).headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        had = client.get(pdf, headers={"If-None-Match": known, "Range": "bytes=0-1"})
        assert (had.status_code, had.content, had.headers["etag"]) == (304, b"", etag), known
    other = client.get(pdf, headers={"If-None-Match": '"other"', "Range": "bytes=0-1"})
    assert (other.status_code, len(other.content)) == (206, 2)


def test_signed_it_is_not_changed_any_more(client: httpx.Client) -> None:
    paper = upload(client, "DONE-1", certified("đã ký"), sign=True, accept=True)
    wait_for(client, paper, "ARCHIVED")
    for path, body in (
        ("withdraw", {"reason": "x"}),
        ("move", {"dossier": "DONE-2"}),
        ("send-back", {"reason": "x"}),
    ):
        answer = client.post(f"/v1/papers/{paper}/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "paper.signed-already"), path
    answer = client.put(f"/v1/papers/{paper}/pages", json={"pages": [{"number": 1, "turn": 90}]})
    assert answer.json()["code"] == "paper.signed-already"
    answer = client.post(f"/v1/papers/{paper}/scan", content=png("khác"))
    assert answer.json()["code"] == "paper.signed-already"
    # Requesting a signature again changes nothing: nothing is signed or delivered twice.
    before = client.get(f"/v1/papers/{paper}").json()
    again = client.post(f"/v1/papers/{paper}/sign")
    assert (again.status_code, again.json()) == (202, before)
    unread = upload(client, "DONE-1", certified("chưa đọc xong"), accept=True)
    wait_for(client, unread, "DESCRIBED")
    client.post(f"/v1/papers/{unread}/withdraw", json={"reason": "x"})
    refused = client.post(f"/v1/papers/{unread}/sign")
    assert (refused.status_code, refused.json()["code"]) == (409, "sign.not-described")


def test_a_dossier_knows_what_is_expected_and_closes(client: httpx.Client) -> None:
    assert client.get("/v1/dossiers/EXP-1").json()["code"] == "dossier.unknown"
    kinds = {kind["kind"] for kind in client.get("/v1/kinds").json()["kinds"]}
    assert "birth-declaration" in kinds
    wrong = client.put("/v1/dossiers/EXP-1", json={"expected": ["no-such-kind"]})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "dossier.unknown-kind")
    said = {"expected": ["birth-declaration", "citizen-card"]}
    assert client.put("/v1/dossiers/EXP-1", json=said).json()["missing"] == 2
    paper = upload(client, "EXP-1", png("tờ khai"))
    wait_for(client, paper, "REVIEW")
    refused = client.post(f"/v1/papers/{paper}/review", json={"values": {"kind": "citizen-card"}})
    assert (refused.status_code, refused.json()["code"]) == (409, "review.incomplete")
    values = {"owner.name": "Trần Văn Bình", "owner.citizen_id": "không có trên giấy"}
    client.post(f"/v1/papers/{paper}/review", json={"values": {"kind": "citizen-card", **values}})
    shown = client.get("/v1/dossiers/EXP-1").json()
    assert (shown["missing"], shown["unfinished"]) == (1, 1)
    assert shown["expected"][1] == {
        "kind": "citizen-card", "kind_title": "Thẻ căn cước", "paper": paper,
    }  # fmt: skip
    refused = client.post("/v1/dossiers/EXP-1/close")
    assert (refused.status_code, refused.json()["code"]) == (409, "dossier.unfinished")
    closed = client.post("/v1/dossiers/EXP-1/close", params={"anyway": True}).json()
    assert closed["closed_at"]
    assert client.post("/v1/dossiers/EXP-1/close").json()["closed_at"] == closed["closed_at"]
    late = client.post("/v1/dossiers/EXP-1/papers", content=png("đến muộn"))
    assert (late.status_code, late.json()["code"]) == (409, "dossier.closed")
    other = upload(client, "EXP-2", png("giấy khác"))
    into = client.post(f"/v1/papers/{other}/move", json={"dossier": "EXP-1"})
    assert into.json()["code"] == "dossier.closed"
    # What is in goes on to its end.
    assert client.post(f"/v1/papers/{paper}/sign").status_code == 202
    wait_for(client, paper, "ARCHIVED")


@pytest.mark.parametrize("code", ["001199012345", "012345678", "a b", "%2e%2e%2fx", "x" * 101])
def test_a_citizens_number_is_no_dossier(client: httpx.Client, code: str) -> None:
    answer = client.post(f"/v1/dossiers/{code}/papers", content=png("x"))
    assert answer.status_code in {404, 422}
    assert code not in answer.text or code == "x"
