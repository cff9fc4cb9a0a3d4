"""Who visits a page: the session of the cookie, the desks of the person, and pages for errors."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Annotated, Any, Protocol, cast
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from api.application import Application
from api.desk import counts, roles, sessions
from api.desk.caller import Caller, Right
from api.web.csrf import check_origin
from api.web.templating import render
from api.wording import sentences
from dossier.errors import SohoaError, WrongUse

COOKIE = "sohoa"
_FIRST_PATH = "/"


class Service(Protocol):
    """What the pages need of the running service."""

    @property
    def application(self) -> Application:
        """The application that the service runs."""
        ...

    def enqueue(self, paper: UUID) -> None:
        """Ask that a paper be moved on."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """A link of the navigation.

    Attributes:
        count: how many papers wait there; None where that says nothing.
    """

    path: str
    title: str
    key: str
    count: int | None


class SignInNeeded(Exception):
    """The page needs a person who is signed in."""


class StepUpNeeded(Exception):
    """The page needs password or one-time code again."""


@dataclass(frozen=True)
class Visitor:
    """A person at a page.

    Attributes:
        service: the running service.
        signed_in: the person and the session.
    """

    service: Service
    signed_in: sessions.SignedIn

    @property
    def application(self) -> Application:
        """The application."""
        return self.service.application

    def caller(self, right: Right) -> Caller:
        """The caller that this person is while using a right.

        Raises:
            WrongUse: ``right.missing``.
        """
        return roles.caller_of(
            self.signed_in.user,
            right,
            tree=self.application.tokens,
            session=self.signed_in.session.id,
        )

    def require_step_up(self) -> None:
        """See that password or one-time code were given lately.

        Raises:
            StepUpNeeded: they were not.
        """
        if sessions.needs_step_up(self.application, self.signed_in):
            raise StepUpNeeded

    @cached_property
    def rights(self) -> frozenset[Right]:
        """The rights the person has in some office."""
        return roles.rights_of(self.signed_in.user.roles)

    @cached_property
    def name(self) -> str:
        """The person's name."""
        return self.signed_in.user.name

    @cached_property
    def office_name(self) -> str:
        """The name of the person's office."""
        return self.application.office_name(self.signed_in.user.office)

    @cached_property
    def desks(self) -> tuple[Desk, ...]:
        """The desks at which the person may work."""
        found: list[Desk] = []
        if Right.INTAKE in self.rights:
            found.append(Desk("/intake", "Tiếp nhận", "F2", None))
        if Right.REVIEW in self.rights:
            waiting = counts.waiting_for_review(self.application, self.caller(Right.REVIEW))
            found.append(Desk("/review", "Kiểm tra", "F8", waiting))
        if Right.SIGN in self.rights:
            waiting = counts.waiting_for_signature(self.application, self.caller(Right.SIGN))
            found.append(Desk("/sign", "Ký số", "", waiting))
        if Right.FIND in self.rights:
            found.append(Desk("/find", "Tra cứu", "", None))
        if Right.AUDIT in self.rights:
            found.append(Desk("/audit", "Nhật ký", "", None))
        if Right.PEOPLE in self.rights:
            found.append(Desk("/people", "Người dùng", "", None))
            found.append(Desk("/offices", "Cơ quan", "", None))
        return tuple(found)

    def page(self, template: str, here: str, *, status: int = 200, **context: Any) -> Response:  # noqa: ANN401 - a template takes values of any type
        """A page with the navigation of this person.

        Args:
            template: its file.
            here: path of the desk it belongs to.
            status: of the answer.
            context: what the template needs besides.
        """
        zone = self.application.settings.zone
        return render(template, zone=zone, status=status, me=self, here=here, **context)


def visitor(request: Request) -> Visitor:
    """The person of the request's cookie.

    Raises:
        SignInNeeded: nobody is signed in.
    """
    service = service_of(request)
    found = sessions.current(service.application, request.cookies.get(COOKIE, ""))
    if found is None:
        raise SignInNeeded
    return Visitor(service, found)


Visiting = Annotated[Visitor, Depends(visitor)]


def service_of(request: Request) -> Service:
    """The service that answers a request."""
    return cast("Service", request.app.state.service)


def local_path(text: str) -> str:
    """A path of ours to go on to; ``/`` for anything that could lead to another site."""
    parts = urlsplit(text)
    safe = text.startswith("/") and not text.startswith(("//", "/\\"))
    if not safe or parts.scheme or parts.netloc or "\\" in text or not text.isprintable():
        return _FIRST_PATH
    return text


class PageRoute(APIRoute):
    """A route whose errors are pages, and that refuses requests of other sites."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with errors turned into pages."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                check_origin(request.method, request.headers)
                return await handler(request)
            except SignInNeeded:
                return _go("/login", request)
            except StepUpNeeded:
                return _go("/step-up", request)
            except RequestValidationError:
                return error_page(
                    request,
                    WrongUse("web.bad-form", "the form cannot be read; open the page again"),
                )
            except SohoaError as error:
                return error_page(request, error)

        return handle


def error_page(request: Request, error: SohoaError) -> Response:
    """A page that says what happened and what to do now."""
    zone = service_of(request).application.settings.zone
    status = HTTPStatus.NOT_FOUND if error.code.endswith(".unknown") else HTTPStatus.BAD_REQUEST
    if error.code == "right.missing":
        status = HTTPStatus.FORBIDDEN
    if error.code == "find.too-many-misses":
        status = HTTPStatus.TOO_MANY_REQUESTS
    return render(
        "error.html",
        zone=zone,
        status=status,
        sentence=sentences.sentence(error.code, error.fault),
        back=local_path(urlsplit(request.headers.get("referer", "")).path or "/"),
    )


def _go(path: str, request: Request) -> Response:
    """To another page first; then back, where the request only asked for a page."""
    back = request.url.path if request.method == "GET" else _referring_page(request)
    return RedirectResponse(f"{path}?next={local_path(back)}", HTTPStatus.SEE_OTHER)


def _referring_page(request: Request) -> str:
    return urlsplit(request.headers.get("referer", "")).path or _FIRST_PATH
