"""Whether digest and signature of a CMS hold, and what its certificates say."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import contextlib
import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, core, x509
from pyhanko.sign.general import extract_certificate_info, extract_signer_info
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signing.signable import MALFORMED
from signing.timestamp import signed_data, token_info

UNSUPPORTED = "algorithm.unsupported"
_DIGESTS = frozenset({"md5", "sha1", "sha224", "sha256", "sha384", "sha512", "shake256_len"})
_LONGEST_NAME = 200  # characters of a common name that are shown


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What a report says of a certificate."""

    name: str
    issuer: str
    valid_from: datetime | None
    valid_until: datetime | None


def certificate_facts(certificate: x509.Certificate) -> CertificateFacts:
    """Names and term of a certificate; empty where they cannot be read."""
    try:
        start, end = certificate.not_valid_before, certificate.not_valid_after
    except MALFORMED:
        start = end = None
    return CertificateFacts(
        _common_name(certificate, "subject"), _common_name(certificate, "issuer"), start, end
    )


def integrity_problem(embedded: EmbeddedPdfSignature) -> str:
    """A code why digest or signature do not hold, or empty."""
    signed = embedded.signed_data
    encapsulated = signed["encap_content_info"]
    if len(signed["signer_infos"]) != 1:
        return "signature.unreadable"
    if embedded.md_algorithm not in _DIGESTS:
        return UNSUPPORTED
    if embedded.sig_object_type == "/DocTimeStamp":
        covered = token_info(signed)
        if covered["message_imprint"]["hashed_message"].native != embedded.compute_digest():
            return "signature.digest-mismatch"
        digest = hashlib.new(embedded.md_algorithm, bytes(encapsulated["content"])).digest()
        kind = "tst_info"
    else:
        if (
            encapsulated["content_type"].native != "data"
            or encapsulated["content"] is not core.VOID
        ):
            return "signature.encapsulated"
        digest, kind = embedded.compute_digest(), "data"
    intact, valid = validate_sig_integrity(
        embedded.signer_info,
        embedded.signer_cert,
        expected_content_type=kind,
        actual_digest=digest,
    )
    if not intact:
        return "signature.digest-mismatch"
    return "" if valid else "signature.broken"


def timestamp_tokens(signer: cms.SignerInfo) -> list[cms.ContentInfo]:
    """The timestamps over a signature, unchecked."""
    return [
        token
        for attribute in _unsigned(signer)
        if attribute["type"].native == "signature_time_stamp_token"
        for token in attribute["values"]
    ]


def time_of_timestamp(embedded: EmbeddedPdfSignature) -> datetime:
    """The time in a document timestamp, aware UTC; only of one that holds."""
    at: datetime = token_info(embedded.signed_data)["gen_time"].native
    return at.astimezone(UTC)


def timestamp_of(signer: cms.SignerInfo) -> tuple[str, datetime | None, str]:
    """The timestamp over a signature.

    Returns:
        A code why it does not hold, or empty; its time, aware UTC, and the common name of its
        authority: None and empty where there is none.
    """
    tokens = timestamp_tokens(signer)
    if not tokens:
        return "", None, ""
    if len(tokens) > 1:
        return "timestamp.several", None, ""
    try:
        info = token_info(signed_data(tokens[0]))
        algorithm = info["message_imprint"]["hash_algorithm"]["algorithm"].native
        over = hashlib.new(algorithm, signer["signature"].native).digest()
        signed = tokens[0]["content"]
        own = extract_signer_info(signed)
        certificate = extract_certificate_info(signed).signer_cert
        digest = hashlib.new(
            own["digest_algorithm"]["algorithm"].native,
            bytes(signed["encap_content_info"]["content"]),
        ).digest()
        intact, valid = validate_sig_integrity(
            own,
            certificate,
            expected_content_type="tst_info",
            actual_digest=digest,
        )
        holds = intact and valid and info["message_imprint"]["hashed_message"].native == over
        at = info["gen_time"].native.astimezone(UTC)
    except MALFORMED:
        return "timestamp.broken", None, ""
    if not holds:
        return "timestamp.broken", None, ""
    return "", at, _common_name(certificate, "subject")


def _unsigned(signer: cms.SignerInfo) -> Sequence[Any]:
    attributes = signer["unsigned_attrs"]
    return () if attributes is core.VOID else list(attributes)


def claimed_time(embedded: EmbeddedPdfSignature) -> datetime | None:
    """The time that the signer claims, aware UTC; None where there is none."""
    with contextlib.suppress(*MALFORMED):
        claimed = embedded.self_reported_timestamp
        if claimed is not None:
            aware = claimed if claimed.tzinfo is not None else claimed.replace(tzinfo=UTC)
            return aware.astimezone(UTC)
    return None


def _common_name(certificate: x509.Certificate, part: str) -> str:
    """For people: without what could disturb a terminal or a page."""
    try:
        holder = getattr(certificate, part)
        name = holder.native.get("common_name") or holder.human_friendly
    except MALFORMED:
        return ""
    text = unicodedata.normalize("NFC", name[-1] if isinstance(name, list) else str(name))
    return "".join(c for c in text if c.isprintable())[:_LONGEST_NAME]
