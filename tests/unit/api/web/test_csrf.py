"""Which requests another site may have had a browser send."""

from __future__ import annotations

import pytest

from api.web.csrf import check_origin
from dossier.errors import WrongUse


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"origin": "https://office.test", "host": "office.test"},
        {"origin": "http://localhost:8000", "host": "localhost:8000"},
    ],
)
def test_our_own_pages_may_post(headers: dict[str, str]) -> None:
    check_origin("POST", headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "office.test"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "cross-site", "origin": "https://office.test", "host": "office.test"},
        {"origin": "null", "host": "office.test"},
        {"origin": "https://office.test.evil.test", "host": "office.test"},
        {"origin": "http://localhost:8001", "host": "localhost:8000"},
        {"origin": "https://evil.test/office.test", "host": "office.test"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_others_may_not(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(WrongUse) as caught:
        check_origin(method, headers)
    assert caught.value.code == "web.cross-origin"


def test_reading_is_free() -> None:
    check_origin("GET", {"sec-fetch-site": "cross-site"})
