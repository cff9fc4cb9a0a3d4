"""Webhook targets: https at public addresses, unless an operator lists an exception."""

from __future__ import annotations

import pytest

from dossier.errors import Misconfigured, WrongUse
from workflow.webhooks.targets import TargetPolicy

DEFAULT = TargetPolicy()
EXCEPTED = TargetPolicy.from_setting("motcua.lan, 10.1.0.0/16, ::1,127.0.0.1")


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1",
        "192.0.2.1", "192.168.1.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1",
        "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::10.0.0.1", "64:ff9b::a00:1",
        "64:ff9b:1::a00:1", "2002:a00:1::", "not an address", "",
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not DEFAULT.allows("example.vn", address)


@pytest.mark.parametrize("address", ["1.1.1.1", "203.162.0.1", "2606:4700::1111"])
def test_a_public_address_is_allowed(address: str) -> None:
    assert DEFAULT.allows("example.vn", address)


def test_an_operator_lists_exceptions() -> None:
    assert EXCEPTED.allows("motcua.lan", "192.168.1.1")
    assert EXCEPTED.allows("MOTCUA.LAN", "192.168.1.1")
    assert EXCEPTED.allows("other.vn", "10.1.2.3")
    assert EXCEPTED.allows("other.vn", "::ffff:10.1.2.3")
    assert not EXCEPTED.allows("other.vn", "10.2.0.1")
    assert not EXCEPTED.allows("other.vn", "192.168.1.1")


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "::"])
def test_no_exception_reaches_link_local_multicast_or_unspecified(address: str) -> None:
    everything = TargetPolicy.from_setting("metadata.lan,0.0.0.0/0,::/0")
    assert not everything.allows("metadata.lan", address)


@pytest.mark.parametrize("text", ["10.1", "a_b", "http://x", "10.0.0.1/8", "-x"])
def test_a_bad_exception_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        TargetPolicy.from_setting(text)
    assert raised.value.code == "setting.bad"


@pytest.mark.parametrize(
    "url",
    ["", "x", "//x/", "ftp://x/", "https://", "https://u@x/", "https://x/#a", "https://x:0/",
     "https://x:99999/", "https://x/\n", "https://é/", "https://x/" + "a" * 500],
)  # fmt: skip
def test_a_malformed_url_is_refused(url: str) -> None:
    with pytest.raises(WrongUse) as raised:
        DEFAULT.check_url(url)
    assert raised.value.code == "webhook.bad-url"


@pytest.mark.parametrize("url", ["http://motcua.example.vn/", "http://127.0.0.1/", "http://[::1]/"])
def test_http_needs_an_exception(url: str) -> None:
    with pytest.raises(WrongUse) as raised:
        DEFAULT.check_url(url)
    assert raised.value.code == "webhook.not-https"


@pytest.mark.parametrize(
    "url", ["http://motcua.lan/", "http://127.0.0.1:8080/hook?x=1", "http://10.1.2.3/"]
)
def test_an_exception_may_be_http(url: str) -> None:
    assert EXCEPTED.check_url(url) == url


@pytest.mark.parametrize(
    "query", ["token=abc", "API_KEY=1", "sig=", "x=dGhpcyBpcyBhIHNlY3JldCE", "a=1&Password=2"]
)
def test_a_secret_in_the_query_is_refused(query: str) -> None:
    with pytest.raises(WrongUse) as raised:
        DEFAULT.check_url(f"https://motcua.example.vn/hook?{query}")
    assert raised.value.code == "webhook.secret-in-url"


def test_a_query_without_a_secret_is_accepted() -> None:
    url = "https://motcua.example.vn/hook?office=H15&version=2"
    assert DEFAULT.check_url(url) == url
