"""One book of rules in all shards, whoever is away meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.client import Client
from actors.link import LinkLost
from actors.local import LocalShardLink
from actors.ports import ShardStats
from actors.shard import Shard
from engine.book import decode_book
from engine.errors import ClientError, Wait
from tests.actors.test_client import World

FOUR = {"rage_click": {"min_clicks": 4}}
FIVE = {"rage_click": {"min_clicks": 5}}


class AwayLink(LocalShardLink):
    """`away_after`: so many of its calls about rules are answered before it goes away; None = it stays."""

    def __init__(self, shard: Shard, away_after: int | None = None) -> None:
        super().__init__(shard)
        self.away_after = away_after

    def _call(self) -> None:
        if self.away_after == 0:
            raise LinkLost
        if self.away_after is not None:
            self.away_after -= 1

    async def rules(self) -> bytes:
        self._call()
        return await super().rules()

    async def configure(self, book: bytes, now_ms: int) -> int:
        self._call()
        return await super().configure(book, now_ms)

    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        if self.away_after == 0:
            raise LinkLost
        return await super().tick(now_ms, sinks_done_seq)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def counts(world: World) -> list[tuple[int, object]]:
    books = [decode_book(shard.rules()) for shard in world.shards]
    return [(book.version, book.page("default").own.get("rage_click", {}).get("min_clicks")) for book in books]


async def settle(client: Client) -> None:
    """Two ticks: the one that sees the difference, and what it began."""
    await client.tick()
    for _ in range(20):
        await asyncio.sleep(0)


async def test_all_shards_have_the_same_version_when_it_is_answered(world: World) -> None:
    book = await world.client.configure("default", FOUR, None)
    assert counts(world) == [(2, 4)] * 3
    assert await world.client.rules() == book


async def test_the_same_again_is_harmless_and_no_new_version(world: World) -> None:
    await world.client.configure("default", FOUR, 1)
    assert (await world.client.configure("default", FOUR, 1)).version == 2
    assert counts(world) == [(2, 4)] * 3


async def test_a_version_that_is_not_in_force_is_a_conflict(world: World) -> None:
    await world.client.configure("default", FOUR, 1)
    with pytest.raises(ClientError, match="`version` is 1, but the rules in force are version 2") as refused:
        await world.client.configure("default", FIVE, 1)
    assert (refused.value.status, refused.value.code) == (409, "rules_changed")
    await world.client.configure("default", FIVE, 2)
    assert counts(world) == [(3, 5)] * 3


@pytest.mark.parametrize("away", range(3))
async def test_while_a_shard_is_away_it_is_503_and_once_more_is_enough_when_it_is_back(world: World, away: int) -> None:
    links = [AwayLink(shard) for shard in world.shards]
    client = world.client_over([*links])
    links[away].away_after = 1  # it answers what it has, and is gone when the new book comes
    with pytest.raises(Wait):
        await client.configure("default", FOUR, 1)
    links[away].away_after = None
    await client.configure("default", FOUR, 1)
    assert counts(world) == [(2, 4)] * 3
    await client.close()


async def test_a_shard_that_was_away_gets_the_rules_when_it_is_back(world: World) -> None:
    links = [AwayLink(shard) for shard in world.shards]
    client = world.client_over([*links])
    links[2].away_after = 1
    with pytest.raises(Wait):
        await client.configure("default", FOUR, None)
    assert counts(world) == [(2, 4), (2, 4), (1, None)]
    await settle(client)
    assert counts(world)[2] == (1, None)
    links[2].away_after = None
    await settle(client)
    assert counts(world) == [(2, 4)] * 3
    await client.close()


async def test_of_two_who_change_the_rules_at_once_one_is_told_to_look_again(world: World) -> None:
    """Two gateways: both begin with version 1."""
    clients = [world.client_over(world.links) for _ in range(2)]
    asked = [client.configure("default", own, None) for client, own in zip(clients, (FOUR, FIVE), strict=True)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    lost = [outcome for outcome in outcomes if isinstance(outcome, ClientError)]
    assert len(set(counts(world))) == 1
    assert len(lost) == 1
    assert lost[0].status == 409


async def test_two_changes_of_one_gateway_come_one_after_the_other(world: World) -> None:
    await asyncio.gather(*(world.client.configure("default", own, None) for own in (FOUR, FIVE)))
    assert counts(world) == [(3, 5)] * 3


async def test_a_wrong_value_reaches_no_shard(world: World) -> None:
    with pytest.raises(ClientError, match=r"`detectors\.rage_click\.min_clicks` is 1;"):
        await world.client.configure("default", {"rage_click": {"min_clicks": 1}}, None)
    assert counts(world) == [(1, None)] * 3
