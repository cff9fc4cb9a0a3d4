"""People at their browsers."""

from __future__ import annotations

from functional.http.serving import Served
from functional.http.visiting import PASSWORD, browser, invite
from playwright.sync_api import Browser, Page, ViewportSize


def signed_in_page(office: Served, chromium: Browser, *roles: str) -> Page:
    """A page at which a new person is signed in, on the smallest screen that offices have.

    Its context is the caller's to close.
    """
    login, secret = invite(office, *roles)
    browser(office).post("/invitation", data={"secret": secret, "password": PASSWORD})
    context = chromium.new_context(
        viewport=ViewportSize(width=1366, height=768), base_url=office.url, locale="vi-VN"
    )
    page = context.new_page()
    page.goto("/login")
    page.fill("[name=login]", login)
    page.fill("[name=password]", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return page
