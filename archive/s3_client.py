"""Speaking to a store by S3: its address, the client, and its errors as ours."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, S3Error, ServerError

from dossier.errors import IntegrityViolation, Misconfigured, SohoaError, TransientFault

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,55}[a-z0-9]")
_CONNECT_SECONDS, _READ_SECONDS = 5.0, 60.0
_CONNECTIONS = 32
_REFUSED = frozenset(
    {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AllAccessDisabled"}
)
_FULL = frozenset({"XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded"})
_NO_ROOM = 507
MISSING = frozenset({"NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "ResourceNotFound"})
_GOES_ON = "nothing is lost, and what waits goes on when it is back"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is.

    Attributes:
        host: with its port, where it has one.
        secure: by HTTPS.
        bucket: of records.
        region: as the store calls it.
    """

    host: str
    secure: bool
    bucket: str
    region: str

    @property
    def work(self) -> str:
        """The bucket of work in progress."""
        return f"{self.bucket}-work"


def parse_address(text: str) -> Address:
    """The parts of ``s3+http[s]://HOST:PORT/BUCKET[?region=NAME]``.

    Raises:
        Misconfigured: ``store.bad-address``.
    """
    try:
        parts = urlsplit(text)
        _ = parts.port  # a bad one raises
    except ValueError:
        parts = urlsplit("")
    bucket = parts.path.strip("/")
    if (
        parts.scheme not in {"s3+http", "s3+https"}
        or not parts.hostname
        or parts.username is not None
        or not _BUCKET.fullmatch(bucket)
    ):
        raise Misconfigured(
            "store.bad-address",
            "SOHOA_STORE must be file:///... or s3+https://HOST:PORT/BUCKET, its keys in "
            "SOHOA_STORE_ACCESS_KEY and SOHOA_STORE_SECRET_KEY; a bucket has 3 to 57 of a-z 0-9 -",
        )
    region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
    return Address(parts.netloc, parts.scheme == "s3+https", bucket, region)


def make_client(address: Address, *, access_key: str, secret_key: str) -> Minio:
    """A client that never asks twice by itself: whoever asks knows whether that is harmless."""
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
        maxsize=_CONNECTIONS,
        retries=urllib3.Retry(total=0, redirect=0, raise_on_status=False),
        # The system's authorities, or those of SSL_CERT_FILE: a province may have its own.
        ssl_context=ssl.create_default_context(),
    )
    return Minio(
        address.host,
        access_key=access_key,
        secret_key=secret_key,
        secure=address.secure,
        region=address.region,
        http_client=pool,
    )


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the errors of a store into ours, without their text.

    Args:
        what: the thing being read or written, without personal data.
    """
    try:
        yield
    except S3Error as error:
        raise _of_s3(error, what) from None
    except ServerError as error:
        raise _of_status(error.status_code, what) from None
    except (InvalidResponseError, urllib3.exceptions.HTTPError, OSError) as error:
        raise TransientFault(
            "store.no-answer",
            f"the store did not answer ({type(error).__name__}) about {what}; {_GOES_ON}",
        ) from None


def _of_s3(error: S3Error, what: str) -> SohoaError:
    code = error.code or ""
    if code in MISSING:
        return IntegrityViolation(
            "record.missing", f"{what} is not in the store; bring back the store's backup"
        )
    if code == "NoSuchBucket":
        return Misconfigured(
            "store.not-made", "the store has no such bucket; run as its administrator: sohoa init"
        )
    if code in _REFUSED:
        return Misconfigured(
            "store.refused",
            f"the store does not allow this to us ({code}) at {what}; check the keys, and the "
            "policy against: sohoa store-policy",
        )
    if code == "RequestTimeTooSkewed":
        return TransientFault(
            "store.clock", "this machine's clock is wrong, the store refuses us; set it (NTP)"
        )
    if code in _FULL:
        return _of_status(_NO_ROOM, what)
    return TransientFault(
        "store.no-answer", f"the store could not do it now ({code}) at {what}; {_GOES_ON}"
    )


def _of_status(status: int, what: str) -> SohoaError:
    if status == _NO_ROOM:
        return TransientFault("store.full", f"the store is full, {what} was not written; make room")
    return TransientFault(
        "store.no-answer", f"the store could not do it now ({status}) at {what}; {_GOES_ON}"
    )
