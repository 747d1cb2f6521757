import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.parcel import Parcel, deliver, parcels, payload, refuse
from engine.config import Engine
from engine.errors import Wait
from engine.wire import BadRow, Batch, Click, Control, Event, Reply, decode_batch, encode
from tests.builders import event

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
EVENTS = st.builds(
    Event,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    TEXTS,
    st.integers(0, 2**53),
    payload=TEXTS,
    click=st.none() | st.builds(Click, st.none() | st.integers(-(2**31), 2**31)),
)
CONTROLS = st.builds(Control, st.sampled_from(["open", "close"]), TEXTS, TEXTS)
BAD_ROWS = st.builds(BadRow, TEXTS, st.integers(0, 2**53), TEXTS, TEXTS, st.binary(max_size=50))
REQUESTS = st.tuples(st.lists(EVENTS, max_size=20), st.lists(CONTROLS, max_size=3), st.lists(BAD_ROWS, max_size=3))


def boxed(
    events: Sequence[Event],
    controls: Sequence[Control] = (),
    bad_rows: Sequence[BadRow] = (),
    limits: Engine | None = None,
) -> list[Parcel]:
    return list(parcels(events, controls, bad_rows, limits=limits or Engine(), loop=asyncio.get_running_loop()))


def packed(*requests: tuple[list[Event], list[Control], list[BadRow]], limits: Engine | None = None) -> list[Parcel]:
    async def pack() -> list[Parcel]:
        return [parcel for request in requests for parcel in boxed(*request, limits=limits)]

    return asyncio.run(pack())


@settings(deadline=None)
@given(st.lists(REQUESTS, max_size=4), TEXTS, st.integers(0, 2**63), st.integers(0, 2**63))
def test_a_payload_is_the_batch_of_all_its_parcels(
    requests: list[tuple[list[Event], list[Control], list[BadRow]]], gateway: str, number: int, received_ms: int
) -> None:
    lists = [[one for request in requests for one in request[part]] for part in range(3)]
    expected = Batch(gateway, number, received_ms, *lists)  # type: ignore[arg-type, type-var]
    assert decode_batch(payload(gateway, number, received_ms, packed(*requests))) == expected


@pytest.mark.parametrize("count", [0, 1, 15, 16, 17, 65_535, 65_536])
def test_any_number_of_events_fits(count: int) -> None:
    events = [event(at=number) for number in range(count)]
    load = packed((events, [], []), limits=Engine(max_call_events=100_000, max_call_bytes=100_000_000))
    assert len(load) == 1
    assert decode_batch(payload("g", 1, 2, load)) == Batch("g", 1, 2, events)


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=40), st.integers(1, 8), st.integers(20, 400))
def test_parcels_keep_the_order_and_the_bounds(events: list[Event], max_events: int, max_bytes: int) -> None:
    load = packed((events, [], []), limits=Engine(max_call_events=max_events, max_call_bytes=max_bytes))
    assert decode_batch(payload("g", 1, 2, load)).events == events
    assert sum(parcel.events for parcel in load) == len(events)
    assert all(parcel.events <= max_events for parcel in load)
    assert all(len(parcel.items) <= max_bytes for parcel in load if parcel.events > 1)


def test_a_payload_is_no_larger_than_the_batch_and_a_few_bytes() -> None:
    events = [event(at=number) for number in range(300)]
    plain = encode(Batch("g", 1, 2, events))
    assert len(payload("g", 1, 2, packed((events, [], [])))) <= len(plain) + 4


async def test_each_parcel_gets_its_part_of_the_answer() -> None:
    control = Control("open", "p", "s")
    load = [*boxed([event(), event(at=1)], [control]), *boxed([event(at=2)], [control])]
    deliver(load, Reply(b"\0\1\2", b"\1\0"))
    assert [await parcel.reply for parcel in load] == [Reply(b"\0\1", b"\1"), Reply(b"\2", b"\0")]


async def test_a_parcel_nobody_waits_for_is_left_alone() -> None:
    [gone, waiting] = [*boxed([event()]), *boxed([event(at=1)])]
    gone.reply.cancel()
    deliver([gone, waiting], Reply(b"\0\1"))
    refuse([gone], Wait("no"))
    assert await waiting.reply == Reply(b"\1")
