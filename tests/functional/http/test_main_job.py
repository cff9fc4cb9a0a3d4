"""The main job by HTTP: a scan is sent, read, reviewed, signed, archived, found, fetched."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import httpx
import pikepdf
import sqlalchemy as sa
from functional.cli.running import ROOT
from functional.http.serving import Served, png, upload, wait_for
from PIL import Image
from planted import small_paper

from workflow.ledger.people_tables import ACCESS

LETTER = ROOT / "tests" / "fixtures" / "vn-gov" / "2450-kgvx.pdf"
NUMBER = "001199012345"
DOSSIER = "H15.50.05.13-261008-0001"


def test_a_paper_goes_all_the_way(served: Served, client: httpx.Client) -> None:
    scan = LETTER.read_bytes()
    answer = client.post(
        f"/v1/dossiers/{DOSSIER}/papers",
        content=scan,
        headers={"Sohoa-File-Name": "C%C3%B4ng%20v%C4%83n%20001199012345.pdf"},
    )
    assert answer.status_code == 202
    assert answer.json() == {
        "paper": answer.json()["paper"],
        "dossier": DOSSIER,
        "known": False,
        "state": answer.json()["state"],
    }
    paper = answer.json()["paper"]
    shown = wait_for(client, paper, "REVIEW", "DESCRIBED")
    # Detected from content, and a number in a file's name is masked.
    assert shown["media_type"] == "application/pdf"
    assert shown["source"] == "Công văn •••••••••345.pdf"
    assert shown["progress"] == {"pages_read": shown["pages"], "pages": shown["pages"]}

    # The clerk: values with boxes and pictures; one is typed, the rest confirmed.
    sheet = client.get(f"/v1/papers/{paper}/review").json()
    assert any(value["box"] for value in sheet["values"])
    assert len(sheet["doubt_titles"]) == len(sheet["doubts"])
    for value in sheet["values"]:
        assert bool(value["doubt_title"]) == bool(value["doubt"])
        if value["picture"]:
            picture = client.get(value["picture"])
            assert picture.headers["content-type"] == "image/webp"
            assert picture.headers["cache-control"] == "private, no-store"
            width, height = Image.open(io.BytesIO(picture.content)).size
            assert 0 < width <= 1200
            assert 0 < height <= 600
    if shown["state"] == "DESCRIBED":
        back = client.post(f"/v1/papers/{paper}/send-back", json={"reason": "xem lại số"})
        assert (back.json()["state"], back.json()["reason"]) == ("REVIEW", "xem lại số")
        assert back.json()["code_title"] == "Người ký trả lại giấy này."
    stale = client.post(f"/v1/papers/{paper}/review", json={"values": {}, "version": 0})
    assert (stale.status_code, stale.json()["code"]) == (409, "review.changed-meanwhile")
    reviewed = client.post(
        f"/v1/papers/{paper}/review",
        json={
            "values": {
                "kind": "certified-copy",
                "mentioned.citizen_id": NUMBER,
                "mentioned.name": "Nguyễn Thị Hoà",
            }
        },
    )
    assert reviewed.status_code == 200, reviewed.text
    assert (reviewed.json()["state"], reviewed.json()["waits_for"]) == ("DESCRIBED", "official")

    # The official sends it back once, with a reason; it stands in review with it.
    back = client.post(f"/v1/papers/{paper}/send-back", json={"reason": "sai tên"}).json()
    assert (back["state"], back["code"], back["reason"]) == ("REVIEW", "sent-back", "sai tên")
    assert {stage["name"]: stage["status"] for stage in back["stages"]}["sign"] == "ahead"
    line = back["history"][-1]
    assert (line["after_title"], line["code_title"]) == (
        "Chờ kiểm tra",
        "Người ký trả lại giấy này.",
    )
    assert client.post(f"/v1/papers/{paper}/review", json={}).json()["state"] == "DESCRIBED"
    assert client.post(f"/v1/papers/{paper}/sign").status_code == 202
    shown = wait_for(client, paper, "ARCHIVED")
    assert [stage["status"] for stage in shown["stages"]] == ["done"] * 6
    assert [move["after"] for move in shown["history"]] == [
        "RECEIVED", "RECOGNISED", *(
            ["REVIEW"] if shown["history"][2]["after"] == "REVIEW" else ["DESCRIBED", "REVIEW"]
        ), "DESCRIBED", "REVIEW", "DESCRIBED", "DESCRIBED", "SIGNED", "ARCHIVED",
    ]  # fmt: skip
    assert shown["history"][-3]["code"] == "sign-requested"

    # A lookup by number and purpose finds it, masked.
    found = client.post("/v1/find/citizen", json={"number": NUMBER, "purpose": DOSSIER}).json()
    assert [(row["paper"], row["number"]) for row in found["found"]] == [(paper, "•••••••••345")]
    words = client.post(
        "/v1/find/text", json={"words": "nguyen thi hoa", "purpose": "đối chiếu sổ"}
    )
    assert words.status_code == 200
    by_dossier = client.post(
        "/v1/find/dossier", json={"dossier": DOSSIER, "purpose": "đối chiếu sổ"}
    ).json()
    (row,) = by_dossier["found"]
    names = {kind["kind"]: kind["name"] for kind in client.get("/v1/kinds").json()["kinds"]}
    assert (row["paper"], row["kind_title"]) == (paper, names[row["kind"]])

    _fetched(client, paper, scan)
    # What was asked stands in the log of look-ups, and in no line of the service's.
    assert NUMBER not in served.log.read_text(encoding="utf-8")


def _fetched(client: httpx.Client, paper: str, scan: bytes) -> None:
    whole = client.get(f"/v1/papers/{paper}/pdf")
    assert whole.headers["content-type"] == "application/pdf"
    assert whole.headers["etag"] == f'"{hashlib.sha256(whole.content).hexdigest()}"'
    with pikepdf.open(io.BytesIO(whole.content)) as pdf:
        assert pdf.Root.AcroForm.Fields[0].FT == "/Sig"
    size = len(whole.content)
    for asked, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=100-", 100, size - 1),
        ("bytes=-7", size - 7, size - 1),
        (f"bytes=5-{size + 99}", 5, size - 1),
    ):
        part = client.get(f"/v1/papers/{paper}/pdf", headers={"Range": asked})
        assert part.status_code == 206
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert part.content == whole.content[first : last + 1]
    beyond = client.get(f"/v1/papers/{paper}/pdf", headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.json()["code"]) == (416, "http.bad-range")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    other = {"Range": "bytes=0-9", "If-Range": '"older"'}
    assert client.get(f"/v1/papers/{paper}/pdf", headers=other).status_code == 200

    words = client.get(f"/v1/papers/{paper}/words").json()
    assert words["pages"][0]["words"]
    description = client.get(f"/v1/papers/{paper}/description").json()["content"]
    assert description["paper"] == paper
    validation = client.get(f"/v1/papers/{paper}/validation").json()["content"]
    assert validation["pdfa"]["findings"] == []
    assert validation["signatures"][0]["level"] == "B-LTA"
    packed = client.get(f"/v1/papers/{paper}/package")
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as package:
        assert package.testzip() is None
        names = {name.partition("/")[2]: name for name in package.namelist()}
        (received,) = (n for n in names if n.endswith(".scan.pdf"))
        assert package.read(names[received]) == scan
        (described,) = (n for n in names if n.endswith("/description.json"))
        assert json.loads(package.read(names[described])) == description


def test_every_opening_is_written_down(served: Served, client: httpx.Client) -> None:
    def logged() -> int:
        # The database itself is the witness here.
        with served.commands.application() as application, application.engine.connect() as database:
            return len(database.execute(sa.select(ACCESS)).all())

    paper = upload(client, "LOG-1", png("Kính gửi ông Nguyễn Văn An"))
    wait_for(client, paper, "REVIEW")
    before = logged()
    assert client.get(f"/v1/papers/{paper}").status_code == 200
    assert logged() == before  # where it stands is no content
    for path in ("review", "words", "description", "validation", "pdf", "pages/1/picture"):
        assert client.get(f"/v1/papers/{paper}/{path}").status_code == 200
        before += 1
        assert logged() == before, path
    assert (
        client.post("/v1/find/text", json={"words": "an", "purpose": "đối chiếu sổ"}).status_code
        == 200
    )
    assert logged() == before + 1
    refused = client.post("/v1/find/citizen", json={"number": NUMBER})
    assert refused.status_code == 422
    assert NUMBER not in refused.text


def test_events_tell_what_moves_and_go_on_where_they_broke_off(client: httpx.Client) -> None:
    paper = upload(client, "SSE-1", png("Đường Hoà Bình"))
    seen: list[dict[str, str]] = []
    with client.stream("GET", f"/v1/papers/{paper}/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for event in _events(stream):
            if event["event"] == "move":
                seen.append(event)
            if "REVIEW" in event["data"]:
                break
    moves = [json.loads(event["data"])["after"] for event in seen]
    assert moves == ["RECEIVED", "RECOGNISED", "REVIEW"]
    last = seen[0]["id"]
    with client.stream(
        "GET", "/v1/dossiers/SSE-1/events", headers={"Last-Event-ID": last}
    ) as stream:
        again = next(_events(stream))
    assert again == seen[1] | {"data": again["data"]}
    assert json.loads(again["data"])["after"] == "RECOGNISED"
    with client.stream("GET", "/v1/events", headers={"Last-Event-ID": last}) as stream:
        assert next(_events(stream))["id"] != last
    refused = client.get("/v1/events", headers={"Last-Event-ID": "x"})
    assert (refused.status_code, refused.json()["code"]) == (422, "cursor.invalid")


# Pages: a quick machine reads thirty of these in a second, and a worker reports once in one.
_LONG = 240


def test_progress_is_sent_while_a_long_paper_is_read(client: httpx.Client, tmp_path: Path) -> None:
    """From the process that reads it, this one or another machine's."""
    scan = small_paper.draw(tmp_path / "long.tif", 70, pages=_LONG).read_bytes()
    paper = upload(client, "SSE-2", scan)
    pages: list[int] = []
    with client.stream("GET", f"/v1/papers/{paper}/events") as stream:
        for event in _events(stream):
            data = json.loads(event["data"])
            if event["event"] == "progress":
                assert data["pages"] == _LONG
                pages.append(data["pages_read"])
                if len(pages) == 1:
                    now = client.get(f"/v1/papers/{paper}").json()
                    assert now["progress"]["pages"] == _LONG
                    assert now["state"] != "RECEIVED" or now["progress"]["pages_read"] > 0
            elif data["after"] == "RECOGNISED":
                break
    # How often depends on the machine.
    assert pages
    assert pages == sorted(set(pages))
    assert 0 < pages[0] <= pages[-1] <= _LONG


