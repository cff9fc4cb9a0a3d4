"""What stands around all routes: size limits before reading, safe headers, no trace to anybody."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from uuid import UUID

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http import problems
from dossier.errors import RejectedInput, SohoaError, TransientFault, WrongUse
from workflow import log_context

log = structlog.get_logger()

HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# What tus wants of every answer there, errors included; of a 412 also what would be understood.
TUS_VERSION = "1.0.0"
_TUS_PATH = "/v1/uploads"
SILENCE_SECONDS = 30.0
# A body ends within this time, and a second for each so many bytes that came.
_REQUEST_SECONDS = 60.0
_LEAST_RATE = 10_000  # bytes/s
_LARGEST_QUESTION = 256 * 1024  # bytes of a JSON body


class TooLarge(RejectedInput):
    """``http.too-large``: a body beyond what its route takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "http.too-large",
            f"the body may have at most {limit} bytes; send a smaller scan (200 to 300 dpi will "
            "do), or send it in parts",
        )


class TooSlow(RejectedInput):
    """``http.too-slow``: nothing of a body came for ``SILENCE_SECONDS``."""

    def __init__(self) -> None:
        super().__init__(
            "http.too-slow", f"nothing came for {SILENCE_SECONDS:.0f} seconds; send it again"
        )


class RequestLimits:
    """Around all routes; only what lets other sites call stands outside.

    Args:
        app: what is inside.
        largest_file: the most bytes of a file that this method and path take; 0 for none.
        admit: called before a body is read; raises ``WrongUse`` where the caller is not known.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        largest_file: Callable[[str, str], int],
        admit: Callable[[Scope], Awaitable[None]],
    ) -> None:
        self._app = app
        self._largest_file = largest_file
        self._admit = admit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with log_context.bind(_request_id(scope)) as request:
            await self._answer(scope, receive, send, request)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request: str) -> None:
        began = time.monotonic()
        seen = {"status": 0}

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                present = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request.encode()),
                    *(
                        (name.encode(), value.encode())
                        for name, value in _always(scope["path"], message["status"]).items()
                        if name.encode() not in present
                    ),
                ]
            await send(message)

        try:
            await self._within_limits(scope, receive, send_safely)
        except ClientDisconnect:
            log.info("http.caller-left")
        except Exception as error:  # noqa: BLE001 - the last border: no trace reaches a caller
            fault = error if isinstance(error, SohoaError) else _fault_of_ours(error)
            if not seen["status"]:
                await problems.answer(fault)(scope, receive, send_safely)
        finally:
            # The route, not the path: a caller may have put anything into a path.
            route = getattr(scope.get("route"), "path", "")
            log.info(
                "http.answered",
                method=scope["method"],
                route=route,
                status=seen["status"],
                milliseconds=round((time.monotonic() - began) * 1000),
            )

    async def _within_limits(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self._largest_file(scope["method"], scope["path"])
        limit = file or _LARGEST_QUESTION
        sent = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if sent.isdigit() and int(sent) > limit:
            await problems.answer(TooLarge(limit), {"Connection": "close"})(scope, receive, send)
            return
        if _has_body(scope):
            try:
                await self._admit(scope)
            except WrongUse as error:
                # The rest of the body is never read.
                headers = {"Connection": "close"}
                await problems.answer(error, headers)(scope, receive, send)
                return
        came, whole = 0, False
        began = time.monotonic()

        async def receive_some() -> Message:
            nonlocal came, whole
            left = began + _REQUEST_SECONDS + came / _LEAST_RATE - time.monotonic()
            # After the body it is the caller's leaving that is waited for.
            seconds = None if whole else max(min(SILENCE_SECONDS, left), 0)
            try:
                async with asyncio.timeout(seconds):
                    message = await receive()
            except TimeoutError:
                raise TooSlow from None
            came += len(message.get("body", b""))
            whole = not message.get("more_body", False)
            if came > limit:
                raise TooLarge(limit)
            return message

        await self._app(scope, receive_some, send)


def _has_body(scope: Scope) -> bool:
    headers = dict(scope["headers"])
    return b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"


def _always(path: str, status: int) -> dict[str, str]:
    """What every answer of this path says."""
    if path != _TUS_PATH and not path.startswith(f"{_TUS_PATH}/"):
        return HEADERS
    versions = {"tus-version": TUS_VERSION} if status == HTTPStatus.PRECONDITION_FAILED else {}
    return {**HEADERS, "tus-resumable": TUS_VERSION, **versions}


def _request_id(scope: Scope) -> str:
    """The caller's own id of the request, where it is a UUID; any other text might say anything."""
    sent = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    try:
        return UUID(sent.decode("ascii")).hex
    except (UnicodeDecodeError, ValueError):
        return ""


def _fault_of_ours(error: Exception) -> TransientFault:
    """Log where, but not what: the text of a foreign exception may hold somebody's name."""
    where = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
    log.error("http.fault", error=type(error).__name__, where=where[-8:])
    return TransientFault(
        "fault.unexpected",
        "a fault of ours; nothing was lost. Try again, and report it to the operator",
    )
