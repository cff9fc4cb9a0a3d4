"""Authorities that are dead, slow, wrong or hostile: none of them leads to a signature."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.signing.made import NOW, STAMP, UPRIGHT, FixedClock, pki, signer, time_source

from dossier.errors import Misconfigured, TransientFault
from dossier.ports import TimeSource
from signing.time_source import HttpTimeSource
from signing.timestamp import read
from signing.trial.tsa import TrialTimeSource

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


@contextmanager
def _server(answer: Answer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, self.rfile.read(int(self.headers["Content-Length"])))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/tsa?x=1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(
    handler: BaseHTTPRequestHandler,
    body: bytes,
    *,
    status: int = 200,
    kind: str = "application/timestamp-reply",
    length: int | None = None,
    **headers: str,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def _honest(request: bytes) -> bytes:
    return time_source().timestamp(request)


def _replaced(request: bytes) -> bytes:
    """The answer to another question."""
    other = bytearray(request)
    other[-20] ^= 1
    return _honest(bytes(other))


def _dripping(handler: BaseHTTPRequestHandler, request: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/timestamp-reply")
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    try:
        for _ in range(400):  # a byte at a time never lets a socket's own timeout pass
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.02)
    except OSError:
        pass  # cut off, as hoped for


def _nonsense(handler: BaseHTTPRequestHandler, request: bytes) -> None:
    handler.wfile.write(b"\x00\x01\x02 nonsense\r\n\r\n")


WRONG: dict[str, Answer] = {
    "server error": lambda h, _: _send(h, b"", status=500),
    "redirect": lambda h, _: _send(h, b"", status=302, Location="http://127.0.0.1:1/"),
    "another kind": lambda h, r: _send(h, _honest(r), kind="text/html"),
    "garbage": lambda h, _: _send(h, b"garbage"),
    "nothing": lambda h, _: _send(h, b""),
    "too long": lambda h, _: _send(h, bytes(300_000)),
    "cut short": lambda h, r: _send(h, _honest(r)[:200], length=2000),
    "half a token": lambda h, r: _send(h, _honest(r)[:400]),
    "rejection": lambda h, _: _send(h, _honest(b"garbage")),
    "wrong imprint": lambda h, r: _send(h, _replaced(r)),
    "no HTTP": _nonsense,
    "dripping": _dripping,
}


@pytest.mark.parametrize("name", WRONG)
def test_without_a_right_answer_nothing_is_signed(name: str, tmp_path: Path) -> None:
    with _server(WRONG[name]) as url:
        source = HttpTimeSource(url, timeout=0.5)
        with pytest.raises(TransientFault) as caught:
            signer(source).sign(UPRIGHT, tmp_path / "out.pdf", stamp=STAMP)
    assert caught.value.code == "tsa.no-answer"
    assert list(tmp_path.iterdir()) == []


def test_a_right_answer_over_the_same_server_is_taken(tmp_path: Path) -> None:
    """So that the faults above are known to be the cause."""
    with _server(lambda h, r: _send(h, _honest(r))) as url:
        made = signer(HttpTimeSource(url, timeout=30)).sign(
            UPRIGHT, tmp_path / "out.pdf", stamp=STAMP
        )
    assert made.signed_at == NOW


def test_a_dead_port(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connecting is refused
        source = HttpTimeSource(f"http://127.0.0.1:{taken.getsockname()[1]}/", timeout=5)
        with pytest.raises(TransientFault) as caught:
            signer(source).sign(UPRIGHT, tmp_path / "out.pdf", stamp=None)
    assert caught.value.code == "tsa.no-answer"
    assert list(tmp_path.iterdir()) == []


def test_one_that_listens_and_stays_silent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = HttpTimeSource(f"http://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.2)
        with pytest.raises(TransientFault) as caught:
            source.timestamp(b"x")
    assert caught.value.code == "tsa.no-answer"


def test_https_without_a_trusted_certificate_is_no_answer() -> None:
    with _server(lambda h, r: _send(h, _honest(r))) as url, pytest.raises(TransientFault):
        HttpTimeSource(url.replace("http:", "https:"), timeout=5).timestamp(b"x")


class _NonceChanging:
    def timestamp(self, request: bytes) -> bytes:
        # The nonce is what the request ends with, before certReq.
        changed = bytearray(request)
        changed[-5] ^= 1
        return time_source().timestamp(bytes(changed))


SOURCES: dict[str, TimeSource] = {
    "wrong nonce": _NonceChanging(),
    "future": time_source(NOW + timedelta(hours=1)),
    "past": time_source(NOW - timedelta(hours=1)),
    "signer's certificate": TrialTimeSource(
        key=pki().root_key.read_bytes(),
        certificate=pki().root_certificate.read_bytes(),
        clock=FixedClock(),
    ),
    "another's key": TrialTimeSource(
        key=pki().root_key.read_bytes(),
        certificate=pki().tsa_certificate.read_bytes(),
        clock=FixedClock(),
    ),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_token_that_does_not_hold_is_no_answer(name: str, tmp_path: Path) -> None:
    with pytest.raises(TransientFault) as caught:
        signer(SOURCES[name]).sign(UPRIGHT, tmp_path / "out.pdf", stamp=STAMP)
    assert caught.value.code == "tsa.no-answer"
    assert list(tmp_path.iterdir()) == []


def test_the_reason_tells_the_nonce_from_the_imprint(tmp_path: Path) -> None:
    with pytest.raises(TransientFault, match="wrong nonce"):
        signer(_NonceChanging()).sign(UPRIGHT, tmp_path / "out.pdf", stamp=STAMP)


def test_clocks_may_differ_by_the_tolerance(tmp_path: Path) -> None:
    for seconds in (-50, 50):
        source = time_source(NOW + timedelta(seconds=seconds))
        signer(source).sign(UPRIGHT, tmp_path / "out.pdf", stamp=None)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/",
        "file:///etc/passwd",
        "http://",
        "https://user:pass@host/",
        "http://h:x/",
        "",
        "http://[::1",
    ],
)
def test_an_address_that_is_none_is_the_operator_s(url: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        HttpTimeSource(url)
    assert caught.value.code == "tsa.bad-url"
    assert "pass@" not in caught.value.message


HONEST = _honest(
    bytes.fromhex("3041020101303130 0d06096086480165030402010500 0420".replace(" ", ""))
    + bytes(32)
    + bytes.fromhex("0206400000000001 0101ff".replace(" ", ""))
)


def _read(answer: bytes) -> None:
    read(
        answer,
        imprint=bytes(32),
        algorithm="sha256",
        nonce=0x400000000001,
        earliest=NOW - timedelta(seconds=5),
        latest=NOW + timedelta(seconds=5),
    )


def test_the_honest_answer_reads() -> None:
    _read(HONEST)


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_no_answer(answer: bytes) -> None:
    with pytest.raises(TransientFault):
        _read(answer)


# Up to the certificates every byte is signed or tells where the signed ones are.
@given(st.integers(min_value=0, max_value=len(HONEST) - 1), st.integers(min_value=1, max_value=255))
def test_a_changed_byte_never_reads_as_another_answer(at: int, by: int) -> None:
    changed = HONEST[:at] + bytes([HONEST[at] ^ by]) + HONEST[at + 1 :]
    with contextlib.suppress(TransientFault):  # anything else raised fails the test
        _read(changed)
