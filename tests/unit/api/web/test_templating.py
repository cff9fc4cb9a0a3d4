"""Rendering: headers of every page, and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from jinja2 import UndefinedError

from api.web import templating

HANOI = timezone(timedelta(hours=7))
ME = {"office_name": "UBND xã Thống Nhất", "name": "<b>Hà</b>", "desks": []}


def test_a_page_names_its_scripts_by_a_nonce_that_changes() -> None:
    first = templating.render("base.html", zone=HANOI, me=ME, here="/")
    second = templating.render("base.html", zone=HANOI, me=ME, here="/")
    policy = first.headers["content-security-policy"]
    nonce = policy.partition("'nonce-")[2].partition("'")[0]
    assert len(nonce) >= 16
    assert f'nonce="{nonce}"'.encode() in first.body
    assert policy != second.headers["content-security-policy"]
    assert "unsafe" not in policy


def test_what_people_typed_is_escaped() -> None:
    page = templating.render("base.html", zone=HANOI, me=ME, here="/")
    assert b"<b>H" not in page.body
    assert b"&lt;b&gt;H" in page.body


def test_a_template_that_lacks_a_value_fails() -> None:
    with pytest.raises(UndefinedError):
        templating.render("base.html", zone=HANOI, here="/")


def test_times_are_shown_in_the_zone_of_the_office() -> None:
    at = datetime(2026, 11, 30, 17, 5, tzinfo=UTC)
    assert templating.when(at, HANOI) == "00:05 01/12/2026"
    assert templating.when(None, HANOI) == ""
