"""Shards, a store and a monitor that fail when they are told to, for whoever carries counts between them."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Literal

from actors.alert_ports import AlertRecord, MonitorStats
from actors.link import LinkLost
from actors.monitor import Monitor
from actors.monitor_link import LocalMonitorLink
from engine.alerting import Alert
from engine.errors import Wait
from engine.slices import Cell, Slice
from tests.builders import T0

Fault = Literal["", "lost before", "lost after", "hang"]


def counted(events: int, *, after: int, upto: int, at: int = 0, journal: str = "j0") -> Slice:
    """So many events in the frames after `after` up to `upto`."""
    return Slice(journal, after, upto, T0 + at, [Cell("default", "events", "click", events)])


class FakeShard:
    """The part of a shard's link that the monitor's counts go through. `page`: how many slices it gives at a time."""

    def __init__(self, *slices: Slice, page: int = 20) -> None:
        self.waiting = list(slices)
        self.acked: list[int] = []
        self.is_lost = False
        self._page = page

    async def slices(self, acked_seq: int) -> list[Slice]:
        if self.is_lost:
            raise LinkLost
        self.acked.append(acked_seq)
        self.waiting = [one for one in self.waiting if one.upto_seq > acked_seq]
        return self.waiting[: self._page]


class FaultyMonitorLink(LocalMonitorLink):
    """`faults` are used up one per feed, in order."""

    def __init__(self, monitor: Monitor, *faults: Fault) -> None:
        super().__init__(monitor)
        self.faults = deque(faults)
        self.kills = 0

    async def feed(self, slices: Sequence[Slice], now_ms: int) -> MonitorStats:
        fault = self.faults.popleft() if self.faults else ""
        if fault == "lost before":
            raise LinkLost
        if fault == "hang":
            await asyncio.Event().wait()
        stats = await super().feed(slices, now_ms)
        if fault == "lost after":
            raise LinkLost
        return stats

    async def alert(self, project_id: str, alert_id: str) -> AlertRecord | None:
        if self.faults:
            raise LinkLost
        return await super().alert(project_id, alert_id)

    def kill(self) -> None:
        self.kills += 1


class FakeStore:
    def __init__(self) -> None:
        self.got: list[tuple[str, int]] = []
        self.error: Exception | None = None

    async def store_alerts(self, alerts: Sequence[Alert]) -> None:
        if self.error is not None:
            raise self.error
        self.got += [(alert.id, alert.version) for alert in alerts]


AWAY = Wait("ClickHouse has not answered for 9 s.", "store_unavailable")
