import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from actors.pipe import ShardPipe
from engine.config import Engine
from engine.errors import Wait
from engine.wire import ACCEPTED, DUPLICATE, BadRow, Event, Reply
from tests.actors.links import Fault, FaultyLink
from tests.actors.shard_rig import ShardRig
from tests.builders import T0, event, opened

LIMITS = Engine(linger_ms=1, call_timeout_ms=50, hold_ms=5_000, max_call_events=10)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[ShardRig]:
    made = ShardRig(tmp_path)
    yield made
    made.close()


@asynccontextmanager
async def piped(link: FaultyLink, limits: Engine = LIMITS) -> AsyncIterator[ShardPipe]:
    pipe = ShardPipe(link, limits, lambda: T0)
    yield pipe
    await pipe.close()


def events(first: int, count: int) -> list[Event]:
    return [event(at=number) for number in range(first, first + count)]


def accepted(count: int) -> Reply:
    return Reply(bytes([ACCEPTED] * count))


def folded(rig: ShardRig) -> tuple[int, int]:
    """(events, duplicates) of the session."""
    summary = rig.session()
    return (0, 0) if summary is None else (summary.event_count, summary.events_duplicate)


async def in_line(link: FaultyLink, calls: int) -> None:
    """Until so many calls were made."""
    while len(link.calls) < calls:
        await asyncio.sleep(0)


# -- the plain way ----------------------------------------------------------------------------------------------------


