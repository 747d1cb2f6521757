"""The client over three real shards and a store, all in this process."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.client import Client
from actors.link import LinkLost
from actors.local import LocalShardLink, LocalStoreLink
from actors.ports import PersisterStats, ShardStats
from actors.shard import Shard
from actors.storekeeper import StoreKeeper
from engine.config import ClickHouse, Config, Engine
from engine.errors import JournalDamaged, Wait
from engine.wire import ACCEPTED, DUPLICATE, BadRow, Control, Event
from persistence.disk import Disk
from persistence.journal import Journal
from persistence.memory import MemoryStore
from persistence.plan import Plan
from persistence.ports import EventStats, SessionFilter, StatsFilter
from tests.builders import T0

SHARDS = 3
CONFIG = Config(engine=Engine(call_timeout_ms=500), clickhouse=ClickHouse(flush_interval_ms=1))
ALL = SessionFilter("default", limit=1000)


class World:
    """`now_ms` moves by hand."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = T0
        folders = [folder / str(number) for number in range(SHARDS)]
        self.shards = [
            Shard(number=number, journal=Journal(place), config=CONFIG, now_ms=T0, free_disk_percent=lambda: 50.0)
            for number, place in enumerate(folders)
        ]
        self.keeper = StoreKeeper(
            store=MemoryStore(),
            plan=Plan(folder / "sinks.db"),
            journals=folders,
            config=CONFIG,
            clock=lambda: self.now_ms,
        )
        self.links = [LocalShardLink(shard) for shard in self.shards]
        self.client = self.client_over(self.links)

    def client_over(self, links: list[LocalShardLink]) -> Client:
        store = LocalStoreLink(self.keeper)
        return Client(shards=links, store=store, config=CONFIG, now_ms=lambda: self.now_ms)

    def close(self) -> None:
        self.keeper.close(5_000)
        for shard in self.shards:
            shard.close()


class SilentLink(LocalShardLink):
    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        raise LinkLost


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def page_view(session_id: str, event_id: str, at_ms: int = T0) -> Event:
    return Event("default", event_id, session_id, "u1", "page_view", at_ms)


async def test_every_event_goes_to_the_shard_of_its_session_and_the_answers_keep_the_order(world: World) -> None:
    events = [page_view(f"s{number}", f"e{number}") for number in range(60)]
    await world.client.ingest(events[::2])
    reply = await world.client.ingest(events)
    assert list(reply.statuses) == [DUPLICATE, ACCEPTED] * 30
    lives = [len(shard.sessions(ALL)) for shard in world.shards]
    assert sum(lives) == 60
    assert all(lives)


async def test_an_event_without_a_session_id_is_found_by_the_id_its_session_got(world: World) -> None:
    await world.client.ingest([Event("default", f"e{n}", "", f"u{n}", "page_view", T0) for n in range(30)])
    for session in await world.client.sessions(ALL):
        assert await world.client.session("default", session.session_id, None) == session


async def test_controls_and_bad_rows_travel_with_events_and_are_answered_in_order(world: World) -> None:
    opens = [Control("open", "default", f"s{number}") for number in range(10)]
    await world.client.ingest([], controls=opens[::2])
    closes = [Control("close", "default", f"s{number}") for number in range(10)]
    bad = BadRow("default", T0, "invalid_event", "`event_type` is missing.", b"{}")
    reply = await world.client.ingest([page_view("s100", "e1")], controls=closes, bad_rows=[bad])
    assert list(reply.controls) == [1, 0] * 5
    assert list(reply.statuses) == [ACCEPTED]


async def test_a_list_is_one_page_of_all_shards_newest_first_and_goes_on_where_it_ended(world: World) -> None:
    await world.client.ingest([page_view(f"s{number:03}", f"e{number}", T0 + number) for number in range(250)])
    found = await world.client.sessions(SessionFilter("default", limit=240))
    assert [s.session_id for s in found] == [f"s{number:03}" for number in range(249, 9, -1)]
    last = found[-1]
    rest = SessionFilter("default", limit=240, before=(last.started_ms, last.session_id, last.generation))
    assert [s.session_id for s in await world.client.sessions(rest)] == [f"s{n:03}" for n in range(9, -1, -1)]


