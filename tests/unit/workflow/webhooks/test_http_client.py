"""One exchange with a receiver: one deadline for all of it, and no more than its status counts."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from workflow.webhooks import http_client
from workflow.webhooks.http_client import post
from workflow.webhooks.targets import TargetPolicy, TargetRefused

Speak = Callable[[socket.socket], None]
Listen = Callable[[Speak], int]
POLICY = TargetPolicy.from_setting("127.0.0.1, ::1, motcua.lan")
PATIENCE = 60.0  # seconds; no test that passes waits so long
TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set when the test is over: receivers need not go on."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Starts receivers on loopback; each takes one connection and answers as configured."""
    servers: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(speak: Speak) -> int:
        server = socket.create_server(("127.0.0.1", 0))

        def take() -> None:
            with suppress(OSError):
                connection, _ = server.accept()
                with connection:
                    connection.settimeout(PATIENCE)
                    speak(connection)

        servers.append(server)
        threads.append(threading.Thread(target=take, daemon=True))
        threads[-1].start()
        return int(server.getsockname()[1])

    yield start
    for server in servers:
        server.close()


def _request(connection: socket.socket) -> bytes:
    came = b""
    while not came.endswith(b"{}"):
        piece = connection.recv(4096)
        if not piece:
            break
        came += piece
    return came


def _post(port: int, *, seconds: float = PATIENCE, scheme: str = "http") -> int:
    url = f"{scheme}://127.0.0.1:{port}/hook?x=1"
    headers = {"Content-Type": "application/json"}
    return post(url, b"{}", headers, seconds=seconds, policy=POLICY)


