"""The live stream: what is told to whom, and where it goes on."""

import asyncio
from collections.abc import Iterator

import pytest

from engine.analysis import Anomaly
from engine.config import Live
from engine.errors import ClientError, Wait
from engine.happening import Happening, Position
from engine.ring import END
from gateway.happening_view import id_of, vector_of
from gateway.hub import Hub
from gateway.stream import Stream
from gateway.stream_filter import StreamFilter
from gateway.subscriber import MAX_EVENTS, Pending, Subscriber
from tests.gateway.fake_source import FakeSource
from tests.gateway.listening import Listener

QUICK = Live(poll_ms=1, heartbeat_ms=20_000)
RAGE = Anomaly("a1", "rage_click", "high", "Six clicks", 0, 0)


@pytest.fixture
def source() -> FakeSource:
    return FakeSource()


@pytest.fixture
def hub(source: FakeSource) -> Hub:
    return Hub([source], QUICK)


@pytest.fixture
def stream(hub: Hub) -> Iterator[Stream]:
    yield Stream(hub, QUICK)
    hub.stop()


async def test_what_happens_after_the_subscription_is_told_in_order(stream: Stream, source: FakeSource) -> None:
    source.happen("before")
    async with Listener(stream) as client:
        for name in "abc":
            source.happen(name)
        heard = [await client.next() for _ in range(3)]
    assert [one.data["session_id"] for one in heard] == ["a", "b", "c"]
    assert [(one.event, one.data["type"]) for one in heard] == [("session_start", "session_start")] * 3


async def test_who_comes_back_with_the_last_id_hears_everything_since_and_nothing_twice(
    stream: Stream, source: FakeSource
) -> None:
    async with Listener(stream) as client:
        for name in "ab":
            source.happen(name)
        last_id = (await client.next()).id
    source.happen("c")
    async with Listener(stream, last_event_id=last_id) as client:
        heard = [await client.next() for _ in range(2)]
        source.happen("d")
        heard.append(await client.next())
    assert [one.data["session_id"] for one in heard] == ["b", "c", "d"]


async def test_the_id_may_come_as_a_parameter(stream: Stream, source: FakeSource) -> None:
    source.happen("a")
    source.happen("b")
    async with Listener(stream, query={"last_event_id": "s0:1.0"}) as client:
        assert (await client.next()).data["session_id"] == "b"


async def test_each_source_goes_on_from_its_own_place(source: FakeSource) -> None:
    other = FakeSource("s1")
    hub = Hub([source, other], QUICK)
    stream = Stream(hub, QUICK)
    async with Listener(stream) as client:
        source.happen("a")
        await client.next()
        other.happen("b")
        last_id = (await client.next()).id
    source.happen("c")
    other.happen("d")
    async with Listener(stream, last_event_id=last_id) as client:
        assert {(await client.next()).data["session_id"] for _ in range(2)} == {"c", "d"}


async def test_what_is_not_kept_any_more_is_said_first() -> None:
    source = FakeSource(max_items=2)
    hub = Hub([source], QUICK)
    for name in "abcde":
        source.happen(name)
    async with Listener(Stream(hub, QUICK), last_event_id="s0:1.0") as client:
        heard = [await client.next() for _ in range(3)]
    assert [one.event for one in heard] == ["gap", "session_start", "session_start"]
    assert [one.data["session_id"] for one in heard[1:]] == ["d", "e"]
    assert hub.gaps == 1


async def test_a_filter_lets_through_what_fits_all_of_it(stream: Stream, source: FakeSource) -> None:
    query = {"type": "anomaly", "anomaly": "rage_click", "severity": "high", "path": "/pay*"}
    async with Listener(stream, query=query) as client:
        source.happen("start")
        source.happen("low", kind="anomaly", anomaly=RAGE, severity="low", page="/pay")
        source.happen("elsewhere", kind="anomaly", anomaly=RAGE, severity="high", page="/cart")
        source.happen("fits", kind="anomaly", anomaly=RAGE, severity="high", page="/pay/card")
        heard = await client.next()
    assert (heard.event, heard.data["session_id"], heard.data["anomaly"]["type"]) == ("anomaly", "fits", "rage_click")


