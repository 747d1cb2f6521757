"""The way to the monitor, whatever lies between: a Ray call, or a plain call in the same process."""

from collections.abc import Sequence
from typing import Protocol

from actors.alert_ports import AlertRecord, MonitorStats
from actors.monitor import Monitor
from engine.alerting import Alert
from engine.slices import Slice
from persistence.alert_rows import AlertFilter, Changes


class MonitorLink(Protocol):
    """Any call may raise LinkLost."""

    async def feed(self, slices: Sequence[Slice], now_ms: int) -> MonitorStats:
        """`Monitor.feed`: durable when it returns."""

    async def alerts(self, wanted: AlertFilter) -> list[AlertRecord]: ...
    async def alert(self, project_id: str, alert_id: str) -> AlertRecord | None: ...
    async def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None: ...
    async def happenings(self, after: int | None, limit: int) -> Changes: ...
    async def unstored(self, limit: int) -> list[Alert]: ...
    async def stored(self, versions: Sequence[tuple[str, int]]) -> None: ...
    def kill(self) -> None:
        """For one that hangs; it starts anew."""


class LocalMonitorLink:
    """Without Ray. Ships for tests and tools; the answers are the same."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    async def feed(self, slices: Sequence[Slice], now_ms: int) -> MonitorStats:
        return self._monitor.feed(slices, now_ms)

    async def alerts(self, wanted: AlertFilter) -> list[AlertRecord]:
        return self._monitor.alerts(wanted)

    async def alert(self, project_id: str, alert_id: str) -> AlertRecord | None:
        return self._monitor.alert(project_id, alert_id)

    async def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None:
        return self._monitor.ack(project_id, alert_id, by, note)

    async def happenings(self, after: int | None, limit: int) -> Changes:
        return self._monitor.happenings(after, limit)

    async def unstored(self, limit: int) -> list[Alert]:
        return self._monitor.unstored(limit)

    async def stored(self, versions: Sequence[tuple[str, int]]) -> None:
        self._monitor.stored(versions)

    def kill(self) -> None:
        return None
