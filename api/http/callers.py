"""Who asks: a token, what it may do, whose papers it may see, and how often it may ask."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from api.application import Application
from api.http.service import Service, service_of
from api.tokens import Scope, genuine, public_half
from dossier.errors import WrongUse
from workflow.ledger.tokens import Token

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="Made by the operator: sohoa token create NAME --scope ...",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A program that may ask what it asks.

    Attributes:
        application: as the token's office sees it.
        actor: as history and log name it; no person's name.
    """

    token: Token
    application: Application
    service: Service
    actor: str

    def must_be_allowed(self, *scopes: Scope) -> None:
        """See that the token has one of these scopes.

        Raises:
            WrongUse: ``token.scope-missing``.
        """
        _must_allow(self.token, scopes)


class TooManyRequests(WrongUse):
    """``token.too-many-requests``.

    Args:
        seconds: until the next one will be taken.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "token.too-many-requests",
            "this token asks more often than it may; wait as long as Retry-After says, or have "
            "the operator make one with a higher rate",
        )
        self.seconds = seconds


def needs(*scopes: Scope) -> Callable[..., Awaitable[Caller]]:
    """The dependency of a route that only tokens with one of these scopes may use."""

    async def caller(
        request: Request,
        credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> Caller:
        service = service_of(request)
        now = service.application.clock.now()
        text = "" if credentials is None else credentials.credentials
        # Most requests are of a token seen a moment ago: a thread for each would cost more.
        if service.tokens.is_cached(public_half(text), now=now):
            return _admitted(service, text, scopes, now)
        return await run_in_threadpool(_admitted, service, text, scopes, now)

    return caller


def _admitted(service: Service, text: str, scopes: Sequence[Scope], now: datetime) -> Caller:
    """Who sends this token, if they may ask for what needs one of these scopes now."""
    token = genuine(text, service.tokens, now=now)
    if token is None:
        raise WrongUse(
            "token.not-valid",
            "send a token that is neither revoked nor expired as: Authorization: Bearer ...; "
            "the operator makes one with: sohoa token create",
        )
    wait = service.take_request(token)
    if wait:
        raise TooManyRequests(wait)
    _must_allow(token, scopes)
    service.tokens.record_use(token, now=now)
    return Caller(
        token=token,
        application=service.application_of(token.office),
        service=service,
        actor=f"token:{token.id}",
    )


def _must_allow(token: Token, scopes: Sequence[Scope]) -> None:
    if not any(scope in token.scopes for scope in scopes):
        raise WrongUse(
            "token.scope-missing",
            f"this token does not allow {' or '.join(scopes)}; have the operator make one that "
            "does",
        )


Intaking = Annotated[Caller, Depends(needs(Scope.INTAKE))]
Reading = Annotated[Caller, Depends(needs(Scope.READ))]
Reviewing = Annotated[Caller, Depends(needs(Scope.REVIEW))]
Signing = Annotated[Caller, Depends(needs(Scope.SIGN))]
Finding = Annotated[Caller, Depends(needs(Scope.FIND))]
Watching = Annotated[Caller, Depends(needs(Scope.METRICS))]
# What only says what words mean here.
Knowing = Annotated[Caller, Depends(needs(Scope.INTAKE, Scope.READ, Scope.REVIEW, Scope.FIND))]
Hooking = Annotated[Caller, Depends(needs(Scope.WEBHOOKS))]