async def test_a_session_that_ended_is_listed_once_before_and_after_the_store_has_it(world: World) -> None:
    await world.client.ingest([page_view("s1", "e1")])
    await world.client.ingest([], controls=[Control("close", "default", "s1")])
    assert [s.state for s in await world.client.sessions(ALL)] == ["ended"]
    world.now_ms += 10
    world.keeper.close(5_000)
    assert [s.state for s in await world.client.sessions(ALL)] == ["ended"]


async def test_a_sweep_reaches_every_shard(world: World) -> None:
    old = T0 - 86_400_000
    history = [Event("default", f"e{n}", f"s{n}", "", "page_view", old, 4) for n in range(2_000)]
    await world.client.ingest(history)
    assert await world.client.sweep("default") == 2_000
    assert {session.state for session in await world.client.sessions(ALL)} == {"ended"}


async def test_health_shows_a_shard_that_does_not_answer_and_how_long(world: World) -> None:
    client = world.client_over([SilentLink(world.shards[0]), *world.links[1:]])
    for _ in range(4):
        await client.tick()
    await client.ask_store()
    health = client.health()
    assert [stats is None for stats in health.shards] == [True, False, False]
    assert client.longest_absence_ms() == 4 * CONFIG.engine.tick_ms
    assert health.store_ok


class GatedLink(LocalShardLink):
    """Answers when the gate is open; `refuses` = a call is refused then."""

    def __init__(self, shard: Shard) -> None:
        super().__init__(shard)
        self.gate = asyncio.Event()
        self.refuses = False

    async def apply(self, payload: bytes) -> bytes:
        await self.gate.wait()
        if self.refuses:
            message = "The disk is full."
            raise Wait(message, "disk_full", 5000)
        return await super().apply(payload)


async def test_a_request_refused_in_part_is_answered_when_all_of_it_is_settled_and_can_be_sent_again(
    world: World,
) -> None:
    links = [GatedLink(shard) for shard in world.shards]
    client = world.client_over([*links])
    links[0].refuses = True
    links[0].gate.set()
    events = [page_view(f"s{number}", f"e{number}") for number in range(60)]
    asked = asyncio.create_task(client.ingest(events))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not asked.done()
    for link in links[1:]:
        link.gate.set()
    with pytest.raises(Wait, match=r"disk is full\. A part of the request was taken") as caught:
        await asked
    assert (caught.value.code, caught.value.retry_after_ms, client.pending_events()) == ("disk_full", 5000, 0)
    links[0].refuses = False
    again = (await client.ingest(events)).statuses
    assert set(again) == {ACCEPTED, DUPLICATE}
    assert sum(session.event_count for session in await client.sessions(ALL)) == 60


async def test_a_request_of_which_a_part_has_no_room_is_refused_whole(world: World) -> None:
    client = world.client_over([*world.links])
    full = client._pipes[0].room
    full.enter(10_000, 0)
    with pytest.raises(Wait):
        full.enter(1, 0)
    events = [page_view(f"s{number}", f"e{number}") for number in range(60)]
    with pytest.raises(Wait, match="10000 events of 0 bytes wait"):
        await client.ingest(events)
    assert await client.sessions(ALL) == []
    client.require_room()  # what belongs to another shard is taken


async def test_when_every_shard_is_full_it_is_told_before_a_body_is_read(world: World) -> None:
    client = world.client_over([*world.links])
    for pipe in client._pipes:
        pipe.room.enter(10_000, 0)
        with pytest.raises(Wait):
            pipe.room.enter(1, 0)
    with pytest.raises(Wait) as caught:
        client.require_room()
    assert (caught.value.status, caught.value.code) == (503, "overloaded")
    client._pipes[1].room.leave(3_000, 0)
    client.require_room()