@pytest.mark.parametrize("query", [{"type": "anomly"}, {"severity": "highest"}, {"session_id": "\0"}])
async def test_a_filter_that_can_never_fit_is_refused(stream: Stream, query: dict[str, str]) -> None:
    with pytest.raises(ClientError):
        async with Listener(stream, query=query):
            pass


@pytest.mark.parametrize("text", ["x", "s0", "s0:-1", "s0:1.2.3", "s0:1,,s1:2", "s0:1" * 2_000])
async def test_an_id_that_no_stream_gave_is_refused(stream: Stream, text: str) -> None:
    with pytest.raises(ClientError, match="last_event_id"):
        async with Listener(stream, last_event_id=text):
            pass


def test_an_id_says_the_position_it_was_made_of() -> None:
    vector = {"s0": Position(17, 2), "s1": Position(9, END), "m": Position(4, 0)}
    assert id_of(vector) == "s0:17.2,s1:9,m:4.0"
    assert vector_of(id_of(vector)) == vector


async def test_a_project_does_not_hear_of_another() -> None:
    wanted = StreamFilter("mine")
    assert not wanted.fits(Happening("session_start", 1, 0, 0, "theirs"))


async def test_a_slow_reader_gets_what_waits_then_how_many_it_lost_and_the_end(
    stream: Stream, hub: Hub, source: FakeSource
) -> None:
    async with Listener(stream) as client:
        client.gate.clear()
        source.happen("first")
        for number in range(3 * MAX_EVENTS):
            source.happen(f"s{number}")
        while not any(one.dropped > MAX_EVENTS // 2 for one in hub._subscribers):
            await asyncio.sleep(0)
        client.gate.set()
        await client.ended()
    heard = [client.heard.get_nowait() for _ in range(client.heard.qsize())]
    assert heard[-1].event == "dropped"
    assert heard[-1].data["last_event_id"] == heard[-2].id == heard[-1].id
    assert heard[-1].data["events"] > 0
    assert hub.subscribers == 0
    assert hub.dropped == heard[-1].data["events"]


def test_what_waits_for_a_reader_is_bounded_in_bytes() -> None:
    subscriber = Subscriber(StreamFilter("default"), {})
    for _ in range(20):
        subscriber.put(Pending("anomaly", b"x" * 100_000, ""))
    assert (len(subscriber.take()), subscriber.dropped) == (10, 10)


async def test_a_heartbeat_says_where_the_stream_is(source: FakeSource) -> None:
    config = Live(poll_ms=1, heartbeat_ms=1)
    source.happen("before")
    async with Listener(Stream(Hub([source], config), config)) as client:
        assert await client.next() == await client.next()
        source.happen("after")
        while not (heard := await client.next()).event:
            assert heard.id == "s0:1"


async def test_sources_are_asked_only_while_somebody_listens(stream: Stream, hub: Hub, source: FakeSource) -> None:
    async with Listener(stream), Listener(stream) as client:
        assert hub.subscribers == 2
        source.happen("a")
        await client.next()
    assert hub.subscribers == 0
    asked = source.asked
    for _ in range(20):
        await asyncio.sleep(0)
    assert source.asked == asked


async def test_too_many_subscribers_are_refused(source: FakeSource) -> None:
    config = Live(max_subscribers=1)
    stream = Stream(Hub([source], config), config)
    async with Listener(stream):
        with pytest.raises(Wait, match="the most that may"):
            await Listener(stream).__aenter__()
    async with Listener(stream) as client:
        assert client.status in (0, 200)


async def test_nobody_listens_to_a_source_that_does_not_answer(stream: Stream, hub: Hub, source: FakeSource) -> None:
    source.is_away = True
    with pytest.raises(Wait):
        await Listener(stream).__aenter__()
    assert hub.subscribers == 0


async def test_when_the_server_stops_every_stream_ends(stream: Stream, hub: Hub) -> None:
    async with Listener(stream) as client:
        hub.stop()
        await client.ended()
    with pytest.raises(Wait, match="stopping"):
        await Listener(stream).__aenter__()


async def test_who_goes_is_not_told_anything_more(stream: Stream, hub: Hub) -> None:
    async with Listener(stream):
        pass
    assert hub.subscribers == 0
