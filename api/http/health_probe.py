"""Periodic health checks of store, sandbox, Tesseract and time-stamping authority (TSA)."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from api.application import Application
from api.http.schemas import Part
from dossier.errors import Misconfigured, SohoaError, TransientFault

_ENGINE_SECONDS = 30.0
_TSA_SECONDS = 3.0
_NOT_YET = Part(ok=False, code="not-checked-yet", detail="the service is starting; ask again")


class HealthProbe:
    """Runs checks that cost a file, a child process or a connection, and keeps their results.

    The checks run in the background, not per request: a child may be busy with a page, and
    ``/readyz`` needs no token.

    Args:
        application: the application to check.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._parts: dict[str, Part] = {}
        self._store_seconds: float | None = None

    def store_seconds(self) -> float | None:
        """Duration of the last store check; None if it failed."""
        return self._store_seconds

    def store(self) -> None:
        """Write to the store and read back."""
        began = time.monotonic()
        part = self._parts["store"] = checked(lambda: _store(self._application))
        self._store_seconds = time.monotonic() - began if part.ok else None

    def outside(self) -> None:
        """Check that children are confined, the recogniser loads and the TSA is reachable."""
        self._parts["sandbox"] = checked(lambda: _sandbox(self._application))
        self._parts["tesseract"] = checked(lambda: _tesseract(self._application))
        self._parts["tsa"] = checked(lambda: _tsa(self._application))

    def of(self, name: str) -> Part:
        """The last result of a check."""
        return self._parts.get(name, _NOT_YET)


def checked(check: Callable[[], None]) -> Part:
    """The state of a part: healthy unless ``check`` raises."""
    try:
        check()
    except SohoaError as error:
        return Part(ok=False, code=error.code, detail=error.message)
    except Exception as error:  # noqa: BLE001 - whatever it is, the part is not well
        return Part(ok=False, code="fault.unexpected", detail=type(error).__name__)
    return Part(ok=True)


def _store(application: Application) -> None:
    blob = application.store.put_work_bytes(b"sohoa readyz")
    with application.store.work_file(blob):
        pass


def _sandbox(application: Application) -> None:
    walls = application.walls
    if not walls.hold:
        raise Misconfigured(
            "sandbox.incomplete",
            f"what opens hostile files is not confined: without {', '.join(walls.missing)}; it can "
            f"reach {', '.join(walls.gaps) or 'nothing'}",
        )


def _tesseract(application: Application) -> None:
    settings = application.settings
    engine = {
        "engine": settings.ocr_engine,
        "language": settings.ocr_language,
        "seconds": settings.page_seconds,
    }
    application.children.run(
        "ocr.reading:engine_name",
        engine,
        prepare=("ocr.reading:load_engine", engine),
        deadline=_ENGINE_SECONDS,
        what="the recogniser",
    )


def _tsa(application: Application) -> None:
    url = application.tsa_address()
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
