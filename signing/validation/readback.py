"""Reads back what was signed, before anybody gets it."""

# mypy: allow-untyped-calls
# pyHanko ships types, but not for every function.

from __future__ import annotations

import hashlib
from typing import IO

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from dossier.errors import IntegrityViolation
from signing.encoded import as_it_came
from signing.signable import MALFORMED
from signing.timestamp import Token, signed_data, token_info
from signing.validation.coverage import gap_problem

_CHUNK = 1 << 20  # bytes


def check_signed(
    before: IO[bytes], after: IO[bytes], *, certificate: bytes, token: Token
) -> EmbeddedPdfSignature:
    """Compare a signed file with what was to be signed.

    It begins with exactly the bytes of ``before``; it holds one signature, which covers the whole
    file, by ``certificate``; the digest and the signature hold; the timestamp is ``token``, over
    this very signature.

    Returns:
        The signature.

    Raises:
        IntegrityViolation: ``signed.not-what-was-meant``.
    """
    if not _begins_with(after, before):
        raise _wrong("it does not begin with the unsigned file")
    try:
        after.seek(0)
        signatures = PdfFileReader(after, strict=True).embedded_signatures
        if len(signatures) != 1:
            raise _wrong("it does not hold one signature")
        problem = _problem(signatures[0], after, certificate, token)
    except MALFORMED as e:
        raise _wrong("it cannot be read back") from e
    if problem:
        raise _wrong(problem)
    signature: EmbeddedPdfSignature = signatures[0]
    return signature


def _wrong(what: str) -> IntegrityViolation:
    return IntegrityViolation(
        "signed.not-what-was-meant",
        f"the signed file is not what was meant ({what}); it was thrown away, look for the cause",
    )


def _begins_with(file: IO[bytes], start: IO[bytes]) -> bool:
    file.seek(0)
    start.seek(0)
    while chunk := start.read(_CHUNK):
        if file.read(len(chunk)) != chunk:
            return False
    return True


def _problem(
    signature: EmbeddedPdfSignature,
    file: IO[bytes],
    certificate: bytes,
    token: Token,
) -> str:
    if signature.evaluate_signature_coverage() is not SignatureCoverageLevel.ENTIRE_FILE:
        return "the signature does not cover it"
    if gap_problem(file, list(signature.byte_range), signature.pkcs7_content):
        return "the signature's place is not the gap in what it covers"
    if as_it_came(signature.signer_cert) != certificate:
        return "another certificate signed it"
    intact, valid = validate_sig_integrity(
        signature.signer_info,
        signature.signer_cert,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    if not intact or not valid:
        return "digest or signature do not hold"
    return _timestamp_problem(signature.signer_info, token)


def _timestamp_problem(signer: cms.SignerInfo, token: Token) -> str:
    found = _token(signer)
    if found is None or as_it_came(found) != as_it_came(token.content):
        return "the timestamp is not there"
    digest = hashlib.sha256(signer["signature"].native).digest()
    if token_info(signed_data(found))["message_imprint"]["hashed_message"].native != digest:
        return "the timestamp is over something else"
    return ""


def _token(signer: cms.SignerInfo) -> cms.ContentInfo | None:
    for attribute in signer["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            return attribute["values"][0]
    return None
