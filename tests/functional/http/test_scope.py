"""Rules that every route obeys: rights, offices below, masking, known parameters."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, png, serving, upload

ABOVE, BELOW = "H15", "H15.50"
ALL = [word for scope in SCOPES for word in ("--scope", scope)]
NAMED = {"Sohoa-File-Name": quote("Đơn 004099-315902.png")}


@pytest.fixture(scope="module")
def offices(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Served, httpx.Client, httpx.Client]]:
    """A service over two offices, one below the other, and a client of each."""
    commands = Commands(tmp_path_factory.mktemp("scope") / "var")
    commands.json("init", "--trial", env={"SOHOA_OFFICE": ABOVE})
    commands.json("init", env={"SOHOA_OFFICE": BELOW})
    with serving(commands, env={"SOHOA_OFFICE": ABOVE}) as service:
        above, below = (
            service.client(service.new_token(*ALL, "--office", office)) for office in (ABOVE, BELOW)
        )
        yield service, above, below


def test_a_token_without_read_gets_no_papers_and_no_file_names(
    offices: tuple[Served, httpx.Client, httpx.Client],
) -> None:
    service, above, _ = offices
    sent = above.post("/v1/dossiers/SCOPE-1/papers", content=png("đơn"), headers=NAMED)
    paper = sent.json()["paper"]
    assert above.get(f"/v1/papers/{paper}").json()["source"] == "Đơn •••••••••902.png"
    intake = service.client(service.new_token("--scope", "intake", "--office", ABOVE))
    for dossier in (
        intake.put("/v1/dossiers/SCOPE-1", json={"expected": ["citizen-card"]}).json(),
        intake.post("/v1/dossiers/SCOPE-1/close?anyway=true").json(),
    ):
        assert (dossier["papers"], dossier["missing"], dossier["unfinished"]) == (None, None, None)
        assert [one["paper"] for one in dossier["expected"]] == [None]
    withdrawn = intake.post(f"/v1/papers/{paper}/withdraw", json={"reason": "nhầm"}).json()
    assert (withdrawn["source"], withdrawn["history"], withdrawn["scans"]) == ("", [], [])


def test_an_office_sees_its_dossier_and_the_one_of_the_same_code_below(
    offices: tuple[Served, httpx.Client, httpx.Client],
) -> None:
    _, above, below = offices
    own, other = upload(above, "SAME-1", png("một")), upload(below, "SAME-1", png("hai"))
    dossier = above.get("/v1/dossiers/SAME-1").json()
    assert (dossier["office"], dossier["offices"]) == (ABOVE, [ABOVE, BELOW])
    assert [paper["paper"] for paper in dossier["papers"]] == [own]
    dossier = above.get("/v1/dossiers/SAME-1", params={"office": BELOW}).json()
    assert [paper["paper"] for paper in dossier["papers"]] == [other]
    dossier = below.get("/v1/dossiers/SAME-1").json()
    assert (dossier["offices"], [p["paper"] for p in dossier["papers"]]) == ([BELOW], [other])
    refused = below.get("/v1/dossiers/SAME-1", params={"office": ABOVE})
    assert (refused.status_code, refused.json()["code"]) == (404, "office.unknown")


def test_an_unknown_query_parameter_is_refused(
    offices: tuple[Served, httpx.Client, httpx.Client],
) -> None:
    _, above, _ = offices
    for path in ("/v1/papers?kind=x", "/v1/papers?since=1", "/v1/events?sort=a", "/healthz?x=1"):
        refused = above.get(path)
        assert (refused.status_code, refused.json()["code"]) == (400, "http.unknown-parameter")


def test_a_number_is_accepted_in_any_usual_writing_and_refused_in_vietnamese(
    offices: tuple[Served, httpx.Client, httpx.Client],
) -> None:
    _, above, _ = offices
    question = {"number": "001.199.012345", "purpose": "giải quyết hồ sơ khai sinh"}
    assert above.post("/v1/find/citizen", json=question).status_code == 200
    refused = above.post(
        "/v1/find/citizen", json={"number": "12345", "purpose": "giải quyết hồ sơ khai sinh"}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "find.bad-number")
    assert refused.json()["title"].startswith("Số định danh cá nhân có 12 chữ số")


def test_a_reason_is_kept_without_format_characters(
    offices: tuple[Served, httpx.Client, httpx.Client],
) -> None:
    _, above, _ = offices
    paper = upload(above, "REASON-1", png("lý do"))
    reason = "nộp \u202enhầm\u2066 giấy\u200b"
    withdrawn = above.post(f"/v1/papers/{paper}/withdraw", json={"reason": reason}).json()
    assert withdrawn["history"][-1]["reason"] == "nộp nhầm giấy"


def test_a_webhook_gets_the_history_of_offices_below(
    offices: tuple[Served, httpx.Client, httpx.Client],
) -> None:
    service, above, below = offices
    address = "https://motcua.example.vn/sohoa"
    service.commands.json("webhook", "add", address, "--office", ABOVE)
    paper = upload(below, "HOOK-1", png("webhook"))
    deliveries = above.get("/v1/webhooks/deliveries").json()["deliveries"]
    assert paper in {one["payload"]["paper"] for one in deliveries}
    # The webhook is of the office above: its deliveries are not shown to the one below.
    assert below.get("/v1/webhooks/deliveries").json()["deliveries"] == []
