"""Simulated time against the time on the wall: how long to wait for the next message."""

import math
from collections.abc import Callable
from typing import Final

_SLICE_MS: Final = 100  # messages of the same tenth of a second go together
_EXACT_S: Final = 0.001  # shorter naps would not move a clock that counts seconds since 1970
_LONGEST_NAP_S: Final = 0.5  # who waits longer than that looks up in between: a stop must not wait
MAX_SPEED: Final = math.inf


class Pace:
    """`speed`: simulated seconds per second. The first message sets the start of both times."""

    def __init__(self, speed: float, *, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._origin: tuple[float, float] | None = None

    def wait_s(self, at_ms: int) -> float:
        """0 or less when a message of that simulated time is due."""
        if self._speed == MAX_SPEED:
            return 0.0
        slice_ms = -(-at_ms // _SLICE_MS) * _SLICE_MS
        if self._origin is None:
            self._origin = (slice_ms, self._clock())
        first_ms, began_s = self._origin
        wait_s = (slice_ms - first_ms) / 1000 / self._speed - (self._clock() - began_s)
        return wait_s if abs(wait_s) >= _EXACT_S else 0.0

    def nap(self, wait_s: float) -> None:
        self._sleep(min(wait_s, _LONGEST_NAP_S))
