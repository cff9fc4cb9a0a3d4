"""Authentication of requests: the token, its rights and its request rate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from api.application import Application
from api.desk import tokens
from api.desk.caller import Caller, Right
from api.http.service import Service, service_of
from dossier.errors import WrongUse

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="Made by the operator: sohoa token create NAME --scope ...",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The authenticated client of a request."""

    caller: Caller
    service: Service

    @property
    def application(self) -> Application:
        """The application of the service."""
        return self.service.application


class TooManyRequests(WrongUse):
    """``token.too-many-requests``.

    Args:
        seconds: until the next request will be accepted.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "token.too-many-requests",
            "this token sends more requests than it may; wait for Retry-After seconds, or ask the "
            "operator for one with a higher rate",
        )
        self.seconds = seconds


def needs(*rights: Right) -> Callable[..., Awaitable[Client]]:
    """The dependency of a route that needs one of these rights.

    The use case checks them again; here they are checked before a body is read.
    """

    async def client(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Client:
        service = service_of(request)
        now = service.application.clock.now()
        text = "" if credentials is None else credentials.credentials
        # Most requests carry a token of the cache: a thread for each would cost more.
        if service.application.tokens.is_cached(tokens.id_of(text), now=now):
            return _authenticate(service, text, rights, now)
        return await run_in_threadpool(_authenticate, service, text, rights, now)

    return client


async def admit(service: Service, scope: Scope) -> None:
    """Check that a request to the API has a genuine token, before its body is read.

    Raises:
        WrongUse: ``token.not-valid``.
    """
    if not scope["path"].startswith("/v1/"):
        return
    headers = dict(scope["headers"])
    scheme, _, text = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    now = service.application.clock.now()
    if scheme.lower() != "bearer":
        raise _not_valid()
    if service.application.tokens.is_cached(tokens.id_of(text), now=now):
        found = tokens.authenticate(service.application, text, now=now)
    else:
        found = await run_in_threadpool(tokens.authenticate, service.application, text, now=now)
    if found is None:
        raise _not_valid()


def _not_valid() -> WrongUse:
    return WrongUse(
        "token.not-valid",
        "send a token that is neither revoked nor expired as: Authorization: Bearer ...; "
        "the operator makes one with: sohoa token create",
    )


def _authenticate(service: Service, text: str, rights: Sequence[Right], now: datetime) -> Client:
    application = service.application
    token = tokens.authenticate(application, text, now=now)
    if token is None:
        raise _not_valid()
    wait = service.take_request(token.id, rate=token.rate)
    if wait:
        raise TooManyRequests(wait)
    caller = tokens.caller_of(application, token)
    caller.require(*rights)
    application.tokens.record_use(token, now=now)
    return Client(caller=caller, service=service)


IntakeClient = Annotated[Client, Depends(needs(Right.INTAKE))]
ReadClient = Annotated[Client, Depends(needs(Right.READ))]
ReviewClient = Annotated[Client, Depends(needs(Right.REVIEW))]
SignClient = Annotated[Client, Depends(needs(Right.SIGN))]
FindClient = Annotated[Client, Depends(needs(Right.FIND))]
MetricsClient = Annotated[Client, Depends(needs(Right.METRICS))]
WebhookClient = Annotated[Client, Depends(needs(Right.WEBHOOKS))]
# For reference data, which says nothing about papers.
AnyClient = Annotated[Client, Depends(needs(Right.INTAKE, Right.READ, Right.REVIEW, Right.FIND))]
