"""Looking at what costs a file, a child process or a connection: store, Tesseract, TSA."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from api.application import Application
from api.http.answers import Part
from dossier.errors import Misconfigured, SohoaError, TransientFault

_ENGINE_SECONDS = 30.0
_TSA_SECONDS = 3.0
_NOT_YET = Part(ok=False, code="not-asked-yet", detail="the service is starting; ask again")


class HealthProbe:
    """Looks now and then at what costs a file, a child process or a connection.

    Not while somebody waits: a child may be busy with a page, and who asks ``/readyz`` needs no
    token.

    Args:
        application: whose parts these are.
    """

    def __init__(self, application: Application) -> None:
        self._application = application
        self._parts: dict[str, Part] = {}
        self._store_seconds: float | None = None

    def store_seconds(self) -> float | None:
        """How long the store took when it was last asked; None where it did not answer."""
        return self._store_seconds

    def store(self) -> None:
        """Write to the store and read."""
        began = time.monotonic()
        part = self._parts["store"] = asked(lambda: _store(self._application))
        self._store_seconds = time.monotonic() - began if part.ok else None

    def outside(self) -> None:
        """See that children are confined, that the recogniser loads, and that the TSA is there."""
        self._parts["sandbox"] = asked(lambda: _sandbox(self._application))
        self._parts["tesseract"] = asked(lambda: _tesseract(self._application))
        self._parts["tsa"] = asked(lambda: _tsa(self._application))

    def of(self, name: str) -> Part:
        """What was seen last."""
        return self._parts.get(name, _NOT_YET)


def asked(ask: Callable[[], None]) -> Part:
    """How the part is that ``ask`` raises an error of, if it does."""
    try:
        ask()
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
