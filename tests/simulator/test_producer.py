"""The producer: when messages go, what is counted, and how a run ends. Time is a clock of the test's own."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from simulator.errors import SimulatorError
from simulator.message import Message
from simulator.pace import MAX_SPEED
from simulator.producer import UserBehaviorProducer
from simulator.sink import Sent, SinkGone, StreamSink
from tests.simulator.traffic import MONDAY_NOON_MS, messages, scenario


@dataclass
class Clock:
    now_s: float = MONDAY_NOON_MS / 1000
    naps_s: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.naps_s.append(seconds)
        self.now_s += seconds


@dataclass
class Shelf:
    """A sink that keeps what came and when; of every batch it loses `loses` messages."""

    clock: Clock
    batch_size: int = 100
    loses: int = 0
    taken: list[tuple[float, list[Message]]] = field(default_factory=list)
    after_each: Callable[[], None] = lambda: None
    is_gone: bool = False

    def send(self, batch: Sequence[Message]) -> Sent:
        if self.is_gone:
            message = "gone"
            raise SinkGone(message)
        self.taken.append((self.clock.now_s * 1000, list(batch)))
        self.after_each()
        return Sent(len(batch) - self.loses, self.loses, 10 * (len(batch) - self.loses))

    def close(self) -> None:
        self.taken.append((0.0, []))


def running(shelf: Shelf, *, speed: float = 1.0, **wanted: object) -> UserBehaviorProducer:
    clock = shelf.clock
    return UserBehaviorProducer(
        scenario=scenario(**wanted), sink=shelf, speed=speed, clock=clock.read, sleep=clock.sleep
    )


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(Clock())


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_a_message_goes_when_it_is_due_and_not_later_than_its_tenth_of_a_second(shelf: Shelf, speed: float) -> None:
    running(shelf, speed=speed, events=300, rate_per_hour=36_000).run_continuous()
    assert [message for _, batch in shelf.taken for message in batch] == messages(events=300, rate_per_hour=36_000)
    first_ms = shelf.taken[0][1][0].at_ms
    for at_ms, batch in shelf.taken:
        simulated_ms = MONDAY_NOON_MS + (at_ms - MONDAY_NOON_MS) * speed
        for message in batch:
            assert -1 <= simulated_ms - (message.at_ms - first_ms + MONDAY_NOON_MS) <= 100 + 1


def test_at_full_speed_nobody_waits_and_batches_are_full(shelf: Shelf) -> None:
    running(shelf, speed=MAX_SPEED, events=950).run_continuous()
    assert [len(batch) for _, batch in shelf.taken] == [100] * 9 + [50]
    assert shelf.clock.naps_s == []


def test_what_a_sink_loses_is_counted_and_the_run_goes_on(shelf: Shelf) -> None:
    shelf.loses = 25
    metrics = running(shelf, speed=MAX_SPEED, events=400).run_continuous()
    assert metrics == {
        "messages_sent": 300,
        "messages_failed": 100,
        "bytes_sent": 3_000,
        "success_rate": 75.0,
        "active_sessions": 0,
    }


def test_before_anything_is_sent_nothing_has_failed() -> None:
    assert UserBehaviorProducer().get_metrics() == {
        "messages_sent": 0,
        "messages_failed": 0,
        "bytes_sent": 0,
        "success_rate": 100.0,
        "active_sessions": 0,
    }


def test_a_stop_ends_the_sessions_and_the_run_at_once(shelf: Shelf) -> None:
    producer = running(shelf, rate_per_hour=360_000)
    shelf.after_each = lambda: producer.stop() if len(shelf.taken) == 20 else None
    producer.run_continuous()
    assert producer.active_sessions == {}
    assert shelf.clock.now_s * 1000 - MONDAY_NOON_MS < 2_500
    sent = [message for _, batch in shelf.taken for message in batch]
    assert sum('"event_type":"session_end"' in message.text for message in sent) == producer.sessions_started


def test_a_stop_is_heard_while_it_waits() -> None:
    clock = Clock()
    naps_s: list[float] = []

    def nap(seconds: float) -> None:
        naps_s.append(seconds)
        producer.stop()

    producer = UserBehaviorProducer(scenario=scenario(rate_per_hour=30), sink=Shelf(clock), clock=clock.read, sleep=nap)
    producer.run_continuous()
    assert len(naps_s) == 1
    assert naps_s[0] <= 0.5


def test_a_duration_is_in_simulated_seconds(shelf: Shelf) -> None:
    running(shelf, speed=60.0, rate_per_hour=36_000).run_continuous(duration_seconds=120)
    assert shelf.clock.now_s * 1000 - MONDAY_NOON_MS == pytest.approx(2_000, abs=200)


def test_when_nobody_reads_any_more_it_ends(shelf: Shelf) -> None:
    shelf.is_gone = True
    assert running(shelf, speed=MAX_SPEED).run_continuous()["messages_sent"] == 0


def test_a_broken_pipe_is_a_reader_that_has_gone() -> None:
    class Pipe(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise BrokenPipeError

    with pytest.raises(SinkGone):
        StreamSink(Pipe()).send(messages(events=2))


def test_a_stream_gets_a_line_per_message() -> None:
    out = io.BytesIO()
    made = messages(events=50)
    sent = StreamSink(out).send(made)
    assert out.getvalue().decode() == "".join(message.text for message in made)
    assert sent == Sent(50, 0, len(out.getvalue()))


def test_single_messages_are_those_of_the_run() -> None:
    producer = UserBehaviorProducer(scenario=scenario(events=20))
    assert [producer.generate_message()["event_id"] for _ in range(20)] == [
        message.event_id for message in messages(events=20)
    ]
    with pytest.raises(SimulatorError, match="no more events"):
        producer.generate_message()


def test_active_sessions_are_those_that_have_not_ended() -> None:
    producer = UserBehaviorProducer(scenario=scenario(rate_per_hour=36_000))
    ended, seen = set(), set()
    for _ in range(3_000):
        event = producer.generate_message()
        seen.add(event["session_id"])
        if event["event_type"] in ("session_end", "logout"):
            ended.add(event["session_id"])
    assert set(producer.active_sessions) == seen - ended
