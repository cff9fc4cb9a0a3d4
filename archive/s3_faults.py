"""What a store by S3 answers when it does not do as asked, as errors of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree.ElementTree import ParseError

import urllib3
from minio.error import InvalidResponseError, S3Error, ServerError

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault

NOT_OVER = frozenset({"PreconditionFailed"})
"""Something lies at the key already."""
NOT_KNOWN = frozenset({"NotImplemented"})
"""The store does not know the condition that was set."""

MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "ResourceNotFound"})
_KEYS_REFUSED = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AllAccessDisabled"}
)
_FULL = frozenset({"XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"})
# Of the codes that come with 4xx: what was damaged or too slow on the way, or met another request.
_ON_THE_WAY = frozenset(
    {
        *("RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentSHA256Mismatch"),
        "NoSuchUpload",  # the answer to an upload's end was lost, and its taking back came too late
    }
)
_BUSY = frozenset(
    {"SlowDown", "TooManyRequests", "OperationAborted", "ConditionalRequestConflict", *NOT_OVER}
)
_TOO_MANY, _SERVER_ERROR, _UNAVAILABLE, _NO_ROOM = 429, 500, 503, 507
_MEANT = ((_FULL, _NO_ROOM), (_BUSY, _UNAVAILABLE), (_ON_THE_WAY, _SERVER_ERROR))
_GOES_ON = "nothing is lost, and what waits goes on when it is back"


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the errors of a store into ours, without their text.

    Args:
        what: the thing being read or written, without personal data.

    Raises:
        TransientFault: ``store.no-answer``, ``store.busy``, ``store.full``, ``store.clock``.
        Misconfigured: ``store.refused``, ``store.not-made``.
        IntegrityViolation: ``record.missing``.
    """
    try:
        yield
    except S3Error as error:
        raise _of_s3(error.code or "", error.response.status, what) from None
    except ServerError as error:
        raise _of_status(error.status_code, what) from None
    except InvalidResponseError as error:
        # Not the store's own words but those of a proxy before it.
        raise _of_status(error._code, what) from None  # noqa: SLF001 - no public attribute has it
    except (urllib3.exceptions.HTTPError, OSError, ParseError) as error:
        raise TransientFault(
            "store.no-answer",
            f"the store did not answer ({type(error).__name__}) about {what}; {_GOES_ON}",
        ) from None


def broken_off(what: str) -> TransientFault:
    """The answer ended before its end."""
    return TransientFault(
        "store.no-answer", f"the store broke off in the middle of {what}; {_GOES_ON}"
    )


def _of_s3(code: str, status: int, what: str) -> SohoaError:
    if code in MISSING:
        return IntegrityViolation(
            "record.missing", f"{what} is not in the store; bring back the store's backup"
        )
    if code == "NoSuchBucket":
        return Misconfigured(
            "store.not-made", "the store has no such bucket; run as its administrator: sohoa init"
        )
    if code in _KEYS_REFUSED:
        return Misconfigured(
            "store.refused",
            f"the store does not allow this to us ({code}) at {what}; check the keys, and the "
            "policy against: sohoa store-policy",
        )
    if code == "RequestTimeTooSkewed":
        return TransientFault(
            "store.clock", "this machine's clock is wrong, the store refuses us; set it (NTP)"
        )
    for codes, meant in _MEANT:
        if code in codes:
            status = meant
    if status >= _SERVER_ERROR or status == _TOO_MANY:
        return _of_status(status, what)
    return Misconfigured(
        "store.refused",
        f"the store refuses what was asked ({code}) at {what}; it may be no store with Object "
        "Lock, or another region: compare SOHOA_STORE",
    )


def _of_status(status: int, what: str) -> SohoaError:
    if status == _NO_ROOM:
        return TransientFault("store.full", f"the store is full, {what} was not written; make room")
    if status in {_UNAVAILABLE, _TOO_MANY}:
        return TransientFault("store.busy", f"the store has too much to do for {what}; {_GOES_ON}")
    return TransientFault(
        "store.no-answer", f"the store could not do it now ({status}) at {what}; {_GOES_ON}"
    )


def missing(key: str) -> IntegrityViolation:
    """The error for an object that is not in the record area."""
    return IntegrityViolation(
        "record.missing",
        f"the object {key} is not in the record area; bring back the store's backup",
    )


def not_locked(key: str) -> IntegrityViolation:
    """The error for an object without a lock in COMPLIANCE mode."""
    return IntegrityViolation(
        "record.not-locked",
        f"the object {key} is not locked (COMPLIANCE), so it can be removed; find out who wrote it",
    )
