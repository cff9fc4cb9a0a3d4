"""A clerk's day in a real browser: keys are counted, and nothing is lost or hidden."""

from __future__ import annotations

from typing import Any

from browser.conftest import DOSSIER, SAMPLES
from functional.http.serving import Served, wait_for
from playwright.sync_api import Page, expect


def _key(page: Page, key: str) -> None:
    """Press one key that sends a form."""
    with page.expect_navigation():
        page.keyboard.press(key)


def _violations(page: Page, axe: str) -> list[Any]:
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
    assert isinstance(found, list)
    return found


def test_enter_while_an_input_method_composes_changes_nothing(clerk: Page, doubtful: str) -> None:
    clerk.goto(f"/review/{doubtful}")
    expect(clerk.locator("#value")).to_be_focused()
    before = clerk.locator("[name=version]").first.input_value()
    devtools = clerk.context.new_cdp_session(clerk)
    composed = {"text": "Hoà", "selectionStart": 3, "selectionEnd": 3}
    devtools.send("Input.imeSetComposition", composed)
    enter = {"type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r"}
    devtools.send("Input.dispatchKeyEvent", {**enter, "windowsVirtualKeyCode": 229})
    # The same key without a composition sends the form, which an invalid value leaves as it was.
    clerk.fill("#value", "12")
    with clerk.expect_navigation():
        devtools.send("Input.dispatchKeyEvent", {**enter, "windowsVirtualKeyCode": 13})
    expect(clerk.get_by_role("alert")).to_be_visible()
    assert clerk.locator("[name=version]").first.input_value() == before


def test_a_doubtful_value_takes_one_key_and_is_undone_by_one(clerk: Page, doubtful: str) -> None:
    clerk.goto("/review")
    _key(clerk, "Enter")
    assert doubtful in clerk.url
    waiting = clerk.locator(".card").count()
    first = clerk.locator("[name=name]").first.input_value()
    # The box lies within the screen, beside its card.
    expect(clerk.locator("#mark")).to_be_in_viewport()
    expect(clerk.locator(".card.now .crop")).to_be_visible()
    _key(clerk, "Enter")
    assert clerk.locator(".card").count() == waiting - 1
    _key(clerk, "Control+z")
    assert clerk.locator(".card").count() == waiting
    assert clerk.locator("[name=name]").first.input_value() == first


def test_a_paper_is_settled_with_one_key_a_value_and_one_more(
    office: Served, clerk: Page, doubtful: str
) -> None:
    clerk.goto(f"/review/{doubtful}")
    values = clerk.locator(".card").count()
    keys = 0
    while clerk.locator("#value").count():
        read = clerk.locator("#value").input_value()
        _key(clerk, "Enter" if read else "Alt+0")
        keys += 1
    assert keys == values
    _key(clerk, "Control+Enter")
    expect(clerk.get_by_text("Không còn giấy nào chờ kiểm tra.")).to_be_visible()
    assert wait_for(office.client(), doubtful, "DESCRIBED")["kind"] == "marriage-extract"
    # Until it is signed, also the last act is taken back.
    _key(clerk, "Control+z")
    assert doubtful in clerk.url
    assert wait_for(office.client(), doubtful, "REVIEW")


def test_going_back_to_a_page_costs_no_byte_of_its_picture(clerk: Page, doubtful: str) -> None:
    clerk.goto(f"/review/{doubtful}")
    clerk.wait_for_load_state("networkidle")
    clerk.goto("/review")
    clerk.goto(f"/review/{doubtful}")
    clerk.wait_for_load_state("networkidle")
    sizes = clerk.evaluate(
        "performance.getEntriesByType('resource')"
        ".filter(e => e.name.includes('/pages/')).map(e => [e.transferSize, e.decodedBodySize])"
    )
    assert [size[0] for size in sizes] == [0]
    assert sizes[0][1] > 0


def test_files_are_sent_as_soon_as_they_are_chosen(office: Served, clerk: Page) -> None:
    clerk.goto("/review")
    _key(clerk, "F2")
    clerk.keyboard.type("h15-browser-1")
    _key(clerk, "Enter")
    with clerk.expect_navigation():
        clerk.set_input_files("#files", SAMPLES / DOSSIER / "04-cong-van.jpg")
    expect(clerk.get_by_text("Đã nhận 1 tệp.")).to_be_visible()
    # The rows change by themselves while the machine works.
    expect(clerk.locator("#papers")).to_contain_text("Công văn", timeout=120_000)


def test_no_page_of_the_clerk_has_a_fault_that_axe_finds(
    clerk: Page, doubtful: str, axe: str
) -> None:
    for path in ("/intake", f"/intake/{DOSSIER}", "/review", f"/review/{doubtful}"):
        clerk.goto(path)
        assert _violations(clerk, axe) == [], path
        assert len(clerk.content().encode()) < 40 * 1024
