"""Counts reach the monitor once, whoever is away; its alerts reach the store; nobody waits for either."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.feeder import Feeder
from actors.monitor import Monitor
from engine.config import Engine
from engine.errors import Wait
from persistence.alert_rows import Changes
from persistence.monitor_store import MonitorStore
from tests.actors.feeding import AWAY, FakeShard, FakeStore, Fault, FaultyMonitorLink, counted
from tests.alerting import many_events
from tests.builders import T0

NOW_MS = T0 + 10_000


@pytest.fixture
def monitor(tmp_path: Path) -> Iterator[Monitor]:
    monitor = Monitor(store=MonitorStore(tmp_path), rules=[many_events()], couriers=[], clock=lambda: NOW_MS)
    yield monitor
    monitor.close()


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


Make = Callable[..., tuple[Feeder, FaultyMonitorLink]]


@pytest.fixture
def make(monitor: Monitor, store: FakeStore) -> Make:
    def make(*shards: FakeShard, faults: tuple[Fault, ...] = ()) -> tuple[Feeder, FaultyMonitorLink]:
        link = FaultyMonitorLink(monitor, *faults)
        limits = Engine(call_timeout_ms=50, hang_ms=100)
        feeder = Feeder(shards=shards, store=store, monitor=link, limits=limits, now_ms=lambda: NOW_MS)  # type: ignore[arg-type]
        return feeder, link

    return make


def firing(feeder: Feeder) -> int:
    return feeder.monitor_health().stats.firing


async def test_what_was_taken_is_acked_in_the_next_round(make: Make) -> None:
    shard = FakeShard(counted(4, after=0, upto=3))
    feeder, _ = make(shard)
    await feeder.feed()
    await feeder.feed()
    assert (shard.acked, shard.waiting) == ([0, 3], [])
    health = feeder.monitor_health()
    assert (health.is_on, health.error, health.lag_ms) == (True, "", 0)


async def test_an_answer_that_is_lost_counts_nothing_twice(make: Make) -> None:
    shard = FakeShard(counted(4, after=0, upto=3))
    feeder, _ = make(shard, faults=("lost after",))
    await feeder.feed()
    assert "does not answer" in feeder.monitor_health().error
    await feeder.feed()
    assert (shard.acked, firing(feeder)) == ([0, 0], 0)
    shard.waiting.append(counted(4, after=3, upto=5))
    await feeder.feed()
    assert firing(feeder) == 1


async def test_while_the_monitor_is_away_the_counts_wait_and_health_says_how_long(make: Make) -> None:
    shard = FakeShard(counted(4, after=0, upto=3, at=2_000), counted(4, after=3, upto=4, at=3_000))
    feeder, _ = make(shard, faults=("lost before", "lost before"))
    await feeder.feed()
    await feeder.feed()
    assert (feeder.monitor_health().lag_ms, len(shard.waiting)) == (8_000, 2)
    await feeder.feed()
    assert (feeder.monitor_health().lag_ms, feeder.monitor_health().error, firing(feeder)) == (0, "", 1)


async def test_a_shard_that_is_away_holds_up_no_other(make: Make) -> None:
    lost, there = FakeShard(counted(9, after=0, upto=1, journal="j1")), FakeShard(counted(9, after=0, upto=1))
    lost.is_lost = True
    feeder, _ = make(lost, there)
    await feeder.feed()
    assert firing(feeder) == 1


async def test_a_backlog_is_taken_without_pauses(make: Make) -> None:
    shard = FakeShard(*(counted(1, after=n, upto=n + 1) for n in range(6)), page=2)
    feeder, _ = make(shard)
    rounds = 1
    while await feeder.feed():
        rounds += 1
    assert (rounds, firing(feeder)) == (4, 1)


async def test_alerts_reach_the_store_when_it_is_there(make: Make, store: FakeStore) -> None:
    feeder, _ = make(FakeShard(counted(9, after=0, upto=1)))
    await feeder.feed()
    store.error = AWAY
    await feeder.store()
    assert feeder.monitor_health().store_error == AWAY.message
    store.error = None
    await feeder.store()
    await feeder.store()
    assert ([version for _, version in store.got], feeder.monitor_health().store_error) == ([1], "")


async def test_a_question_to_a_monitor_that_is_away_is_answered_with_wait(make: Make) -> None:
    feeder, _ = make(FakeShard(), faults=("lost before",))
    with pytest.raises(Wait):
        await feeder.alert("default", "a1")


async def test_the_first_health_says_that_nothing_is_known_yet(make: Make) -> None:
    feeder, _ = make(FakeShard())
    assert feeder.monitor_health().error == "The monitor has not answered yet."


async def test_an_error_that_nobody_foresaw_ends_the_feed_and_health_says_so(make: Make) -> None:
    shard = FakeShard(counted(9, after=0, upto=1))
    shard.waiting = None  # type: ignore[assignment]
    feeder, _ = make(shard)
    feeder.start()
    while not feeder.monitor_health().error.startswith("The monitor is fed no more"):
        await asyncio.sleep(0)
    await feeder.stop()


async def test_changes_of_alerts_are_told_in_order(make: Make) -> None:
    feeder, _ = make(FakeShard(counted(9, after=0, upto=1)))
    await feeder.feed()
    told = await feeder.happenings(0, 10)
    assert [change.alert.state for change in told.items] == ["firing"]
    assert await feeder.happenings(told.position, 10) == Changes(told.position)


async def test_a_monitor_that_hangs_is_killed(make: Make) -> None:
    feeder, link = make(FakeShard(), faults=("hang", "hang", "hang"))
    await feeder.feed()
    assert link.kills == 0
    await feeder.feed()
    await feeder.feed()
    assert link.kills == 1
