"""An alert as everybody outside reads it: in answers, in messages to channels, on the stream."""

from typing import Literal

import msgspec

from engine.alerting import Alert
from persistence.iso import iso
from persistence.outbox import Delivery


class AckView(msgspec.Struct):
    by: str
    at: str
    note: str


class DeliveryView(msgspec.Struct):
    """`event`: what the message tells. `attempts`: so far. `error`: of the last one."""

    id: str
    channel: str
    event: str
    state: Literal["pending", "done", "failed"]
    attempts: int
    settled_at: str | None
    error: str


class AlertView(msgspec.Struct):
    """`group`: what it is about, "" = all together. `baseline`: what is normal, null where the rule does not learn."""

    id: str
    project_id: str
    rule: str
    kind: str
    metric: str
    group: str
    state: Literal["firing", "resolved"]
    severity: str
    text: str
    value: float
    threshold: float
    baseline: float | None
    sessions: int
    version: int
    started_at: str
    updated_at: str
    resolved_at: str | None
    acked: AckView | None
    deliveries: list[DeliveryView]


_SAME = tuple(sorted({*AlertView.__struct_fields__} & {*Alert.__struct_fields__}))


def alert_view(alert: Alert, deliveries: list[Delivery] | None = None) -> AlertView:
    return AlertView(
        started_at=iso(alert.started_ms),
        updated_at=iso(alert.updated_ms),
        resolved_at=iso(alert.resolved_ms) if alert.resolved_ms else None,
        acked=AckView(alert.acked_by, iso(alert.acked_ms), alert.note) if alert.acked_ms else None,
        deliveries=[_delivery_view(delivery) for delivery in deliveries or []],
        **{name: getattr(alert, name) for name in _SAME},
    )


def _delivery_view(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        id=delivery.id,
        channel=delivery.channel,
        event=delivery.event,
        state=delivery.state,
        attempts=delivery.attempts,
        settled_at=iso(delivery.settled_ms) if delivery.settled_ms else None,
        error=delivery.error,
    )
