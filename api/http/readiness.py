"""Asking what the service stands on: database, store, queue, Tesseract, TSA."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from api.http.answers import Part, Ready
from dossier.errors import Misconfigured, SohoaError, TransientFault

if TYPE_CHECKING:
    from api.http.service import Service

_ENGINE_SECONDS = 30.0
_TSA_SECONDS = 3.0
# A round of the queue that did not come to its end for so long does not come any more.
_SILENT_SECONDS = 60.0
_NEEDED = ("database", "store", "queue", "tesseract")
_NOT_YET = Part(ok=False, code="not-asked-yet", detail="the service is starting; ask again")


def readiness(service: Service) -> Ready:
    """Each part, and what that makes of the whole."""
    parts = {
        "database": _asked(lambda: _database(service)),
        "store": service.looked_at("store"),
        "queue": _asked(lambda: _queue(service)),
        "tesseract": service.looked_at("tesseract"),
        "tsa": service.looked_at("tsa"),
    }
    if not all(parts[name].ok for name in _NEEDED):
        return Ready(status="not-ready", parts=parts)
    whole = all(part.ok for part in parts.values())
    return Ready(status="ready" if whole else "degraded", parts=parts)


class Looker:
    """Looks now and then at what costs a file, a child process or a connection.

    Not while somebody waits: a child may be busy with a page, and who asks ``/readyz`` needs no
    token.

    Args:
        service: whose parts these are.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._parts: dict[str, Part] = {}
        self._store_seconds: float | None = None

    def store_seconds(self) -> float | None:
        """How long the store took when it was last asked; None where it did not answer."""
        return self._store_seconds

    def store(self) -> None:
        """Write to the store and read."""
        began = time.monotonic()
        part = self._parts["store"] = _asked(lambda: _store(self._service))
        self._store_seconds = time.monotonic() - began if part.ok else None

    def outside(self) -> None:
        """Load the recogniser in a child, and see that the TSA is there."""
        self._parts["tesseract"] = _asked(lambda: _tesseract(self._service))
        self._parts["tsa"] = _asked(lambda: _tsa(self._service))

    def of(self, name: str) -> Part:
        """What was seen last."""
        return self._parts.get(name, _NOT_YET)


def _asked(ask: Callable[[], None]) -> Part:
    try:
        ask()
    except SohoaError as error:
        return Part(ok=False, code=error.code, detail=error.message)
    except Exception as error:  # noqa: BLE001 - whatever it is, the part is not well
        return Part(ok=False, code="fault.unexpected", detail=type(error).__name__)
    return Part(ok=True)


def _database(service: Service) -> None:
    service.house.ledger.connections.ping()


def _store(service: Service) -> None:
    blob = service.house.store.put_work_bytes(b"sohoa readyz")
    with service.house.store.work_file(blob):
        pass


def _queue(service: Service) -> None:
    if service.ticked("nudge") > _SILENT_SECONDS:
        raise TransientFault(
            "queue.silent", "papers left waiting are not taken up; restart the service"
        )
    service.check_workers()


def _tesseract(service: Service) -> None:
    settings = service.house.settings
    service.house.children.run(
        "ocr.reading:engine_name",
        {
            "engine": settings.ocr_engine,
            "language": settings.ocr_language,
            "seconds": settings.page_seconds,
        },
        deadline=_ENGINE_SECONDS,
        what="the recogniser",
    )


def _tsa(service: Service) -> None:
    url = service.house.tsa_address()
    if not url:
        raise Misconfigured("tsa.not-set", "nothing can be signed: set SOHOA_TSA_URL")
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_TSA_SECONDS).close()
    except OSError:
        raise TransientFault(
            "tsa.no-answer",
            "the time-stamping authority does not answer; what is to be signed waits",
        ) from None
