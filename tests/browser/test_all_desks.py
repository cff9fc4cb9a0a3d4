"""Every page of every desk: no fault that axe finds, small enough for a slow line, readable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from browser.conftest import DOSSIER
from browser.seats import signed_in_page
from browser.test_clerk import _violations
from functional.http.serving import Served, png, upload, wait_for
from playwright.sync_api import Browser, FilePayload, Page, expect

LARGEST = 40 * 1024  # bytes of a page and what it loads, without pictures
PAPERS = 8
_SIZES = (
    "performance.getEntriesByType('resource').filter(e => !/[.]webp|[.]svg/.test(e.name))"
    ".reduce((sum, e) => sum + e.encodedBodySize, "
    "performance.getEntriesByType('navigation')[0].encodedBodySize)"
)
Seat = Callable[..., Page]


@pytest.fixture(scope="module")
def seat(office: Served, chromium: Browser) -> Iterator[Seat]:
    """Signs a new person in, on the smallest screen that offices have."""
    with ExitStack() as stack:

        def sit(*roles: str) -> Page:
            page = signed_in_page(office, chromium, *roles)
            stack.callback(page.context.close)
            return page

        yield sit


@pytest.fixture(scope="module")
def described(office: Served) -> list[str]:
    """Papers of one page that wait for a signature."""
    client = office.client()
    papers = [upload(client, f"SIGN-{n}", png(f"giấy chờ ký số {n}")) for n in range(PAPERS)]
    for paper in papers:
        wait_for(client, paper, "REVIEW")
        absent = {
            f"paper.{name}": "không có trên giấy"
            for name in ("number", "date", "issuer", "abstract")
        }
        values = {"kind": "circular", **absent}
        answer = client.post(f"/v1/papers/{paper}/review", json={"values": values})
        assert answer.status_code == 200, answer.text
    return papers


def _look(page: Page, axe: str, *paths: str) -> None:
    for path in paths:
        page.goto(path)
        assert _violations(page, axe) == [], path
        assert page.evaluate(_SIZES) < LARGEST, path
        # Nothing is wider than the screen.
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not page.evaluate(wide), path


def test_the_pages_of_the_clerk(seat: Seat, doubtful: str, axe: str) -> None:
    _look(
        seat("clerk"),
        axe,
        "/intake",
        f"/intake/{DOSSIER}",
        f"/intake/{DOSSIER}/separator",
        f"/intake/{DOSSIER}/rescan/{doubtful}",
        "/review",
        f"/review/{doubtful}",
        f"/review/{doubtful}/pages",
        "/find",
        "/account",
    )


def test_the_pages_of_those_who_keep_the_office(seat: Seat, axe: str) -> None:
    _look(seat("admin", "auditor"), axe, "/audit", "/people", "/offices", "/step-up")


def test_the_pages_without_a_person(office: Served, chromium: Browser, axe: str) -> None:
    page = chromium.new_context(base_url=office.url).new_page()
    _look(page, axe, "/login", "/invitation", "/verify")
    page.context.close()


def test_papers_are_signed_with_a_key_each_and_one_password(
    office: Served, seat: Seat, described: list[str], axe: str
) -> None:
    page = seat("signer")
    _look(page, axe, "/sign", f"/sign/{described[0]}")
    page.goto("/sign")
    keys = 0

    def press(key: str) -> None:
        nonlocal keys
        with page.expect_navigation():
            page.keyboard.press(key)
        keys += 1

    press("Enter")
    while page.locator("#page").count():
        stamp = page.locator(".over")
        expect(stamp).to_have_js_property("complete", value=True)
        assert stamp.evaluate("image => image.naturalWidth > 1")
        expect(page.locator("[data-after=page]")).to_be_enabled()
        press("Space")
    assert keys == PAPERS + 1
    expect(page.get_by_text(f"Lô ký: {PAPERS} giấy đã xem đủ")).to_be_visible()
    # The browser is closed in the middle of the batch: what was requested goes on.
    press("Control+Enter")
    batch = page.url
    assert keys == PAPERS + 2
    page.close()
    for paper in described:
        wait_for(office.client(), paper, "ARCHIVED")
    again = page.context.new_page()
    again.goto(batch)
    expect(again.get_by_text(f"Đã ký {PAPERS}/{PAPERS} giấy")).to_be_visible()
    assert _violations(again, axe) == []


def test_a_cut_network_is_said_and_nothing_is_sent_twice(office: Served, seat: Seat) -> None:
    page = seat("clerk")
    page.goto("/intake/CUT-1")
    file = FilePayload(name="a.png", mimeType="image/png", buffer=png("mạng bị ngắt"))
    page.context.set_offline(True)
    page.set_input_files("#files", files=[file])
    expect(page.get_by_text("Mất kết nối: tệp chưa gửi xong.")).to_be_visible()
    page.context.set_offline(False)
    with page.expect_navigation():
        page.get_by_role("button", name="Gửi tệp").click()
    # The same file once more: it is known, and stored once.
    with page.expect_navigation():
        page.set_input_files("#files", files=[file])
    expect(page.get_by_text("không lưu lần hai")).to_be_visible()
    rows = office.client().get("/v1/papers?dossier=CUT-1").json()["papers"]
    assert len(rows) == 1
    # The other tests find their own papers alone in the list.
    wait_for(office.client(), rows[0]["paper"], "REVIEW")
    withdrawn = office.client().post(
        f"/v1/papers/{rows[0]['paper']}/withdraw", json={"reason": "giấy thử mạng"}
    )
    assert withdrawn.status_code == 200
