"""People: invitations, sessions, one-time codes, roles, and what other sites may not do."""

from __future__ import annotations

import re
import time

import httpx
import pyotp
import pytest
from functional.http.serving import Served
from functional.http.visiting import PASSWORD, browser, invite, sign_in, signed_in

NUMBER = "001199012345"


def test_an_invitation_sets_a_password_once(served: Served) -> None:
    login, secret = invite(served, "clerk")
    client = browser(served)
    assert sign_in(client, login).status_code == 403
    weak = client.post("/invitation", data={"secret": secret, "password": "ngắn"})
    assert weak.status_code == 403
    assert "ít nhất 10 ký tự" in weak.text
    form = {"secret": secret, "password": PASSWORD}
    assert client.post("/invitation", data=form).headers["location"] == "/login"
    again = client.post("/invitation", data=form)
    assert again.status_code == 403
    assert "Lời mời đã dùng" in again.text
    assert sign_in(client, login, "ghế gỗ lim 2027").status_code == 403
    assert sign_in(client, login).status_code == 303


def test_a_session_is_a_cookie_that_no_script_reads_and_that_ends(served: Served) -> None:
    login, secret = invite(served, "clerk")
    client = browser(served)
    client.post("/invitation", data={"secret": secret, "password": PASSWORD})
    cookie = sign_in(client, login).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = client.get("/account")
    assert page.status_code == 200
    assert "unsafe" not in page.headers["content-security-policy"]
    stolen = dict(client.cookies)
    assert client.post("/logout").headers["location"] == "/login"
    thief = browser(served)
    thief.cookies.update(stolen)
    after = thief.get("/account")
    assert after.headers["location"] == "/login?next=/account"


def test_a_person_ends_a_forgotten_session(served: Served) -> None:
    login, secret = invite(served, "clerk")
    here, there = browser(served), browser(served)
    here.post("/invitation", data={"secret": secret, "password": PASSWORD})
    for client in (here, there):
        assert sign_in(client, login).status_code == 303
    (other,) = re.findall(r"/account/sessions/([0-9a-f-]+)/revoke", here.get("/account").text)
    assert here.post(f"/account/sessions/{other}/revoke").status_code == 303
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == 200


def test_an_authenticator_is_asked_for_and_a_code_works_once(served: Served) -> None:
    login, secret = invite(served, "clerk")
    client = browser(served)
    client.post("/invitation", data={"secret": secret, "password": PASSWORD})
    sign_in(client, login)
    key = re.findall(r'name="key" value="([A-Z2-7]+)"', client.get("/account").text)[0]
    code = pyotp.TOTP(key).at(time.time())
    set_up = client.post("/account/authenticator", data={"key": key, "code": code})
    assert set_up.headers["location"] == "/account?done=authenticator"
    missing = sign_in(browser(served), login)
    assert missing.status_code == 403
    assert "mã 6 số" in missing.text
    # The code that set it up was used.
    assert sign_in(browser(served), login, code=code).status_code == 403
    later = pyotp.TOTP(key).at(time.time() + 30)
    assert sign_in(browser(served), login, code=later).status_code == 303


def test_guessing_is_limited(served: Served) -> None:
    login, secret = invite(served, "clerk")
    client = browser(served)
    client.post("/invitation", data={"secret": secret, "password": PASSWORD})
    answers = [sign_in(client, login, f"sai lần {n}") for n in range(11)]
    assert "Thử sai quá nhiều lần" in answers[-1].text
    # The right password too, until the time has passed.
    assert sign_in(client, login).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.test"},
        {},
    ],
)
def test_another_site_cannot_act_for_a_person(served: Served, headers: dict[str, str]) -> None:
    client = signed_in(served, "admin")
    del client.headers["Sec-Fetch-Site"]
    refused = client.post("/logout", headers=headers)
    assert refused.status_code == 400
    assert client.get("/account").status_code == 200