def _events(stream: httpx.Response):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a generator of parsed events
    event: dict[str, str] = {}
    for line in stream.iter_lines():
        if not line:
            if "data" in event:
                yield event
            event = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            event[name] = value


def test_the_same_question_gets_the_same_answer(client: httpx.Client) -> None:
    scan = png("Một tờ giấy")
    key = {"Idempotency-Key": "k-1"}
    first = client.post("/v1/dossiers/KEY-1/papers", content=scan, headers=key)
    again = client.post("/v1/dossiers/KEY-1/papers", content=scan, headers=key)
    assert first.status_code == again.status_code == 202
    assert first.json()["paper"] == again.json()["paper"]
    assert (first.json()["known"], again.json()["known"]) == (False, False)
    other = client.post("/v1/dossiers/KEY-1/papers", content=png("khác"), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key-reused")
    elsewhere = client.post("/v1/dossiers/KEY-2/papers", content=scan, headers=key)
    assert elsewhere.json()["code"] == "idempotency.key-reused"
    # Without a key, the same bytes in the same dossier are reported as known.
    known = client.post("/v1/dossiers/KEY-1/papers", content=scan)
    assert (known.json()["known"], known.json()["paper"]) == (True, first.json()["paper"])
    bad = [
        client.post("/v1/dossiers/KEY-1/papers", content=b"not a scan", headers={**key, **more})
        for more in ({"Idempotency-Key": "k-2"}, {"Idempotency-Key": "k-2"})
    ]
    assert [answer.status_code for answer in bad] == [415, 415]
    assert bad[0].json() == bad[1].json()
    assert bad[0].json()["code"] == "scan.not-a-known-type"
    assert bad[0].json()["title"].startswith("Tệp không phải PDF")
    shown = client.get(f"/v1/papers/{bad[0].json()['paper']}").json()
    assert (shown["state"], shown["media_type"]) == ("REJECTED", "")
    assert shown["code_title"] == bad[0].json()["title"]


def test_lists_go_on_page_by_page(client: httpx.Client) -> None:
    sent = [upload(client, "LIST-1", png(f"tờ {n}")) for n in range(5)]
    seen: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = client.get("/v1/papers", params={"dossier": "LIST-1", "limit": 2, **after}).json()
        seen += [row["paper"] for row in page["papers"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert seen == sent
