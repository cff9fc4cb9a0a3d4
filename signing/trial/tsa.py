"""A time-stamping authority (RFC 3161) for trying out, in process and over loopback HTTP."""

from __future__ import annotations

import hashlib
import secrets
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, Self, cast

from asn1crypto import algos, cms, core, pem, tsp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dossier.errors import Misconfigured
from dossier.ports import Clock
from signing.encoded import EncodedCertificate
from signing.trial.loopback import LoopbackServer
from signing.trial.pki import TrialPki

# From a UUID (ITU-T X.667), so that it is nobody else's.
POLICY: Final = "2.25.184905206364216541934205943218064712907"
_IMPRINT_SIZES: Final = {"sha256": 32, "sha384": 48, "sha512": 64}
_LONGEST_REQUEST: Final = 8192  # bytes; a request is some 70


class TrialTimeSource:
    """Answers timestamp requests with a trial key; a ``TimeSource`` that needs no network.

    Args:
        key: PEM of a P-256 private key, not encrypted.
        certificate: PEM; critical extended key usage timeStamping.
        clock: the time that is stamped.
    """

    def __init__(self, *, key: bytes, certificate: bytes, clock: Clock) -> None:
        try:
            loaded = serialization.load_pem_private_key(key, password=None)
            self._der: bytes = pem.unarmor(certificate)[2]
            _ = self._certificate
        except (ValueError, TypeError) as e:
            raise Misconfigured(
                "trial.bad-key", "the trial TSA's key or certificate cannot be read; make new ones"
            ) from e
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise Misconfigured("trial.bad-key", "the trial TSA's key is not an EC key")
        self._key = loaded
        self._clock = clock

    @property
    def _certificate(self) -> EncodedCertificate:
        """The certificate, loaded anew: asn1crypto parses lazily, so threads must not share it."""
        return cast("EncodedCertificate", EncodedCertificate.load(self._der))

    @classmethod
    def of(cls, pki: TrialPki, *, clock: Clock) -> TrialTimeSource:
        """The authority of a trial PKI."""
        return cls(
            key=pki.tsa_key.read_bytes(),
            certificate=pki.tsa_certificate.read_bytes(),
            clock=clock,
        )

    def timestamp(self, request: bytes) -> bytes:
        """The DER of the TimeStampResp; a request it cannot serve gets a rejection (§2.4.2)."""
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            imprint = asked["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            size = len(imprint["hashed_message"].native)
            wants_certificate = bool(asked["cert_req"].native)
            version = asked["version"].native
            policy = asked["req_policy"].native
            extended = bool(asked["extensions"].native)
        except (ValueError, TypeError, KeyError):
            return _rejection("bad_data_format")
        if version != "v1":
            return _rejection("bad_request")
        if _IMPRINT_SIZES.get(algorithm) != size:
            return _rejection("bad_alg")
        if extended:
            return _rejection("unaccepted_extensions")
        if policy not in (None, POLICY):
            return _rejection("unaccepted_policy")
        info: dict[str, Any] = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(63) | 1,
            "gen_time": self._clock.now().replace(microsecond=0),
            "accuracy": tsp.Accuracy({"seconds": 1}),
        }
        if asked["nonce"].native is not None:
            info["nonce"] = asked["nonce"].native
        token = self._signed(tsp.TSTInfo(info).dump(), wants_certificate=wants_certificate)
        return cast(
            "bytes",
            tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump(),
        )

    def _signed(self, content: bytes, *, wants_certificate: bool) -> cms.ContentInfo:
        digest = algos.DigestAlgorithm({"algorithm": "sha256"})
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("message_digest", hashlib.sha256(content).digest()),
                _attribute("signing_certificate_v2", self._essence()),
            ]
        )
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    "issuer_and_serial_number",
                    {
                        "issuer": self._certificate.issuer,
                        "serial_number": self._certificate.serial_number,
                    },
                ),
                "digest_algorithm": digest,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
                "signed_attrs": attributes,
                "signature": self._key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
            }
        )
        data: dict[str, Any] = {
            "version": "v3",
            "digest_algorithms": [digest],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(content),
            },
            "signer_infos": [signer],
        }
        if wants_certificate:
            data["certificates"] = [self._certificate]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)})

    def _essence(self) -> tsp.SigningCertificateV2:
        digest = hashlib.sha256(self._certificate.dump()).digest()
        return tsp.SigningCertificateV2({"certs": [{"cert_hash": digest}]})


def _attribute(name: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": [value]})


class _Refusal(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """A TimeStampResp without its token, which asn1crypto does not know to be optional."""

    _fields = [("status", tsp.PKIStatusInfo)]  # noqa: RUF012 - the name and form it asks for


def _rejection(failure: str) -> bytes:
    refusal = _Refusal({"status": {"status": "rejection", "fail_info": {failure}}})
    return cast("bytes", refusal.dump())


class TrialTsa:
    """Serves a trial time source over HTTP on 127.0.0.1, in a thread of this process.

    Use it as a context manager, or call ``start`` and ``stop``.

    Args:
        source: what answers.
        port: 0 lets the system choose one.
    """

    def __init__(self, source: TrialTimeSource, *, port: int = 0) -> None:
        self._source = source
        self._port = port
        self._server: LoopbackServer | None = None

    @property
    def url(self) -> str:
        """Where it answers, while it runs."""
        if self._server is None:
            raise Misconfigured("trial.tsa-not-running", "the trial TSA has not been started")
        return f"http://127.0.0.1:{self._server.port}/"

    def start(self) -> Self:
        """Listen; a second call changes nothing."""
        if self._server is None:
            source = self._source

            class Handler(_Handler):
                time_source = source

            try:
                self._server = LoopbackServer(Handler, port=self._port)
            except OSError as e:
                raise Misconfigured(
                    "trial.tsa-port", "the trial TSA cannot listen on its port; choose another"
                ) from e
        return self

    def stop(self) -> None:
        """Stop listening; harmless when it does not run."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()


class _Handler(BaseHTTPRequestHandler):
    time_source: TrialTimeSource
    server_version = "sohoa-trial-tsa"
    sys_version = ""
    timeout = 10  # seconds a client may stay silent

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if self.headers.get("Content-Type") != "application/timestamp-query":
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
            return
        if not 0 < length <= _LONGEST_REQUEST:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        answer = self.time_source.timestamp(self.rfile.read(length))
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Say nothing: the trial TSA shares a terminal with the progress bars."""