async def test_a_request_is_answered_with_its_own_part(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    async with piped(link) as pipe:
        first = pipe.send(events(0, 2), [opened("s9")])
        second = pipe.send([*events(1, 1), *events(2, 1)])
        third = pipe.send([])
        replies = await asyncio.gather(first, second, third)
    assert list(replies) == [Reply(bytes(2), b"\1"), Reply(bytes([DUPLICATE, ACCEPTED])), Reply(b"")]


async def test_bad_rows_travel_once(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    row = BadRow("default", T0, "invalid_event", "`event_type` is missing.", b"{}")
    async with piped(link) as pipe:
        await pipe.send(events(0, 25), (), [row])
    assert [batch.bad_rows for batch in link.calls] == [[row], [], []]


async def test_requests_made_while_a_call_is_in_flight_travel_together(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    async with piped(link) as pipe:
        sends = [asyncio.create_task(pipe.send(events(number, 1))) for number in range(8)]
        await in_line(link, 2)
        link.gate.set()
        assert await asyncio.gather(*sends) == [accepted(1)] * 8
    assert link.sizes() == [1, 7]


async def test_a_full_call_does_not_wait_for_company(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    async with piped(link, Engine(linger_ms=60_000, max_call_events=10)) as pipe:
        sends = [asyncio.create_task(pipe.send(events(number * 5, 5))) for number in range(3)]
        await in_line(link, 2)
        link.gate.set()
        await asyncio.gather(*sends)
    assert link.sizes() == [5, 10]


async def test_no_more_calls_are_in_flight_than_allowed(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    async with piped(link) as pipe:
        sent = asyncio.create_task(pipe.send(events(0, 60)))
        await in_line(link, LIMITS.max_calls_in_flight)
        await asyncio.sleep(0)
        assert len(link.calls) == LIMITS.max_calls_in_flight
        link.gate.set()
        assert await sent == accepted(60)


async def test_a_large_request_is_split_and_answered_in_its_order(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    many = [*events(0, 30), *events(5, 1), *events(30, 4)]
    async with piped(link) as pipe:
        reply = await pipe.send(many)
    assert reply.statuses == bytes([*[ACCEPTED] * 30, DUPLICATE, *[ACCEPTED] * 4])
    assert max(link.sizes()) <= 10
    assert [e.event_id for batch in link.calls for e in batch.events] == [e.event_id for e in many]


async def test_a_call_stays_below_the_bytes_that_travel_fast(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    many = [event(at=number, payload="x" * 30_000) for number in range(7)]
    async with piped(link, Engine(max_call_bytes=90_000)) as pipe:
        assert await pipe.send(many) == accepted(7)
    assert max(link.sizes()) <= 2


async def test_one_event_larger_than_a_call_travels_alone(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    async with piped(link) as pipe:
        assert await pipe.send([event(payload="x" * 500_000), *events(1, 2)]) == accepted(3)
    assert link.sizes()[0] == 1


# -- lost answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lost before", "lost after", "hang before", "hang after"])
async def test_a_call_without_an_answer_is_sent_again_and_folded_once(rig: ShardRig, fault: Fault) -> None:
    link = FaultyLink(rig.shard, fault)
    async with piped(link) as pipe:
        assert await pipe.send(events(0, 3)) == accepted(3)
    assert folded(rig) == (3, 0)
    assert [batch.number for batch in link.calls] == [1, 1]


@pytest.mark.parametrize("fault", ["lost before", "lost after", "hang before", "hang after"])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
async def test_order_and_answers_survive_a_loss_in_the_middle(rig: ShardRig, fault: Fault, place: int) -> None:
    faults: list[Fault] = [""] * 4
    faults[place] = fault
    link = FaultyLink(rig.shard, *faults)
    async with piped(link) as pipe:
        assert await asyncio.gather(*(pipe.send(events(number * 10, 10)) for number in range(6))) == [accepted(10)] * 6
    assert folded(rig) == (60, 0)
    rig.read()
    assert [frame.kind for frame in rig.frames] == ["start", *["batch"] * 6]


async def test_what_comes_during_a_recovery_waits_for_its_end(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard, "lost after", "lost after")
    async with piped(link) as pipe:
        first = asyncio.create_task(pipe.send(events(0, 1)))
        await in_line(link, 2)
        assert await pipe.send(events(1, 1)) == accepted(1)
        assert await first == accepted(1)
    assert [batch.number for batch in link.calls] == [1, 1, 1, 2]


async def test_a_shard_that_restarts_in_between_still_folds_once(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard, "lost after")
    link.gate.clear()
    async with piped(link) as pipe:
        sent = asyncio.create_task(pipe.send(events(0, 3)))
        link.gate.set()
        await in_line(link, 1)
        rig.crash()
        link._shard = rig.shard
        assert await sent == accepted(3)
    assert folded(rig) == (3, 0)


# -- refusals ---------------------------------------------------------------------------------------------------------


async def test_a_refused_request_gets_the_reason_and_later_ones_work(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard, "refuse", "refuse")
    async with piped(link) as pipe:
        with pytest.raises(Wait, match="disk is full"):
            await pipe.send(events(0, 1))
        assert await pipe.send(events(1, 1)) == accepted(1)
    assert folded(rig) == (1, 0)


async def test_calls_behind_a_refused_one_are_numbered_anew(rig: ShardRig) -> None:
    """The shard never took the refused number, so it refuses the next one as a gap."""
    link = FaultyLink(rig.shard, "refuse", "", "", "refuse")
    async with piped(link) as pipe:
        replies = await asyncio.gather(*(pipe.send(events(n * 10, 10)) for n in range(5)), return_exceptions=True)
    assert isinstance(replies[0], Wait)
    assert replies[1:] == [accepted(10)] * 4
    assert folded(rig) == (40, 0)
    assert len({batch.gateway for batch in link.calls}) == 2


async def test_a_large_request_that_is_refused_in_part_is_refused(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard, "", "refuse", "", "refuse")
    async with piped(link) as pipe:
        with pytest.raises(Wait):
            await pipe.send(events(0, 30))
        again = await pipe.send(events(0, 30))
    assert set(again.statuses) <= {ACCEPTED, DUPLICATE}
    assert folded(rig)[0] == 30


async def test_beyond_its_bound_a_pipe_takes_nothing_more(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    async with piped(link, Engine(max_pending_events=10, call_timeout_ms=60_000)) as pipe:
        waiting = asyncio.create_task(pipe.send(events(0, 10)))
        await in_line(link, 1)
        with pytest.raises(Wait, match=r"10 events of .* bytes wait"):
            await pipe.send(events(10, 1))
        link.gate.set()
        assert await waiting == accepted(10)
        assert await pipe.send(events(10, 1)) == accepted(1)
        assert pipe.room.events == 0


async def test_beyond_its_bound_in_bytes_a_pipe_takes_nothing_more(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    async with piped(link, Engine(max_pending_bytes=1_000_000, call_timeout_ms=60_000)) as pipe:
        waiting = asyncio.create_task(pipe.send([event(at=1, payload="x" * 900_000)]))
        await in_line(link, 1)
        with pytest.raises(Wait, match=r"1 events of 900... bytes wait"):
            await pipe.send([event(at=2, payload="x" * 100_000)])
        assert pipe.room.is_full
        link.gate.set()
        assert await waiting == accepted(1)
        assert not pipe.room.is_full
        assert await pipe.send([event(at=2, payload="x" * 2_000_000)]) == accepted(1)
        assert (pipe.room.events, pipe.room.bytes) == (0, 0)


async def test_one_request_larger_than_the_bound_is_taken_when_nothing_waits(rig: ShardRig) -> None:
    async with piped(FaultyLink(rig.shard), Engine(max_pending_events=10)) as pipe:
        assert await pipe.send(events(0, 50)) == accepted(50)


# -- giving up --------------------------------------------------------------------------------------------------------


async def test_while_the_shard_is_away_requests_end_in_time_and_leave_nothing_behind(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    limits = Engine(hold_ms=20, call_timeout_ms=60_000, max_calls_in_flight=1)
    async with piped(link, limits) as pipe:
        for number in range(5):
            with pytest.raises(Wait, match="did not answer within 20 ms"):
                await pipe.send(events(number, 1))
        assert (pipe.room.events, pipe.room.bytes, len(pipe._waiting)) == (0, 0, 0)
        link.gate.set()
        assert await pipe.send(events(9, 1)) == accepted(1)
    assert link.sizes() == [1, 1]


async def test_a_request_that_is_cancelled_is_not_sent_later(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    async with piped(link, Engine(max_calls_in_flight=1)) as pipe:
        first = asyncio.create_task(pipe.send(events(0, 1)))
        await in_line(link, 1)
        gone = asyncio.create_task(pipe.send(events(1, 1)))
        await asyncio.sleep(0)
        gone.cancel()
        link.gate.set()
        assert await first == accepted(1)
        assert await pipe.send(events(2, 1)) == accepted(1)
    assert folded(rig) == (2, 0)


async def test_closing_answers_everybody(rig: ShardRig) -> None:
    link = FaultyLink(rig.shard)
    link.gate.clear()
    async with piped(link, Engine(max_calls_in_flight=1)) as pipe:
        sends = [asyncio.create_task(pipe.send(events(number, 1))) for number in range(3)]
        await in_line(link, 1)
    replies = await asyncio.gather(*sends, return_exceptions=True)
    assert [isinstance(reply, Wait) and reply.code for reply in replies] == ["stopping"] * 3
