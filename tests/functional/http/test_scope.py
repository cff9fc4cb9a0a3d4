"""Rules that every route obeys: rights, offices below, masking, known parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute
from functional.cli.running import Commands
from functional.http.serving import SCOPES, Served, png, serving, upload, wait_for
from functional.http.visiting import signed_in

from api.http.app import _ROUTERS
from api.web.routes import PAGES

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


_ID = "00000000-0000-7000-8000-000000000007"
_FOREIGN = "FOREIGN-1"
# Bodies by the last word of the path; routes not named here take none.
_BODIES: dict[str, object] = {
    "send-back": {"reason": "xem thử"},
    "withdraw": {"reason": "xem thử"},
    "move": {"dossier": "FOREIGN-2"},
    "pages": {"pages": [{"number": 1}]},
    "split": {"parts": [{"pages": [{"number": 1}]}]},
    "merge": {"paper": _ID},
    "review": {"values": {"kind": "circular"}},
}
_FORM = {
    "version": "1", "name": "kind", "text": "circular", "page": "1", "number": "1", "turn": "0",
    "place": "1", "use": "begins", "dossier": "", "other": _ID, "same": "true", "reason": "x",
    "target": "FOREIGN-2", "proof": "x",
}  # fmt: skip
# Endless answers, and routes that make a dossier of one's own under the code.
_STREAMS = {"/v1/papers/{paper}/events", "/v1/dossiers/{dossier}/events"}
_MAKES_ITS_OWN = {
    ("POST", "/v1/dossiers/{dossier}/papers"),
    ("PUT", "/v1/dossiers/{dossier}"),
    ("POST", "/intake/{code}/expected"),
    ("POST", "/intake/{code}/files"),
}


def _routes_with(*names: str) -> list[tuple[str, str]]:
    """Every route of the service whose path names one of these, from its own tables."""
    return sorted(
        {
            (method, route.path)
            for router in (*_ROUTERS, *PAGES)
            for route in router.routes
            if isinstance(route, APIRoute) and any(f"{{{name}" in route.path for name in names)
            for method in route.methods or ()
        }
    )


def _answer(
    client: httpx.Client, method: str, path: str, values: dict[str, str]
) -> tuple[int, str]:
    """What a caller can learn: the status, and the text without what differs by itself."""
    address = re.sub(r"{(\w+)(?::\w+)?}", lambda found: values.get(found[1], "1"), path)
    page = not path.startswith("/v1/")
    query = {"v": "abc"} if path.endswith((".webp", ".svg")) else {}
    last = path.rpartition("/")[2]
    if method in {"GET", "HEAD"}:
        answer = client.request(method, address, params=query)
    elif last == "scan":
        files = {"file": ("a.png", png("thay"))}
        answer = (
            client.post(address, data=_FORM, files=files)
            if page
            else client.post(address, content=png("thay"))
        )
    elif page:
        answer = client.request(method, address, data=_FORM)
    else:
        answer = client.request(method, address, json=_BODIES.get(last))
    text = f"{answer.headers.get('location', '')} {answer.text}"
    for name in ("paper", "code", "dossier", "other"):
        text = text.replace(values[name], "*")
    # What is new with each answer, and the code drawn of what the caller typed.
    text = re.sub(r'nonce="[^"]*"|<path d="[^"]*"|viewBox="[^"]*"', "", text)
    return answer.status_code, text


def test_no_route_tells_another_offices_paper_or_dossier_from_one_that_is_not_there(
    offices: tuple[Served, httpx.Client, httpx.Client],
) -> None:
    service, above, below = offices
    paper = upload(above, _FOREIGN, png("giấy của cơ quan khác"))
    wait_for(above, paper, "REVIEW")
    visitor = signed_in(service, "clerk", "signer", "admin", "auditor", "archivist", office=BELOW)
    there = {"paper": paper, "code": _FOREIGN, "dossier": _FOREIGN, "other": paper}
    absent = {"paper": _ID, "code": "FOREIGN-9", "dossier": "FOREIGN-9", "other": _ID}
    shared = {"page": "1", "number": "1", "field": "child.name", "name": "x", "session": _ID,
              "batch": _ID, "person": _ID, "delivery": "1"}  # fmt: skip
    walked = 0
    for method, path in _routes_with("paper", "code", "dossier", "other"):
        if path in _STREAMS or (method, path) in _MAKES_ITS_OWN:
            continue
        client = below if path.startswith("/v1/") else visitor
        seen = _answer(client, method, path, {**shared, **there})
        never = _answer(client, method, path, {**shared, **absent})
        assert seen == never, (method, path)
        # A request that is refused for its form says nothing about the paper.
        assert "http.invalid-request" not in seen[1], (method, path)
        walked += 1
    assert walked > 30
    standing = above.get(f"/v1/papers/{paper}").json()
    assert (standing["state"], standing["dossier"]) == ("REVIEW", _FOREIGN)
    assert below.get("/v1/papers").json()["papers"] == [
        row for row in below.get("/v1/papers").json()["papers"] if row["office"] == BELOW
    ]
