"""A message is tried again with growing waits, given up in the end, and holds up nobody else's."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.channel import NotDelivered
from actors.courier import Courier
from persistence.monitor_store import MonitorStore
from persistence.outbox import Delivery
from persistence.retry import Backoff
from tests.builders import T0


class Line:
    """A channel that fails so often as it is told."""

    def __init__(self, name: str = "hook", failures: int = 0) -> None:
        self.name = name
        self.failures = failures
        self.sent: list[str] = []
        self.sent_one = threading.Semaphore(0)
        self.error: Exception = NotDelivered("it answered HTTP 503")

    def send(self, delivery: Delivery, now_ms: int) -> None:
        if self.failures:
            self.failures -= 1
            raise self.error
        self.sent.append(delivery.id)
        self.sent_one.release()

    def close(self) -> None:
        self.name += " closed"


class Stuck(Line):
    def __init__(self) -> None:
        super().__init__("stuck")
        self.gate = threading.Event()

    def send(self, delivery: Delivery, now_ms: int) -> None:
        self.gate.wait(30)


class Office:
    """One store and couriers over it; `now_ms` is the clock."""

    def __init__(self, folder: Path) -> None:
        self.store = MonitorStore(folder)
        self.now_ms = T0
        self.errors: list[Exception] = []

    def courier(self, line: Line, *, max_retries: int = 3) -> Courier:
        return Courier(
            channel=line,
            store=self.store,
            clock=lambda: self.now_ms,
            backoff=Backoff(1_000, 8_000),
            max_retries=max_retries,
            on_error=self.errors.append,
        )

    def add(self, name: str, channel: str = "hook", alert_id: str = "") -> None:
        with self.store.transaction() as rows:
            rows.outbox.add([Delivery(name, channel, alert_id or name, "firing", "key", b"{}", next_ms=self.now_ms)])

    def delivery(self, name: str) -> Delivery:
        with self.store.reading() as rows:
            [found] = rows.outbox.of_alert(name)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.store.close()


def test_a_message_that_arrived_is_done(office: Office) -> None:
    line = Line()
    office.add("a")
    courier = office.courier(line)
    assert courier.step() == T0  # look again at once
    assert courier.step() is None
    assert line.sent == ["a"]
    found = office.delivery("a")
    assert (found.state, found.attempts, found.settled_ms, found.error) == ("done", 1, T0, "")


def test_a_failed_one_waits_longer_each_time_and_then_arrives(office: Office) -> None:
    line = Line(failures=3)
    office.add("a")
    courier = office.courier(line)
    waits = []
    for _ in range(3):
        courier.step()
        next_ms = office.delivery("a").next_ms
        assert courier.step() == next_ms  # not before its time
        waits.append(next_ms - office.now_ms)
        office.now_ms = next_ms
    assert [750 <= waits[0] <= 1_000, 1_500 <= waits[1] <= 2_000, 3_000 <= waits[2] <= 4_000] == [True] * 3
    courier.step()
    assert (office.delivery("a").state, office.delivery("a").attempts) == ("done", 4)
    assert (courier.failures, courier.given_up) == (3, 0)


def test_after_the_last_retry_it_has_failed_and_says_why(office: Office) -> None:
    office.add("a")
    courier = office.courier(Line(failures=9), max_retries=1)
    courier.step()
    office.now_ms = office.delivery("a").next_ms
    courier.step()
    found = office.delivery("a")
    assert (found.state, found.attempts, found.error) == ("failed", 2, "it answered HTTP 503")
    assert (courier.step(), courier.given_up) == (None, 1)


def test_after_a_restart_it_goes_on_where_it_was(office: Office, tmp_path: Path) -> None:
    office.add("a")
    office.courier(Line(failures=1)).step()
    office.store.close()
    office.store = MonitorStore(tmp_path)
    office.now_ms = office.delivery("a").next_ms
    line = Line()
    office.courier(line).step()
    assert (line.sent, office.delivery("a").attempts) == (["a"], 2)


def test_a_channel_that_hangs_holds_up_no_other(office: Office) -> None:
    stuck, line = Stuck(), Line()
    couriers = [office.courier(stuck), office.courier(line)]
    office.add("a", channel="stuck")
    for courier in couriers:
        courier.start()
    office.add("b")
    couriers[1].wake()
    assert line.sent_one.acquire(timeout=10)
    assert not couriers[0].stop()
    assert couriers[1].stop()
    stuck.gate.set()
    assert couriers[0].stop()
    assert office.errors == []


def test_what_nobody_foresaw_is_handed_on(office: Office) -> None:
    line = Line(failures=1)
    line.error = KeyError("odd")
    office.add("a")
    courier = office.courier(line)
    courier.start()
    courier.stop()
    assert office.errors == [line.error]
