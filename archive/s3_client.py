"""Speaking to a store by S3: its address, and clients that never ask twice by themselves."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import urllib3
from minio import Minio

from dossier.errors import Misconfigured

_BUCKET = re.compile(r"[a-z0-9][a-z0-9-]{1,55}[a-z0-9]")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
_CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
"""How long the store may be silent in the middle of an answer."""
_CONNECTIONS = 32  # kept open; a thread has one or two at a time


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
        raise _bad_address() from None
    bucket = parts.path.strip("/")
    region = parse_qs(parts.query).get("region", ["us-east-1"])[0]
    if (
        parts.scheme not in {"s3+http", "s3+https"}
        or not parts.hostname
        or "@" in parts.netloc
        or not _BUCKET.fullmatch(bucket)
        or not _REGION.fullmatch(region)
    ):
        raise _bad_address()
    return Address(parts.netloc, parts.scheme == "s3+https", bucket, region)


def _bad_address() -> Misconfigured:
    return Misconfigured(
        "store.bad-address",
        "SOHOA_STORE must be file:///... or s3+https://HOST:PORT/BUCKET, its keys in "
        "SOHOA_STORE_ACCESS_KEY_FILE and SOHOA_STORE_SECRET_KEY_FILE; a bucket has 3 to 57 of "
        "a-z 0-9 -",
    )


class _Pool(urllib3.PoolManager):
    """Connections without automatic retries: only the caller knows whether a retry is safe."""

    def __init__(self, *, read_seconds: float) -> None:
        super().__init__(
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=read_seconds),
            maxsize=_CONNECTIONS,
            retries=urllib3.Retry(total=0, redirect=0, raise_on_status=False),
            # The system's authorities, or those of SSL_CERT_FILE: a province may have its own.
            ssl_context=ssl.create_default_context(),
        )


class _AddingPool(_Pool):
    """Puts nothing where something is: the store itself looks, at the moment of writing.

    The client has no way to send this condition. It is no part of what is signed, nor need it be.
    """

    def urlopen(  # type: ignore[override]  # as the client calls it
        self, method: str, url: str, *, headers: Mapping[str, str], **more: object
    ) -> urllib3.BaseHTTPResponse:
        """Ask; what makes an object is asked only where there is none."""
        query = parse_qs(urlsplit(url).query)
        makes = "partNumber" not in query if method == "PUT" else "uploadId" in query
        if makes and method in {"PUT", "POST"}:
            headers = {**headers, "If-None-Match": "*"}
        return super().urlopen(method, url, headers=headers, **more)  # type: ignore[arg-type]  # handed on


def make_client(
    address: Address,
    *,
    access_key: str,
    secret_key: str,
    read_seconds: float = READ_SECONDS,
    adds_only: bool = False,
) -> Minio:
    """A client that never asks twice by itself.

    Args:
        address: of the store.
        access_key: of its user.
        secret_key: of the same.
        read_seconds: how long the store may be silent.
        adds_only: put objects only where there is none, on stores that know how.

    Raises:
        Misconfigured: ``store.bad-address``.
    """
    try:
        return Minio(
            address.host,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.secure,
            region=address.region,
            http_client=(_AddingPool if adds_only else _Pool)(read_seconds=read_seconds),
        )
    except ValueError:
        raise _bad_address() from None
