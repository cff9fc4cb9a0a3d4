"""``/metrics`` for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import metrics
from api.http.authentication import MetricsClient
from api.http.openapi import TOKEN_PROBLEMS, file_answer

router = APIRouter(tags=["health"])

_EXPOSITION = file_answer("text/plain", "counts and times", 'sohoa_papers{state="REVIEW"} 3.0\n')


@router.get("/metrics", response_class=Response, responses={**TOKEN_PROBLEMS, 200: _EXPOSITION})
def export_metrics(client: MetricsClient) -> Response:
    """Papers by state, what waits and since when, and how long steps took, for Prometheus.

    Papers and waiting are the whole service's, steps are this process's own.
    """
    return Response(client.service.measured.exposition(), media_type=metrics.CONTENT_TYPE)