@pytest.mark.parametrize(
    "path", ["https://evil.test/", "//evil.test", "/\\evil.test", "javascript:x"]
)
def test_signing_in_leads_to_no_other_site(served: Served, path: str) -> None:
    login, secret = invite(served, "clerk")
    client = browser(served)
    client.post("/invitation", data={"secret": secret, "password": PASSWORD})
    form = {"login": login, "password": PASSWORD, "next": path}
    assert client.post("/login", data=form).headers["location"] == "/"


def test_an_administrator_keeps_the_people(served: Served) -> None:
    admin = signed_in(served, "admin", name="Phạm Quản Trị")
    office = re.findall(r'<option value="([^"]+)">[^<]*\(', admin.get("/people").text)[0]
    form = {"login": "moi.nguoi", "name": "Người Mới", "office": office, "roles": ["clerk"]}
    made = admin.post("/people", data=form)
    assert made.status_code == 200
    secret = re.findall(r"/invitation#([\w-]+)", made.text)[0]
    assert admin.post("/people", data=form).status_code == 400
    client = browser(served)
    client.post("/invitation", data={"secret": secret, "password": PASSWORD})
    assert sign_in(client, "MOI.nguoi").status_code == 303
    assert client.get("/people").status_code == 403
    person = re.findall(r"Người Mới.*?/people/([0-9a-f-]+)/", admin.get("/people").text, re.DOTALL)[
        0
    ]
    role = {"office": office, "role": "auditor", "held": "true"}
    assert client.get("/audit").status_code == 403
    assert admin.post(f"/people/{person}/roles", data=role).status_code == 303
    assert client.get("/audit").status_code == 200
    assert admin.post(f"/people/{person}/disabled", data={"disabled": "true"}).status_code == 303
    assert client.get("/audit").status_code == 303
    assert sign_in(client, "moi.nguoi").status_code == 403


def test_an_administrator_of_a_lower_office_sees_none_of_the_others(served: Served) -> None:
    above = signed_in(served, "admin", name="Trần Ở Trên")
    office = re.findall(r'<option value="([^"]+)">[^<]*\(', above.get("/people").text)[0]
    refused = served.commands.run("user", "add", "la.lam", "--name", "Lạ", "--role", "admin",
                                  "--office", "Z99.1")  # fmt: skip
    assert refused.code == 2
    form = {"login": "la.lam", "name": "Lạ", "office": f"{office}.9", "roles": ["admin"]}
    assert above.post("/people", data=form).status_code == 400


def test_the_auditor_sees_who_looked_whom_up(served: Served, client: httpx.Client) -> None:
    found = client.post("/v1/find/citizen", json={"number": NUMBER, "purpose": "đối chiếu sổ gốc"})
    assert found.status_code == 200
    auditor = signed_in(served, "auditor")
    page = auditor.get("/audit")
    assert page.status_code == 200
    assert "đối chiếu sổ gốc" in page.text
    assert NUMBER not in page.text
    about = auditor.post("/audit/person", data={"number": "001 199 012345"})
    assert about.status_code == 200
    assert "đối chiếu sổ gốc" in about.text
    nobody = auditor.post("/audit/person", data={"number": "001188054321"})
    assert "đối chiếu sổ gốc" not in nobody.text
    assert auditor.post("/audit/person", data={"number": "12"}).status_code == 400
    missed = {"number": "001188099887", "purpose": "đối chiếu sổ gốc"}
    assert client.post("/v1/find/citizen", json=missed).json()["found"] == []
    rows = served.commands.json("audit", "--misses")
    assert any(row["misses"] >= 1 for row in rows)
    assert NUMBER not in str(served.commands.json("audit", "--limit", 1000))


def test_pages_need_a_person(served: Served) -> None:
    for path in ("/", "/account", "/people", "/audit"):
        answer = browser(served).get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login?next=")
    for path in ("/people", "/audit/person", "/account/password"):
        assert browser(served).post(path, data={"number": NUMBER}).status_code in {303, 400}
