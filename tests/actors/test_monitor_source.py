"""Alerts on the live stream: each change once and in order; a monitor that is away keeps nobody from the rest."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from actors.feeder import Feeder
from actors.monitor import Monitor
from actors.monitor_source import MonitorSource
from engine.config import Engine
from engine.errors import JournalDamaged, Wait
from engine.happening import Position
from persistence.alert_rows import Changes
from persistence.monitor_store import MonitorStore
from tests.actors.feeding import FakeShard, FakeStore, Fault, FaultyMonitorLink, counted
from tests.alerting import many_events
from tests.builders import T0

HOUR_MS = 3_600_000


class Rig:
    """A monitor, who feeds it and who tells of it. `now`: milliseconds after T0."""

    def __init__(self, folder: Path) -> None:
        self.now = 0
        self.monitor = Monitor(store=MonitorStore(folder), rules=[many_events()], couriers=[], clock=self._clock)
        self.link = FaultyMonitorLink(self.monitor)
        self.shard = FakeShard()
        self.start()

    def start(self, *faults: Fault) -> None:
        """The server, anew."""
        self.link.faults.extend(faults)
        limits = Engine(call_timeout_ms=20, hang_ms=1_000_000)
        shards, store = [self.shard], FakeStore()
        self.feeder = Feeder(shards=shards, store=store, monitor=self.link, limits=limits, now_ms=self._clock)  # type: ignore[arg-type]
        self.source = MonitorSource(self.feeder)

    async def fire(self) -> None:
        self.shard.waiting = [counted(9, after=0, upto=3)]
        await self.feeder.feed()

    async def resolve(self) -> None:
        for _ in range(2):
            self.now += HOUR_MS
            await self.feeder.feed()

    def _clock(self) -> int:
        return T0 + self.now


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.monitor.close()


async def test_it_begins_where_the_end_is(rig: Rig) -> None:
    await rig.fire()
    told = await rig.source.happenings(None, 10)
    assert (told.items, told.has_gap) == ([], False)
    await rig.resolve()
    more = await rig.source.happenings(told.position, 10)
    assert [msgspec.json.decode(item.alert)["state"] for item in more.items][-1] == "resolved"


async def test_an_alert_is_told_as_the_api_shows_it(rig: Rig) -> None:
    await rig.feeder.feed()
    begin = await rig.source.happenings(None, 0)
    await rig.fire()
    [item] = (await rig.source.happenings(begin.position, 10)).items
    shown = msgspec.json.decode(item.alert)
    assert (shown["rule"], shown["state"], shown["started_at"]) == ("many", "firing", "2026-01-02T12:00:00.000Z")
    assert (item.kind, item.project_id, item.severity, item.at_ms) == ("alert", "default", "medium", T0)
    assert item.position == (begin.position.seq + 1, 0)


async def test_each_change_is_told_once_in_pages_of_any_size(rig: Rig) -> None:
    await rig.feeder.feed()
    position = (await rig.source.happenings(None, 0)).position
    await rig.fire()
    await rig.resolve()
    states: list[str] = []
    while items := (told := await rig.source.happenings(position, 1)).items:
        states += [msgspec.json.decode(item.alert)["state"] for item in items]
        position = told.position
    assert states == ["firing", "resolved"]


async def test_a_position_goes_on_after_a_restart_of_the_server(rig: Rig) -> None:
    await rig.fire()
    before = (await rig.source.happenings(None, 0)).position
    await rig.resolve()
    rig.start()
    await rig.feeder.feed()
    told = await rig.source.happenings(before, 10)
    assert ([msgspec.json.decode(item.alert)["state"] for item in told.items], told.has_gap) == (["resolved"], False)


async def test_while_the_monitor_does_not_come_up_who_begins_is_let_in_and_who_goes_on_comes_again(rig: Rig) -> None:
    await rig.fire()
    known = (await rig.source.happenings(None, 0)).position
    rig.start("lost before")
    await rig.feeder.feed()
    begun = (await rig.source.happenings(None, 0)).position
    assert (await rig.source.happenings(begun, 10)).items == []
    with pytest.raises(Wait):
        await rig.source.happenings(known, 10)
    await rig.feeder.feed()
    assert (await rig.source.happenings(begun, 10)).position == known


async def test_a_monitor_that_goes_away_later_is_not_asked_while_nothing_changes(rig: Rig) -> None:
    await rig.fire()
    position = (await rig.source.happenings(None, 0)).position
    rig.link.faults.append("lost before")
    await rig.feeder.feed()
    assert (await rig.source.happenings(None, 0)).position == position
    assert (await rig.source.happenings(position, 10)).position == position


class Damaged:
    async def position(self) -> int | None:
        return 0

    async def happenings(self, after: int | None, limit: int) -> Changes:
        message = "monitor.db is damaged."
        raise JournalDamaged(message)


async def test_a_damaged_monitor_does_not_stop_the_stream() -> None:
    told = await MonitorSource(Damaged()).happenings((4, 0), 10)
    assert (told.items, told.position) == ([], Position(4, 0))
