"""Deliveries of webhooks, and delivering again. Addresses are the operator's: sohoa webhook."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.desk import webhooks
from api.http.authentication import WebhookClient
from api.http.openapi import TOKEN_PROBLEMS
from api.http.schemas import example

router = APIRouter(prefix="/v1/webhooks/deliveries", tags=["webhooks"])

_MESSAGE = {
    "event": 7,
    "at": "2026-10-08T02:15:00+00:00",
    "office": "H15.50.05.13",
    "dossier": "H15.50.05.13-261008-0975",
    "ordinal": 1,
    "paper": "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a11",
    "before": "SIGNED",
    "state": "ARCHIVED",
    "code": "",
}
_ROW = {
    "id": 12,
    "webhook": "0199c2f4-6a10-7c3e-9b57-2f6f0f4d9a12",
    "payload": _MESSAGE,
    "attempts": 1,
    "status": 204,
    "next_at": None,
    "delivered_at": "2026-10-08T02:15:01Z",
}


class Payload(BaseModel):
    """The message: which paper moved to which state; never what it says."""

    model_config = example(**_MESSAGE)

    event: int = Field(description="the same number in each delivery")
    at: datetime
    office: str
    dossier: str
    ordinal: int
    paper: UUID
    before: str
    state: str
    code: str


class DeliveryRow(BaseModel):
    """One message to one address."""

    model_config = example(**_ROW)

    id: int
    webhook: UUID
    payload: Payload
    attempts: int
    status: int = Field(description="HTTP status of the last try; 0: no answer")
    next_at: datetime | None = Field(description="tried again then; none: delivered or given up")
    delivered_at: datetime | None


class Deliveries(BaseModel):
    """A page of deliveries."""

    model_config = example(deliveries=[_ROW], next=None)

    deliveries: list[DeliveryRow]
    next: int | None


class Replay(BaseModel):
    """The deliveries to send again."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"first": 10, "last": 12}]}
    )

    first: Annotated[int, Field(ge=1, le=2**53)]
    last: Annotated[int, Field(ge=1, le=2**53)]


class Replayed(BaseModel):
    """The number of deliveries to send again."""

    model_config = example(deliveries=3)

    deliveries: int


@router.get("", responses=TOKEN_PROBLEMS)
def list_deliveries(
    client: WebhookClient,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Deliveries:
    """Deliveries and their results, oldest first."""
    found = webhooks.list_deliveries(
        client.application, client.caller, after=after, limit=limit + 1
    )
    shown = found[:limit]
    return Deliveries(
        deliveries=[_row(delivery) for delivery in shown],
        next=shown[-1].id if len(found) > limit else None,
    )


@router.post("/replay", status_code=202, responses=TOKEN_PROBLEMS)
def replay(client: WebhookClient, which: Replay) -> Replayed:
    """Deliver a range again, whatever its result was, with the same event numbers."""
    again = webhooks.redeliver(
        client.application, client.caller, first=which.first, last=which.last
    )
    return Replayed(deliveries=again)


def _row(delivery: webhooks.Delivery) -> DeliveryRow:
    return DeliveryRow(
        id=delivery.id,
        webhook=delivery.webhook,
        payload=Payload.model_validate(delivery.payload),
        attempts=delivery.attempts,
        status=delivery.status,
        next_at=delivery.next_at,
        delivered_at=delivery.delivered_at,
    )
