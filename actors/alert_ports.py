"""What the gateway may ask about alerts, and what the monitor says of itself."""

from typing import Protocol

import msgspec

from engine.alerting import Alert
from persistence.alert_rows import AlertFilter
from persistence.outbox import Delivery


class AlertRecord(msgspec.Struct):
    """An alert and the messages about it."""

    alert: Alert
    deliveries: list[Delivery] = []


class MonitorStats(msgspec.Struct):
    """What the monitor says after each feed. Counters start at zero with its process."""

    firing: int = 0
    position: int = 0  # of the last change of an alert
    waiting: dict[str, int] = {}  # messages that are not sent yet, by channel
    failures: dict[str, int] = {}  # attempts that failed, by channel
    given_up: dict[str, int] = {}  # messages that were given up, by channel
    groups: int = 0  # of metrics, counted minute by minute
    learned: int = 0  # groups whose normal is known or being learned
    refused: int = 0  # alerts that did not begin and groups that were not learned, because there was no room


class MonitorHealth(msgspec.Struct):
    """`is_on`: alerts are configured. `error`: why nothing is evaluated now, in a sentence, "" = it is.

    `lag_ms`: age of the oldest counts that the monitor has not taken yet, 0 = none. `store_error`: why alerts are not
    in the store.
    """

    is_on: bool = False
    error: str = ""
    lag_ms: int = 0
    store_error: str = ""
    stats: MonitorStats = msgspec.field(default_factory=MonitorStats)


class Alerts(Protocol):
    """One per gateway. Raises Wait while the monitor does not answer."""

    async def alerts(self, wanted: AlertFilter) -> list[AlertRecord]: ...
    async def alert(self, project_id: str, alert_id: str) -> AlertRecord | None: ...
    async def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None:
        """None = there is no such alert. The first ack stays."""

    def monitor_health(self) -> MonitorHealth: ...
