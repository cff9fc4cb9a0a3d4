"""The parts of the service, from the database to the time-stamping authority."""

from __future__ import annotations

from api.desk.rebuild import check_complete
from api.http.answers import Ready
from api.http.health_probe import asked
from api.http.service import Service
from dossier.errors import TransientFault

# A round of the queue that did not come to its end for so long does not come any more.
_SILENT_SECONDS = 60.0
_NEEDED = ("database", "store", "queue", "tesseract")


def readiness(service: Service) -> Ready:
    """Each part, and what that makes of the whole."""
    parts = {
        "database": asked(service.application.ledger.connections.ping),
        "store": service.looked_at("store"),
        "queue": asked(lambda: _queue(service)),
        # Not needed to take papers in: they wait, and nobody who sends one is to be turned away.
        "workers": asked(service.check_claims),
        "sandbox": service.looked_at("sandbox"),
        "tesseract": service.looked_at("tesseract"),
        "tsa": service.looked_at("tsa"),
        "catalogue": asked(lambda: check_complete(service.application)),
    }
    if parts["catalogue"].code == "ledger.rebuild-first":
        return Ready(status="not-ready", parts=parts)
    if not all(parts[name].ok for name in _NEEDED):
        return Ready(status="not-ready", parts=parts)
    whole = all(part.ok for part in parts.values())
    return Ready(status="ready" if whole else "degraded", parts=parts)


def _queue(service: Service) -> None:
    if service.ticked("nudge") > _SILENT_SECONDS:
        raise TransientFault(
            "queue.silent", "papers left waiting are not taken up; restart the service"
        )
    service.check_workers()
