"""Protection against requests that another site has a browser send (CSRF)."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from dossier.errors import WrongUse

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def check_origin(method: str, headers: Mapping[str, str]) -> None:
    """Refuse a request that changes something and does not come from our own pages.

    ``Sec-Fetch-Site`` decides where the browser sends it, else ``Origin`` against ``Host``. A
    request with neither is refused: every browser sends one of them with a POST.

    Args:
        method: of the request.
        headers: of the request, names in lower case.

    Raises:
        WrongUse: ``web.cross-origin``.
    """
    if method in _SAFE_METHODS:
        return
    site = headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
        raise _refused()
    origin, host = headers.get("origin"), headers.get("host")
    if not origin or not host or urlsplit(origin).netloc != host:
        raise _refused()


def _refused() -> WrongUse:
    return WrongUse("web.cross-origin", "the request came from another site; open the page again")
