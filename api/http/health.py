"""``/healthz``: the process answers. ``/readyz``: its dependencies, actually checked."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Request, Response

from api.http.openapi import problems_of
from api.http.readiness import readiness
from api.http.schemas import Alive, Ready
from api.http.service import service_of

router = APIRouter(tags=["health"])

# Not the threads of all other routes: these may all wait for the database.
_CHECKS = CapacityLimiter(4)
_NOT_READY = {
    "model": Ready,
    "description": "not ready: papers are not taken in, or not read",
}


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", responses=problems_of(500))
async def healthz() -> Alive:
    """Whether the process answers at all."""
    return Alive()


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", responses={**problems_of(500), 503: _NOT_READY})
async def readyz(request: Request, response: Response) -> Ready:
    """Whether papers can be taken in, read, signed and archived, part by part.

    503 where they cannot be taken in or read; where only signing waits, 200 and `degraded`.
    """
    ready = await to_thread.run_sync(readiness, service_of(request), limiter=_CHECKS)
    if ready.status == "not-ready":
        response.status_code = 503
    return ready
