"""Readiness of each part, from the database to the time-stamping authority."""

from __future__ import annotations

from api.desk.rebuild import check_complete
from api.disk_space import check_disk
from api.http.health_probe import checked
from api.http.schemas import Ready
from api.http.service import Service
from dossier.errors import TransientFault

# A nudge that has not ended for so long has stopped.
_SILENT_SECONDS = 60.0
_NEEDED = ("service", "database", "store", "queue", "tesseract")


def readiness(service: Service) -> Ready:
    """The readiness of each part and of the whole."""
    parts = {
        "service": checked(lambda: _running(service)),
        "database": checked(service.application.ledger.connections.ping),
        "store": service.probed("store"),
        # A warning: papers are still taken in until the disk is full.
        "disk": checked(lambda: check_disk(service.application.settings)),
        "queue": checked(lambda: _queue(service)),
        # Not needed to receive papers: they wait, so no sender is turned away.
        "workers": checked(service.check_claims),
        "sandbox": service.probed("sandbox"),
        "tesseract": service.probed("tesseract"),
        "tsa": service.probed("tsa"),
        "catalogue": checked(lambda: check_complete(service.application)),
    }
    if parts["catalogue"].code == "ledger.rebuild-first":
        return Ready(status="not-ready", parts=parts)
    if not all(parts[name].ok for name in _NEEDED):
        return Ready(status="not-ready", parts=parts)
    whole = all(part.ok for part in parts.values())
    return Ready(status="ready" if whole else "degraded", parts=parts)


def _running(service: Service) -> None:
    if service.stopping:
        raise TransientFault(
            "service.stopping", "the service is stopping; send new requests to another one"
        )


def _queue(service: Service) -> None:
    if service.seconds_since("nudge") > _SILENT_SECONDS:
        raise TransientFault("queue.silent", "waiting papers are not enqueued; restart the service")
    service.check_workers()
