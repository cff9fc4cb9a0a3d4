"""The trial keys and the trial TSA; openssl judges."""

from __future__ import annotations

import http.client
import stat
import subprocess
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from asn1crypto import tsp
from cryptography import x509
from unit.signing.made import NOW, FixedClock, pki, time_source

from dossier.errors import Misconfigured
from signing.trial.pki import TrialPki, make_trial_pki
from signing.trial.tsa import TrialTimeSource, TrialTsa


def test_running_again_changes_nothing(tmp_path: Path) -> None:
    made = make_trial_pki(tmp_path / "keys", clock=FixedClock())
    before = {p: p.read_bytes() for p in made.folder.rglob("*") if p.is_file()}
    again = make_trial_pki(tmp_path / "keys", clock=FixedClock(NOW + timedelta(days=9)))
    assert again == made
    assert before == {p: p.read_bytes() for p in made.folder.rglob("*") if p.is_file()}
    assert list(tmp_path.iterdir()) == [tmp_path / "keys"]


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep me")
    with pytest.raises(Misconfigured) as caught:
        make_trial_pki(tmp_path, clock=FixedClock())
    assert caught.value.code == "trial.incomplete"
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def test_secrets_are_for_their_owner_alone_and_names_say_that_it_is_a_trial() -> None:
    for secret in (pki().signer, pki().passphrase_file, pki().tsa_key, pki().root_key):
        assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(pki().folder.stat().st_mode) == 0o700
    for file in (pki().root_certificate, pki().tsa_certificate):
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        assert "THỬ NGHIỆM" in certificate.subject.rfc4514_string()


def test_two_trial_sets_differ(tmp_path: Path) -> None:
    one, other = (make_trial_pki(tmp_path / n, clock=FixedClock()) for n in ("a", "b"))
    assert one.passphrase() != other.passphrase()
    assert one.root_key.read_bytes() != other.root_key.read_bytes()


def _openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["openssl", *map(str, arguments)], check=False, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_openssl_accepts_its_timestamps_over_http(digest: str, tmp_path: Path) -> None:
    data, query, reply = (tmp_path / n for n in ("data", "query", "reply"))
    data.write_bytes(b"anything")
    asked = _openssl("ts", "-query", "-data", data, f"-{digest}", "-cert", "-out", query)
    assert asked.returncode == 0
    with TrialTsa(time_source()) as tsa:
        url = urlsplit(tsa.url)
        assert url.hostname == "127.0.0.1"
        connection = http.client.HTTPConnection("127.0.0.1", url.port or 0, timeout=10)
        connection.request(
            "POST", "/", query.read_bytes(), {"Content-Type": "application/timestamp-query"}
        )
        reply.write_bytes(connection.getresponse().read())
        connection.close()
    # OpenSSL looks at the certificate now, and the fixed clock may be ahead of it.
    when = str(int(NOW.timestamp()))
    check = ("ts", "-verify", "-in", reply, "-CAfile", pki().root_certificate, "-attime", when)
    good = _openssl(*check, "-data", data)
    assert (good.returncode, good.stdout.strip()) == (0, "Verification: OK"), good.stderr
    data.write_bytes(b"something else")
    assert _openssl(*check, "-data", data).returncode != 0


def test_it_answers_what_it_cannot_serve_with_a_rejection() -> None:
    good = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": "sha256"},
                "hashed_message": bytes(32),
            },
        }
    )
    weak = good.copy()
    weak["message_imprint"] = {
        "hash_algorithm": {"algorithm": "sha1"},
        "hashed_message": bytes(20),
    }
    short = good.copy()
    short["message_imprint"] = {
        "hash_algorithm": {"algorithm": "sha256"},
        "hashed_message": bytes(20),
    }
    policy = good.copy()
    policy["req_policy"] = "1.2.3"
    for request in (b"", b"garbage", weak.dump(), short.dump(), policy.dump()):
        answer = time_source().timestamp(request)
        assert b"\x02\x01\x02" in answer[:12]  # PKIStatus rejection
    assert tsp.TimeStampResp.load(time_source().timestamp(good.dump()))


@pytest.mark.parametrize(
    ("method", "kind", "body", "status"),
    [
        ("POST", "text/plain", b"x", 415),
        ("POST", "application/timestamp-query", b"", 413),
        ("POST", "application/timestamp-query", b"x" * 9000, 413),
        ("GET", "application/timestamp-query", b"", 501),
    ],
)
def test_it_refuses_what_is_no_request(method: str, kind: str, body: bytes, status: int) -> None:
    with TrialTsa(time_source()) as tsa:
        connection = http.client.HTTPConnection(urlsplit(tsa.url).netloc, timeout=10)
        connection.request(method, "/", body, {"Content-Type": kind})
        assert connection.getresponse().status == status
        connection.close()


def test_starting_and_stopping() -> None:
    tsa = TrialTsa(time_source())
    tsa.stop()
    with pytest.raises(Misconfigured):
        _ = tsa.url
    tsa.start()
    address = tsa.url
    assert tsa.start().url == address
    tsa.stop()
    tsa.stop()
    tsa.start()
    tsa.stop()


def test_a_bad_key_is_named() -> None:
    with pytest.raises(Misconfigured) as caught:
        TrialTimeSource(key=b"no", certificate=b"no", clock=FixedClock())
    assert caught.value.code == "trial.bad-key"
    assert not TrialPki(Path("/nonexistent")).complete()