async def test_a_question_to_a_shard_that_is_away_is_answered_with_wait(world: World) -> None:
    class Away(LocalShardLink):
        async def session(self, *_: object) -> None:
            raise LinkLost

    client = world.client_over([Away(shard) for shard in world.shards])
    with pytest.raises(Wait):
        await client.session("default", "s1", None)


class Full(Disk):
    """Without room until `give`."""

    has_room = False

    def free_bytes(self) -> int:
        return 10**9 if self.has_room else 0

    def free_percent(self) -> float:
        return 50.0 if self.has_room else 0.0


async def test_without_room_for_a_shard_to_start_events_are_refused_at_once(world: World, tmp_path: Path) -> None:
    disk = Full(tmp_path, CONFIG.journal)
    store = LocalStoreLink(world.keeper)
    client = Client(shards=world.links, store=store, config=CONFIG, now_ms=lambda: world.now_ms, disk=disk)
    await client.tick()
    with pytest.raises(Wait, match="disk is full") as refused:
        await client.ingest([page_view("s1", "e1")])
    assert (refused.value.code, client.health().free_disk_percent) == ("disk_full", 0.0)
    disk.has_room = True
    await client.tick()
    await client.ingest([page_view("s1", "e1")])
    await client.close()


class AwayLink(LocalStoreLink):
    """Its process lives and says that the store does not answer; a query would hang."""

    asked = 0

    async def ping(self) -> None:
        message = "ClickHouse refuses connections."
        raise Wait(message, "store_unavailable")

    async def stats(self, wanted: StatsFilter) -> EventStats:
        self.asked += 1
        return await super().stats(wanted)


async def test_what_only_a_store_that_is_away_could_answer_is_refused_at_once(world: World) -> None:
    link = AwayLink(world.keeper)
    client = Client(shards=world.links, store=link, config=CONFIG, now_ms=lambda: world.now_ms)
    await client.ingest([page_view("s1", "e1")])
    await client.ask_store()
    with pytest.raises(Wait, match="refuses connections"):
        await client.stats(StatsFilter("default", 0, T0))
    with pytest.raises(Wait, match="refuses connections"):
        await client.session("default", "unknown", None)
    assert (await client.session("default", "s1", None)) is not None
    assert (client.health().store_error, link.asked) == ("ClickHouse refuses connections.", 0)


async def test_what_came_since_the_store_went_away_counts_as_lag(world: World) -> None:
    client = Client(shards=world.links, store=AwayLink(world.keeper), config=CONFIG, now_ms=lambda: world.now_ms)
    await client.ask_store()
    for number in range(5):
        await client.ingest([page_view("s1", f"e{number}")])
    await client.tick()
    health = client.health()
    last_seqs = [shard.last_seq for shard in health.shards if shard]
    done_seqs = [sink.done_seq for sink in health.sinks]
    assert [sink.lag_frames for sink in health.sinks] == [a - b for a, b in zip(last_seqs, done_seqs, strict=True)]
    assert max(sink.lag_frames for sink in health.sinks) >= 5


async def test_damage_that_a_shard_finds_is_told_from_then_on(world: World) -> None:
    class Damaged(LocalShardLink):
        async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
            message = "frame 7 does not match its checksum"
            raise JournalDamaged(message)

    client = world.client_over([Damaged(world.shards[0]), *world.links[1:]])
    assert client.damage() is None
    await client.tick()
    assert str(client.damage()) == "frame 7 does not match its checksum"
    assert [shard is None for shard in client.health().shards] == [True, False, False]


async def test_damage_that_a_persister_finds_is_told_too(world: World) -> None:
    class Damaged(LocalStoreLink):
        async def sinks(self) -> list[PersisterStats]:
            return [PersisterStats(0, "clickhouse"), PersisterStats(1, "clickhouse", damage="frame 7 is damaged")]

    client = Client(shards=world.links, store=Damaged(world.keeper), config=CONFIG, now_ms=lambda: T0)
    await client.ask_store()
    assert str(client.damage()) == "frame 7 is damaged"
