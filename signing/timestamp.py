"""What a time-stamping authority answers: checked before it is believed (RFC 3161 §2.4.2)."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms, core, tsp, x509
from pyhanko.sign.general import CMSExtractionError, extract_certificate_info, extract_signer_info
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import get_signing_cert_attr, validate_sig_integrity

from dossier.ports import Clock, TimeSource
from signing.encoded import EncodedToken, as_it_came
from signing.time_source import no_answer

# Digests a token may be made with; SHA-1 is not one (SIGNING.md: it is not refused by itself).
_DIGESTS = frozenset({"sha256", "sha384", "sha512"})
# What asn1crypto and pyHanko raise on bytes that are not what they should be.
_MALFORMED = (ValueError, TypeError, LookupError, AttributeError, AssertionError, RecursionError)
TOLERANCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Token:
    """A timestamp that holds.

    Attributes:
        content: the CMS SignedData to put into the signature.
        at: the time in it, aware UTC.
        certificate: DER of the authority's certificate.
    """

    content: cms.ContentInfo
    at: datetime
    certificate: bytes


def ask(
    source: TimeSource, imprint: bytes, *, algorithm: str, clock: Clock, tolerance: timedelta
) -> Token:
    """A timestamp over a digest.

    Args:
        source: the authority.
        imprint: the digest.
        algorithm: ``sha256``, ``sha384`` or ``sha512``.
        clock: ours.
        tolerance: by how much the authority's clock may differ from ours, either way.

    Raises:
        TransientFault: ``tsa.no-answer``: no answer, or one that does not hold.
    """
    # The high bit is set so that every nonce has the same length.
    nonce = secrets.randbits(63) | 1 << 62
    request = tsp.TimeStampReq(
        {
            "version": "v1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": algorithm},
                "hashed_message": imprint,
            },
            "nonce": nonce,
            "cert_req": True,
        }
    )
    earliest = clock.now() - tolerance
    answer = source.timestamp(request.dump())
    return read(
        answer,
        imprint=imprint,
        algorithm=algorithm,
        nonce=nonce,
        earliest=earliest,
        latest=clock.now() + tolerance,
    )


def read(
    answer: bytes,
    *,
    imprint: bytes,
    algorithm: str,
    nonce: int,
    earliest: datetime,
    latest: datetime,
) -> Token:
    """The token of an answer, if all that can be checked without trust in anybody holds.

    Raises:
        TransientFault: ``tsa.no-answer``: refused, not decodable, another imprint or nonce, a
            time out of bounds, a signature that does not hold, or a certificate not for
            time-stamping.
    """
    try:
        response = tsp.TimeStampResp.load(answer, strict=True)
        if response["status"]["status"].native not in {"granted", "granted_with_mods"}:
            raise no_answer("it refused")
        token = response["time_stamp_token"]
        info = token_info(signed_data(token))
        same = (
            info["message_imprint"]["hash_algorithm"]["algorithm"].native == algorithm
            and info["message_imprint"]["hashed_message"].native == imprint
        )
        if not same:
            raise no_answer("wrong imprint")
        if info["nonce"].native != nonce:
            raise no_answer("wrong nonce")
        at = info["gen_time"].native
        if not earliest <= at <= latest:
            raise no_answer("its time is too far from ours")
        certificate = _checked_signature(token)
        if not certificate.not_valid_before <= at <= certificate.not_valid_after:
            raise no_answer("its certificate is not valid at that time")
    except (SignatureValidationError, CMSExtractionError) as e:
        raise no_answer("its signature does not hold") from e
    except _MALFORMED as e:
        raise no_answer("not decodable") from e
    # Loaded anew: a value that was parsed may be encoded piece by piece when it is written again.
    content = EncodedToken.load(as_it_came(token))
    return Token(content=content, at=at, certificate=as_it_came(certificate))


def signed_data(token: cms.ContentInfo) -> cms.SignedData:
    """What a token wraps.

    Raises:
        ValueError: it is not a token; asn1crypto may raise TypeError and KeyError too.
    """
    if token["content_type"].native != "signed_data":
        raise ValueError("a timestamp is signed data")
    return token["content"]


def token_info(signed: cms.SignedData) -> tsp.TSTInfo:
    """What a token says.

    Raises:
        ValueError: it is not a token's; asn1crypto may raise TypeError and KeyError too.
    """
    encapsulated = signed["encap_content_info"]
    if encapsulated["content_type"].native != "tst_info" or encapsulated["content"] is core.VOID:
        raise ValueError("signed data without time-stamp information")
    info = encapsulated["content"].parsed
    if not isinstance(info, tsp.TSTInfo) or info["version"].native != "v1":
        raise ValueError("time-stamp information of an unknown kind")
    if info["gen_time"].native.utcoffset() is None:
        raise ValueError("a time without zone")
    return info


def _checked_signature(token: cms.ContentInfo) -> x509.Certificate:
    signed = token["content"]
    if len(signed["signer_infos"]) != 1:
        raise ValueError("a timestamp has one signer")
    signer = extract_signer_info(signed)
    certificate = extract_certificate_info(signed).signer_cert
    algorithm = signer["digest_algorithm"]["algorithm"].native
    if algorithm not in _DIGESTS or get_signing_cert_attr(signer["signed_attrs"]) is None:
        raise ValueError("a weak digest, or the certificate is not named in what is signed")
    content: Any = signed["encap_content_info"]["content"]
    intact, valid = validate_sig_integrity(
        signer,
        certificate,
        expected_content_type="tst_info",
        actual_digest=hashlib.new(algorithm, bytes(content)).digest(),
    )
    purposes = certificate.extended_key_usage_value
    critical = any(
        extension["extn_id"].native == "extended_key_usage" and extension["critical"].native
        for extension in certificate["tbs_certificate"]["extensions"]
    )
    if purposes is None or purposes.native != ["time_stamping"] or not critical:
        raise ValueError("the certificate is not for time-stamping alone")
    if not intact or not valid:
        raise SignatureValidationError("the signature of the timestamp does not hold")
    return certificate


class PortTimeStamper(TimeStamper):
    """Hands pyHanko the timestamps of a ``TimeSource``; one per signature, not shared.

    Attributes:
        token: the last one that was handed over.
    """

    def __init__(self, source: TimeSource, *, clock: Clock, tolerance: timedelta) -> None:
        super().__init__()
        self._source, self._clock, self._tolerance = source, clock, tolerance
        self.token: Token | None = None

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """A token over the digest.

        Raises:
            TransientFault: ``tsa.no-answer``.
        """
        self.token = ask(
            self._source,
            message_digest,
            algorithm=md_algorithm,
            clock=self._clock,
            tolerance=self._tolerance,
        )
        return self.token.content