def test_the_message_arrives_whole_and_its_status_is_returned(listen: Listen) -> None:
    came: list[bytes] = []

    def speak(connection: socket.socket) -> None:
        came.append(_request(connection))
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" + TAKEN)

    port = listen(speak)
    assert _post(port) == 204
    head, _, body = came[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /hook?x=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}".encode() in lines
    assert b"Content-Length: 2" in lines
    assert body == b"{}"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n",
        b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 100_000,
    ],
)
def test_what_was_taken_is_taken_whatever_becomes_of_the_body(
    listen: Listen, answer: bytes
) -> None:
    def speak(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(answer)

    assert _post(listen(speak)) == 200


def test_a_body_that_never_ends_holds_nobody_beyond_the_deadline(
    listen: Listen, over: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def speak(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        over.wait(PATIENCE)

    # The deadline comes as soon as the body is read.
    reading = threading.Event()
    read = http_client._read

    def reading_now(chunks: Iterator[bytes], max_bytes: int) -> bytes:
        reading.set()
        return read(chunks, max_bytes)

    def left(_end: float) -> float:
        if reading.is_set():
            raise httpcore.ReadTimeout
        return PATIENCE

    monkeypatch.setattr(http_client, "_read", reading_now)
    monkeypatch.setattr(http_client, "_left", left)
    assert _post(listen(speak)) == 200
    assert reading.is_set()


def _dripping(text: bytes, over: threading.Event) -> Speak:
    """An answer of which a byte comes every 0.2 s: each soon, all of them too late."""

    def speak(connection: socket.socket) -> None:
        _request(connection)
        for byte in text:
            connection.sendall(bytes([byte]))
            if over.wait(0.2):
                return

    return speak


@pytest.mark.parametrize(
    "text", [TAKEN, b"HTTP/1.1 100 Continue\r\n\r\n" + TAKEN], ids=["final", "interim"]
)
def test_who_drips_his_answer_is_given_up_at_the_deadline(
    listen: Listen, over: threading.Event, text: bytes
) -> None:
    assert _post(listen(_dripping(text, over)), seconds=1.0) == 0


@pytest.mark.parametrize(
    "line",
    [b"X: y\r\n", b"X: " + b"y" * 65536],
    ids=["headers without end", "a header without end"],
)
def test_a_flood_of_headers_is_no_answer(
    listen: Listen, over: threading.Event, line: bytes
) -> None:
    def speak(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not over.is_set():
            connection.sendall(line)

    assert _post(listen(speak)) == 0


@pytest.mark.parametrize("said", [b"", b"no HTTP\r\n\r\n", b"HTTP/1.1 x\r\n\r\n"])
def test_who_says_no_http_did_not_answer(listen: Listen, said: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(said)

    assert _post(listen(speak)) == 0


def test_where_nobody_listens_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    assert _post(port) == 0
    assert post("http://a..b/", b"{}", {}, seconds=PATIENCE, policy=POLICY) == 0


class Connections:
    """Fakes the sockets under the client: records each address, and passes loopback on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, deaf: Sequence[str] = ()) -> None:
        self.tried: list[tuple[str, int, float]] = []
        connect = httpcore.SyncBackend.connect_tcp

        def recorded(
            backend: httpcore.SyncBackend,
            host: str,
            port: int,
            timeout: float,
            *rest: Any,  # noqa: ANN401 - passed on
        ) -> httpcore.NetworkStream:
            self.tried.append((host, port, timeout))
            if host in deaf or not ipaddress.ip_address(host).is_loopback:
                raise httpcore.ConnectTimeout
            return connect(backend, host, port, timeout, *rest)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", recorded)

    @property
    def addresses(self) -> list[str]:
        return [address for address, _, _ in self.tried]


def test_each_address_of_a_name_has_its_turn(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first address never answers."""

    def speak(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(TAKEN)

    connections = Connections(monkeypatch, deaf=["127.0.0.2"])
    url = f"http://motcua.lan:{listen(speak)}/"
    status = post(
        url, b"{}", {}, seconds=PATIENCE, policy=POLICY,
        resolve=lambda _host, _port: ["127.0.0.2", "127.0.0.1"],
    )  # fmt: skip
    assert status == 204
    assert connections.addresses == ["127.0.0.2", "127.0.0.1"]
    assert connections.tried[0][2] <= PATIENCE / 2


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1"])
def test_a_name_that_resolves_to_no_public_address_is_refused(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    connections = Connections(monkeypatch)
    with pytest.raises(TargetRefused):
        post(
            "https://motcua.example.vn/", b"{}", {}, seconds=PATIENCE, policy=TargetPolicy(),
            resolve=lambda _host, _port: [address],
        )  # fmt: skip
    assert connections.tried == []


def test_only_the_address_that_was_judged_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that answers otherwise the second time changes nothing."""
    connections = Connections(monkeypatch)
    answers = [["1.1.1.1", "10.0.0.1"], ["10.0.0.1"]]
    status = post(
        "https://motcua.example.vn/", b"{}", {}, seconds=PATIENCE, policy=TargetPolicy(),
        resolve=lambda _host, _port: answers.pop(0),
    )  # fmt: skip
    assert status == 0
    assert connections.addresses == ["1.1.1.1"]
    assert len(answers) == 1


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_no_proxy_of_the_environment_is_used(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def speak(connection: socket.socket) -> None:
        _request(connection)
        connection.sendall(TAKEN)

    monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert _post(listen(speak)) == 204


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("http://[::1]/", ("::1", 80)),
        ("https://[::1]/", ("::1", 443)),
        ("http://[::1]:8080/", ("::1", 8080)),
    ],
)
def test_an_address_of_ipv6_is_not_cut(url: str, asked: tuple[str, int]) -> None:
    resolved = []

    def nothing(host: str, port: int) -> list[str]:
        resolved.append((host, port))
        return []

    assert post(url, b"{}", {}, seconds=PATIENCE, policy=POLICY, resolve=nothing) == 0
    assert resolved == [asked]


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate and key of 127.0.0.1, which the system trusts for the test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "receiver.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return file


def test_https_is_spoken_with_who_can_show_a_certificate(
    listen: Listen, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def speak(connection: socket.socket) -> None:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(certificate)
        with server.wrap_socket(connection, server_side=True) as closed:
            _request(closed)
            closed.sendall(TAKEN)

    assert _post(listen(speak), scheme="https") == 204
    monkeypatch.delenv("SSL_CERT_FILE")
    assert _post(listen(speak), scheme="https") == 0


def test_who_never_ends_the_handshake_is_given_up_at_the_deadline(
    listen: Listen, over: threading.Event
) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(4096)
        # The head of a record of 16 KiB, which then comes byte by byte.
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not over.wait(0.2):
            connection.sendall(b"\x02")

    assert _post(listen(speak), scheme="https", seconds=1.0) == 0
