"""Asking what the service stands on: database, store, queue, Tesseract, TSA."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from api.http.answers import Part, Ready
from api.http.service import Service
from dossier.errors import Misconfigured, SohoaError, TransientFault

# What costs a child process or a connection is asked again only after so long.
_ASKED_AGAIN_SECONDS = 15.0
_ENGINE_SECONDS = 30.0
_TSA_SECONDS = 3.0
# A round of the queue that did not come to its end for so long does not come any more.
_SILENT_SECONDS = 60.0
_NEEDED = ("database", "store", "queue", "tesseract")

_lock = threading.Lock()
_known: dict[tuple[int, str], tuple[float, Part]] = {}


def readiness(service: Service) -> Ready:
    """Each part, and what that makes of the whole."""
    parts = {
        "database": _asked(lambda: _database(service)),
        "store": _asked(lambda: _store(service)),
        "queue": _asked(lambda: _queue(service)),
        "tesseract": _now_and_then(service, "tesseract", lambda: _tesseract(service)),
        "tsa": _now_and_then(service, "tsa", lambda: _tsa(service)),
    }
    if not all(parts[name].ok for name in _NEEDED):
        return Ready(status="not-ready", parts=parts)
    whole = all(part.ok for part in parts.values())
    return Ready(status="ready" if whole else "degraded", parts=parts)


def _asked(ask: Callable[[], None]) -> Part:
    try:
        ask()
    except SohoaError as error:
        return Part(ok=False, code=error.code, detail=error.message)
    except Exception as error:  # noqa: BLE001 - whatever it is, the part is not well
        return Part(ok=False, code="fault.unexpected", detail=type(error).__name__)
    return Part(ok=True)


def _now_and_then(service: Service, name: str, ask: Callable[[], None]) -> Part:
    with _lock:
        at, part = _known.get((id(service), name), (0.0, None))
        if part is None or time.monotonic() - at > _ASKED_AGAIN_SECONDS:
            part = _asked(ask)
            _known[id(service), name] = (time.monotonic(), part)
        return part


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
    if not service.workers_alive():
        raise TransientFault("queue.no-workers", "no worker lives; restart the service")


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
