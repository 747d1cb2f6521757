"""Which messages an alert becomes: one per channel of its rule when it begins to fire, and to the same ones when it is
resolved."""

from collections.abc import Sequence
from typing import Final

import msgspec
import xxhash

from actors.alert_view import alert_view
from engine.alerting import Alert, AlertRule
from persistence.outbox import Delivery, Outbox

MAX_WAITING: Final = 1_000  # messages for one channel; beyond, the oldest are given up


class Announcing:
    """`channels`: all there are. A rule that names none uses all of them."""

    def __init__(self, rules: Sequence[AlertRule], channels: Sequence[str]) -> None:
        self.channels = channels
        self._of_rule = {rule.name: [name for name in rule.channels if name in channels] for rule in rules}

    def announce(self, outbox: Outbox, alert: Alert, now_ms: int) -> None:
        if alert.state == "resolved":
            told = {delivery.channel for delivery in outbox.of_alert(alert.id)}
            channels = [name for name in self.channels if name in told]
        else:
            channels = self._of_rule.get(alert.rule) or list(self.channels)
        outbox.add(_delivery(alert, channel, now_ms) for channel in channels)
        for channel in channels:
            outbox.give_up(channel, MAX_WAITING, now_ms)


def _delivery(alert: Alert, channel: str, now_ms: int) -> Delivery:
    """Its id is the same whenever it is made."""
    name = f"{alert.id} {alert.state} {channel}"
    return Delivery(
        id=xxhash.xxh3_128_hexdigest(name.encode()),
        channel=channel,
        alert_id=alert.id,
        event=alert.state,
        key=f"{alert.project_id}/{alert.rule}/{alert.group}",
        body=msgspec.json.encode(alert_view(alert)),
        next_ms=now_ms,
    )
