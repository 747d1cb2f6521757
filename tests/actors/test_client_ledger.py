"""The ledger through the client: of all shards and sinks, in whole minutes, sinks first."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.client import Client
from actors.local import LocalShardLink
from actors.ports import LedgerReport
from engine.errors import Wait
from engine.ledger import DAY_MS, Booked
from engine.wire import BadRow
from tests.actors.test_client import CONFIG, AwayLink, World, page_view
from tests.builders import T0

MINUTE_MS = 60_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def sums(report: LedgerReport) -> dict[tuple[str, str], int]:
    found: Counter[tuple[str, str]] = Counter()
    for one in report.booked:
        found[one.sink, one.name] += one.count
    return dict(found)


async def send(world: World, number: int, *, at_ms: int) -> None:
    world.now_ms = at_ms
    bad_rows = [BadRow("default", at_ms, "invalid_event", "", b"")]
    await world.client.ingest([page_view(f"s{n}", f"e{number}-{n}") for n in range(9)], bad_rows=bad_rows)


async def test_it_is_of_every_shard_and_of_the_minutes_that_the_range_touches(world: World) -> None:
    for minute in range(3):
        await send(world, minute, at_ms=T0 + minute * MINUTE_MS + 30_000)
    report = await world.client.ledger(None, None)
    assert {one.shard for one in report.booked} == {0, 1, 2}
    assert report.sinks == ["clickhouse"]
    assert (report.from_ms, report.to_ms) == (T0 - 31 * DAY_MS + 2 * MINUTE_MS, None)
    of_shards = {name: count for (sink, name), count in sums(report).items() if not sink}
    assert of_shards == {"received": 30, "accepted": 27, "rejected:invalid_event": 3}
    middle = await world.client.ledger(T0 + MINUTE_MS + 59_999, T0 + MINUTE_MS + 60_000)
    assert (middle.from_ms, middle.to_ms) == (T0 + MINUTE_MS, T0 + 2 * MINUTE_MS)
    assert sums(middle)["", "received"] == 10


async def test_what_is_kept_no_longer_is_not_asked_for(world: World) -> None:
    report = await world.client.ledger(0, None)
    assert report.from_ms == T0 - 31 * DAY_MS


async def test_nothing_is_stored_that_its_shard_does_not_speak_of(world: World) -> None:
    """A shard that takes an event between the two questions must not make `pending` negative."""

    class BusyLink(LocalShardLink):
        async def ledger(self, from_ms: int, to_ms: int) -> list[Booked]:
            await send(world, 7, at_ms=T0 + 5)
            return await super().ledger(from_ms, to_ms)

    await send(world, 1, at_ms=T0)
    report = await world.client_over([BusyLink(world.shards[0]), *world.links[1:]]).ledger(None, None)
    found = sums(report)
    assert found.get(("clickhouse", "stored"), 0) <= 9
    assert found["", "accepted"] >= 9


async def test_the_audit_asks_the_store_about_every_journal(world: World) -> None:
    await send(world, 1, at_ms=T0)
    world.now_ms = T0 + 5_000
    audits = await world.client.audit(None)
    assert [(one.shard, one.journal_id) for one in audits] == [
        (number, shard._journal.journal_id) for number, shard in enumerate(world.shards)
    ]
    assert all(one.audit.is_sound for one in audits)
    assert all(f"'{one.journal_id}'" in one.sql for one in audits)


async def test_an_audit_does_not_wait_for_a_store_that_is_away(world: World) -> None:
    client = Client(shards=world.links, store=AwayLink(world.keeper), config=CONFIG, now_ms=lambda: world.now_ms)
    await client.ask_store()
    with pytest.raises(Wait, match="refuses connections"):
        await client.audit(None)
