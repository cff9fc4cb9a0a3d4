"""Revocation list, OCSP and certificate of the trial root over loopback HTTP."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

from dossier.errors import Misconfigured
from dossier.ports import Clock
from signing.trial.loopback import LoopbackServer
from signing.trial.pki import CRL_PATH, ISSUER_PATH, OCSP_PATH, TrialPki

_LONGEST_REQUEST: Final = 4096  # bytes; a request is some 80
_LASTS: Final = timedelta(days=1)


class TrialAuthority:
    """What the trial root says of its certificates.

    Args:
        pki: of which it holds the root's key.
        clock: the time of its answers.

    Attributes:
        revoked: serial numbers with the time of revocation; empty until somebody adds one.
    """

    def __init__(self, pki: TrialPki, *, clock: Clock) -> None:
        try:
            self._root = x509.load_pem_x509_certificate(pki.root_certificate.read_bytes())
            self._responder = x509.load_pem_x509_certificate(pki.ocsp_certificate.read_bytes())
            keys = [
                serialization.load_pem_private_key(file.read_bytes(), None)
                for file in (pki.root_key, pki.ocsp_key)
            ]
        except (OSError, ValueError, TypeError) as e:
            raise Misconfigured(
                "trial.bad-key", "the trial root's key or certificate cannot be read; make new ones"
            ) from e
        ours = [key for key in keys if isinstance(key, ec.EllipticCurvePrivateKey)]
        if len(ours) != len(keys):
            raise Misconfigured("trial.bad-key", "a key of the trial authority is not an EC key")
        (self._key, self._responder_key), self._clock = ours, clock
        self.revoked: dict[int, datetime] = {}

    @property
    def certificate(self) -> bytes:
        """DER of the root."""
        return self._root.public_bytes(serialization.Encoding.DER)

    def revocation_list(self) -> bytes:
        """DER of a revocation list of this moment (RFC 5280 §5)."""
        now = self._now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._root.subject)
            .last_update(now)
            .next_update(now + _LASTS)
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        for serial, at in self.revoked.items():
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder(serial, at).build()
            )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def answer(self, request: bytes) -> bytes:
        """DER of the OCSP response to the DER of a request (RFC 6960)."""
        try:
            asked = ocsp.load_der_ocsp_request(request)
            serial, algorithm = asked.serial_number, asked.hash_algorithm
            name, key = asked.issuer_name_hash, asked.issuer_key_hash
        except ValueError:
            return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        now, at = self._now(), self.revoked.get(serial)
        status = ocsp.OCSPCertStatus.GOOD if at is None else ocsp.OCSPCertStatus.REVOKED
        response = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=name,
                issuer_key_hash=key,
                serial_number=serial,
                algorithm=algorithm,
                cert_status=status,
                this_update=now,
                next_update=now + _LASTS,
                revocation_time=at,
                revocation_reason=None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, self._responder)
            .certificates([self._responder])
            .sign(self._responder_key, hashes.SHA256())
        )
        return response.public_bytes(serialization.Encoding.DER)

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    response = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return response.public_bytes(serialization.Encoding.DER)


class TrialAuthorityServer:
    """Serves an authority at the addresses in the trial certificates, in a thread.

    Where something listens there already, it is taken for another process over the same data.

    Args:
        authority: what answers.
        port: on 127.0.0.1.
    """

    def __init__(self, authority: TrialAuthority, *, port: int) -> None:
        self._authority, self._port = authority, port
        self._server: LoopbackServer | None = None

    def __enter__(self) -> Self:
        answering = self._authority

        class Handler(_Handler):
            authority = answering

        with contextlib.suppress(OSError):
            self._server = LoopbackServer(Handler, port=self._port)
        return self

    def __exit__(self, *_exception: object) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.stop()


class _Handler(BaseHTTPRequestHandler):
    authority: TrialAuthority
    server_version = "sohoa-trial-ca"
    sys_version = ""
    timeout = 10  # seconds a client may stay silent

    def do_GET(self) -> None:
        if self.path == CRL_PATH:
            self._send("application/pkix-crl", self.authority.revocation_list())
        elif self.path == ISSUER_PATH:
            self._send("application/pkix-cert", self.authority.certificate)
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if self.path != OCSP_PATH or not 0 < length <= _LONGEST_REQUEST:
            self.send_error(HTTPStatus.BAD_REQUEST)
            return
        answer = self.authority.answer(self.rfile.read(length))
        self._send("application/ocsp-response", answer)

    def _send(self, kind: str, content: bytes) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: it shares a terminal with the progress bars."""
