"""A paper at the signing desk, then found on the page; by forms alone, without JavaScript."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import httpx
import pikepdf
import pytest
from functional.cli.running import ROOT
from functional.http.serving import Served, until, upload, wait_for
from functional.http.visiting import PASSWORD, browser, signed_in

SAMPLE = ROOT / "samples" / "H15.50.05.13-261008-0975" / "02-trich-luc-ket-hon.jpg"
PURPOSE = "đối chiếu sổ hộ tịch"


def _version(page: httpx.Response) -> str:
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found, page.text
    return found[1]


@pytest.fixture(scope="module")
def archived(served: Served) -> str:
    """A paper that a person signed at the desk."""
    client, signer = served.client(), signed_in(served, "signer")
    paper = upload(client, "DESK-1", SAMPLE.read_bytes())
    wait_for(client, paper, "DESCRIBED")
    assert f"/sign/{paper}" in signer.get("/sign").text

    # Sent back with a reason, it is no longer in the queue.
    assert "Hãy nêu lý do" in signer.post(f"/sign/{paper}/return", data={"reason": " "}).text
    assert signer.post(f"/sign/{paper}/return", data={"reason": "mờ"}).status_code == 303
    assert client.get(f"/v1/papers/{paper}").json()["reason"] == "mờ"
    assert f"/sign/{paper}" not in signer.get("/sign").text
    client.post(f"/v1/papers/{paper}/review", json={})
    wait_for(client, paper, "DESCRIBED")

    # Nothing seen: nothing is signed. Seen in another version: nor that.
    assert "Chưa có giấy nào đã xem đủ trang" in signer.post("/sign/batches").text
    version = _version(signer.get(f"/sign/{paper}"))
    stale = {"page": 1, "version": int(version) - 1}
    assert signer.post(f"/sign/{paper}/seen", data=stale).status_code == 400
    unknown = {"page": 9, "version": version}
    assert signer.post(f"/sign/{paper}/seen", data=unknown).status_code == 404
    # Set aside, it stays out of the batch until it is looked at again.
    signer.post(f"/sign/{paper}/aside", data={"version": version})
    assert signer.post("/sign/batches").status_code == 400
    signer.post(f"/sign/{paper}/seen", data={"page": 1, "version": version})
    # Another signer has seen nothing of it.
    assert signed_in(served, "signer").post("/sign/batches").status_code == 400

    batch = signer.post("/sign/batches")
    assert batch.status_code == 303, batch.text
    until(lambda: "Đã ký 1/1 giấy" in signer.get(batch.headers["location"]).text)
    assert signed_in(served, "signer").get(batch.headers["location"]).status_code == 404
    wait_for(client, paper, "ARCHIVED")
    return paper


def test_a_record_opens_only_after_a_look_up_and_bears_its_purpose(
    served: Served, archived: str
) -> None:
    archivist = signed_in(served, "archivist", name="Đỗ Văn Lưu")
    assert "Hãy tra cứu giấy này trước" in archivist.get(f"/records/{archived}").text
    assert "Hãy nêu mục đích" in archivist.post("/find", data={"term": "kết hôn"}).text
    found = archivist.post("/find", data={"term": "kết hôn", "purpose": PURPOSE})
    assert f"/records/{archived}" in found.text
    assert not re.search(r"\d{12}", found.text)
    record = archivist.get(f"/records/{archived}")
    assert record.status_code == 200
    assert "Chữ ký số của cơ quan" in record.text
    assert archivist.get(f"/records/{archived}/copy").status_code == 200
    pdf = archivist.get(f"/records/{archived}/pdf")
    assert pdf.content.startswith(b"%PDF-")
    log = signed_in(served, "auditor").get(f"/audit?paper={archived}").text
    lines = [line for line in log.split("<tr>") if "Đỗ Văn Lưu" in line]
    assert len(lines) == 2  # the look-up, and the paper opened, however often
    assert all(PURPOSE in line for line in lines)


def test_a_number_that_was_looked_up_stands_in_the_form_alone(
    served: Served, archived: str
) -> None:
    archivist = signed_in(served, "archivist")
    truth = json.loads((ROOT / "samples" / "truth.json").read_text(encoding="utf-8"))
    people = truth[f"{SAMPLE.parent.name}/{SAMPLE.name}"]["people"].values()
    number = next(person["citizen_id"] for person in people if person["citizen_id"])
    data = {"term": number, "purpose": PURPOSE}
    found = archivist.post("/find", data=data)
    assert f"/records/{archived}" in found.text
    assert number not in found.text.replace(f'value="{number}"', "")
    assert number not in served.log.read_text(encoding="utf-8")


def test_guesses_are_refused_with_429_on_the_page_and_in_the_api(served: Served) -> None:
    archivist = signed_in(served, "archivist")
    client = served.client(served.new_token("--scope", "find", "--rate", 100_000))

    def statuses(guess: Callable[[str], httpx.Response]) -> list[int]:
        return [guess(f"001184{n:03d}999").status_code for n in range(22)]

    on_page = statuses(
        lambda number: archivist.post("/find", data={"term": number, "purpose": PURPOSE})
    )
    in_api = statuses(
        lambda number: client.post("/v1/find/citizen", json={"number": number, "purpose": PURPOSE})
    )
    assert on_page == in_api == [200] * 20 + [429] * 2
    refused = client.post("/v1/find/citizen", json={"number": "001184000999", "purpose": PURPOSE})
    assert refused.json()["code"] == "find.too-many-misses"
    assert int(refused.headers["retry-after"]) > 0


def test_anybody_has_a_pdf_verified(served: Served, archived: str) -> None:
    signed = served.client().get(f"/v1/papers/{archived}/pdf").content
    visitor = browser(served)
    assert "/login" not in visitor.get("/verify").text

    def answer(content: bytes, name: str = "giấy.pdf") -> httpx.Response:
        return visitor.post("/verify", files={"file": (name, content, "application/pdf")})

    genuine = answer(signed)
    assert genuine.status_code == 200
    assert ">Nguyên vẹn</h1>" in genuine.text
    assert "đã kiểm tra, không bị thu hồi" in genuine.text
    spoilt = bytearray(signed)
    spoilt[1000] ^= 1
    assert ">Đã bị thay đổi</h1>" in answer(bytes(spoilt)).text
    unsigned = pikepdf.new()
    unsigned.add_blank_page()
    file = served.commands.var.parent / "unsigned.pdf"
    unsigned.save(file)
    assert "không có chữ ký số nào" in answer(file.read_bytes()).text
    assert "không phải là tệp PDF" in answer(b"GIF89a").text
    assert answer(b"%PDF-" + bytes(21 * 1024 * 1024)).status_code == 413
    tried = [answer(b"GIF89a").status_code for _ in range(20)]
    assert tried[-1] == 429


def test_signing_wants_the_password_again_after_a_while(served: Served, archived: str) -> None:
    assert archived
    signer = signed_in(served, "signer")
    wrong = signer.post("/step-up", data={"proof": "sai rồi"})
    assert wrong.status_code == 403
    assert signer.post("/step-up", data={"proof": PASSWORD}).status_code == 303
