"""Renders pages: templates, times as people read them, and the headers that every page carries."""

from __future__ import annotations

import secrets
from datetime import datetime, tzinfo
from http import HTTPStatus
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.web import assets

_TEMPLATES = Path(__file__).parent / "templates"
# No inline style and no foreign address; scripts only with the nonce of this answer.
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_environment = Environment(
    loader=FileSystemLoader(_TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["static"] = assets.address


def render(
    template: str,
    *,
    zone: tzinfo,
    status: int = HTTPStatus.OK,
    headers: dict[str, str] | None = None,
    **context: Any,  # noqa: ANN401 - a template takes values of any type
) -> HTMLResponse:
    """A page as an answer.

    Args:
        template: its file in ``templates/``.
        zone: in which times are shown.
        status: of the answer.
        headers: of the answer besides those of every page.
        context: what the template needs.
    """
    nonce = secrets.token_urlsafe(16)
    text = _environment.get_template(template).render(
        nonce=nonce,
        when=lambda at: when(at, zone),
        day=lambda at: "" if at is None else f"{at.astimezone(zone):%d/%m/%Y}",
        **context,
    )
    policy = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
    return HTMLResponse(text, status_code=status, headers={**policy, **(headers or {})})


def draw(template: str, **context: Any) -> str:  # noqa: ANN401 - a template takes values of any type
    """The text of a template that is no page, such as an SVG picture."""
    return _environment.get_template(template).render(**context)


def when(at: datetime | None, zone: tzinfo) -> str:
    """A time as people read it, such as ``09:41 30/11/2026``; empty for None.

    Args:
        at: aware.
        zone: in which it is shown.
    """
    return "" if at is None else f"{at.astimezone(zone):%H:%M %d/%m/%Y}"
