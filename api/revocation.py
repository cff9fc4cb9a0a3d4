"""Fetching revocation data: only where a setting allows it, from public addresses alone."""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_network
from typing import TYPE_CHECKING

from dossier.errors import TransientFault
from workflow.webhooks.http_client import exchange
from workflow.webhooks.targets import TargetPolicy, TargetRefused

if TYPE_CHECKING:
    from signing.revocation import Fetch

_SECONDS = 10.0
_LARGEST = 64 << 20  # bytes; the lists of national authorities reach some megabytes
_OCSP_HEADERS = {"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"}
PUBLIC = TargetPolicy()
LOOPBACK = TargetPolicy(networks=(ip_network("127.0.0.1/32"),))


def fetch_by(policy: TargetPolicy) -> Fetch:
    """A function that gets what an address answers.

    Args:
        policy: where connections may go, by the addresses that a name resolves to.
    """

    def fetch(url: str, body: bytes | None) -> bytes:
        try:
            status, content = exchange(
                "GET" if body is None else "POST",
                url,
                body or b"",
                {} if body is None else _OCSP_HEADERS,
                seconds=_SECONDS,
                policy=policy,
                max_bytes=_LARGEST,
            )
        except TargetRefused:
            status, content = 0, b""
        if status != HTTPStatus.OK or not content:
            raise TransientFault(
                "revocation.no-answer",
                "an authority gave no usable answer on revocation; it is asked again later",
            )
        return content

    return fetch
