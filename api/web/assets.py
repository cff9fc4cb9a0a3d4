"""Static files of the screens, each under an address that changes with its content."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.responses import Response

from dossier.errors import WrongUse

FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
}
_TEXTS = frozenset({".css", ".js", ".svg"})
_FOREVER = "public, max-age=31536000, immutable"

router = APIRouter(prefix="/static", include_in_schema=False)


def address(name: str) -> str:
    """The address of a static file; it holds the file's digest, so that it may be cached for good.

    Args:
        name: a file of ``static/``.

    Raises:
        KeyError: there is no such file.
    """
    digest, _ = _files()[name]
    return f"/static/{digest}/{name}"


@router.get("/{digest}/{name}")
def get_file(digest: str, name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """A static file, if the digest is the one of its content; compressed where that is taken."""
    known, content = _files().get(name, ("", b""))
    if not known or known != digest:
        raise WrongUse("http.no-such-path", "there is no such file")
    headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
    if Path(name).suffix in _TEXTS and "gzip" in accept_encoding:
        content = _compressed(name)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=_MEDIA_TYPES[Path(name).suffix], headers=headers)


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_files()[name][1], mtime=0)


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """Digest and content of every file that may be served, by name."""
    found = {}
    for file in sorted(FOLDER.iterdir()):
        if file.suffix in _MEDIA_TYPES:
            content = file.read_bytes()
            found[file.name] = (hashlib.sha256(content).hexdigest()[:16], content)
    return found
