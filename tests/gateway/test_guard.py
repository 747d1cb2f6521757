"""What the guard does about a client whose shard is silent, and about a Ray that is gone."""

import asyncio
from pathlib import Path

import pytest

from actors.client import Client
from actors.link import LinkLost
from actors.local import LocalShardLink, LocalStoreLink
from actors.ports import PersisterStats, ShardStats
from actors.ticker import Ticker
from engine.config import Config, Engine, Journal
from engine.errors import JournalDamaged
from gateway.guard import EXIT_ABSENT, MAX_ABSENCE_MS, Guard
from persistence.disk import Disk

CONFIG = Config(engine=Engine(call_timeout_ms=10, hang_ms=30, tick_ms=MAX_ABSENCE_MS // 3))


class HangingLink(LocalShardLink):
    def __init__(self) -> None:
        pass

    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        await asyncio.Event().wait()
        raise AssertionError


class LostLink(HangingLink):
    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        raise LinkLost


class AnsweringLink(HangingLink):
    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        return ShardStats(0)


class DamagedLink(HangingLink):
    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        message = "frame 7 does not match its checksum"
        raise JournalDamaged(message)


class DyingLink(AnsweringLink):
    """The second tick meets what nobody foresaw."""

    def __init__(self) -> None:
        self.is_first = True

    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        if not self.is_first:
            raise ZeroDivisionError
        self.is_first = False
        return ShardStats(0)


class NoStore(LocalStoreLink):
    def __init__(self) -> None:
        pass

    async def sinks(self) -> list[PersisterStats]:
        raise LinkLost


class Node:
    """A node of which nothing is real but what it is told to say."""

    def __init__(self) -> None:
        self.died: list[str] = []
        self.killed: list[int] = []

    def dead(self) -> list[str]:
        return self.died

    def kill_shard(self, number: int) -> None:
        self.killed.append(number)


class Full(Disk):
    def is_full(self) -> bool:
        return True


class World:
    def __init__(self, *links: HangingLink, disk: Disk | None = None) -> None:
        self.node = Node()
        self.ends: list[int] = []
        self.client = Client(shards=links, store=NoStore(), config=CONFIG, now_ms=lambda: 0, disk=disk)
        self.stops: list[str] = []
        self.ticker = Ticker(self.client, tick_ms=1)
        self.guard = Guard(self.client, self.node, self.ticker, lambda: self.stops.append("stop"), self.ends.append)

    async def ticks(self, count: int) -> None:
        for _ in range(count):
            await self.client.tick()
            self.guard.look()


async def test_a_shard_that_answers_no_tick_for_so_long_is_killed_and_its_neighbour_is_not() -> None:
    world = World(AnsweringLink(), HangingLink())
    await world.ticks(2)
    assert world.node.killed == []
    await world.ticks(1)
    assert world.node.killed == [1]


async def test_it_is_killed_again_only_when_it_has_hung_as_long_once_more() -> None:
    world = World(HangingLink())
    await world.ticks(5)
    assert world.node.killed == [0]
    await world.ticks(1)
    assert world.node.killed == [0, 0]


async def test_a_shard_that_is_not_there_is_left_to_ray_until_it_stays_away() -> None:
    world = World(LostLink())
    await world.ticks(2)
    assert world.ends == []
    await world.ticks(1)
    assert (world.ends, world.node.killed) == ([EXIT_ABSENT], [])


async def test_on_a_full_disk_shards_wait_for_room_and_are_waited_for(tmp_path: Path) -> None:
    world = World(LostLink(), HangingLink(), disk=Full(tmp_path, Journal()))
    await world.ticks(6)
    assert (world.ends, world.node.killed) == ([], [])


@pytest.mark.parametrize("process", ["raylet", "gcs_server"])
async def test_without_ray_everything_is_started_anew(process: str) -> None:
    world = World(AnsweringLink())
    await world.ticks(1)
    assert world.ends == []
    world.node.died = [process]
    await world.ticks(1)
    assert world.ends == [EXIT_ABSENT]


async def test_damage_stops_the_server_in_order() -> None:
    world = World(AnsweringLink(), DamagedLink())
    assert world.stops == []
    await world.ticks(1)
    assert (world.stops, world.ends, world.node.killed) == (["stop"], [], [])


async def test_without_ticks_everything_is_started_anew() -> None:
    world = World(DyingLink())
    await world.ticker.start()
    world.guard.look()
    assert world.ends == []
    while not world.ticker.has_stopped():
        await asyncio.sleep(0)
    world.guard.look()
    assert world.ends == [EXIT_ABSENT]
    await world.ticker.stop()
