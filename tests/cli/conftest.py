from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from cli.delivery import Delivery, Patience
from tests.cli.tiny_server import TinyServer, tiny_server


@dataclass
class ManualClock:
    """Sleeping moves the clock and takes no time."""

    now_s: float = 0.0
    pauses_s: list[float] = field(default_factory=list)

    def read(self) -> float:
        return self.now_s

    def pause(self, seconds: float) -> None:
        self.pauses_s.append(seconds)
        self.now_s += seconds


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def server() -> Iterator[TinyServer]:
    with tiny_server() as found:
        yield found


@pytest.fixture
def delivery(server: TinyServer, clock: ManualClock) -> Iterator[Delivery]:
    found = Delivery(server.url, Patience(max_wait_s=20), clock=clock.read, sleep=clock.pause)
    yield found
    found.close()
