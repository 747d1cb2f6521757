"""How much may wait for one shard, in events and in bytes; what goes beyond it is refused."""

from itertools import cycle
from typing import Final

from engine.config import Engine
from engine.errors import RETRY_AFTER_MS, Wait

_LOW_WATER: Final = 0.75  # a room that was full takes bodies again below this share of its bounds


class Room:
    """Of one pipe. `events`, `bytes`: what waits now."""

    def __init__(self, limits: Engine) -> None:
        self._limits = limits
        self._was_full = False
        self._retry_after_ms = cycle(RETRY_AFTER_MS)
        self.events = 0
        self.bytes = 0

    def enter(self, events: int, size_bytes: int) -> None:
        """Raises Wait when it is full. A request larger than a bound is taken when nothing waits."""
        limits = self._limits
        if self.events + events > max(limits.max_pending_events, events) or self.bytes + size_bytes > max(
            limits.max_pending_bytes, size_bytes
        ):
            self._was_full = True
            raise self.refusal()
        self.events += events
        self.bytes += size_bytes

    def leave(self, events: int, size_bytes: int) -> None:
        self.events -= events
        self.bytes -= size_bytes

    @property
    def is_full(self) -> bool:
        """From a refusal until a quarter of the bound is free: decoding what is then refused would take the CPU that
        is missing. The rest keeps the shard at work meanwhile."""
        limits = self._limits
        if self._was_full:
            is_low = self.events <= limits.max_pending_events * _LOW_WATER
            self._was_full = not (is_low and self.bytes <= limits.max_pending_bytes * _LOW_WATER)
        return self._was_full

    def refusal(self) -> Wait:
        message = f"{self.events} events of {self.bytes} bytes wait for this shard, the most it may be."
        return self.wait(message, "overloaded")

    def wait(self, message: str, code: str) -> Wait:
        """With a time to come back that differs from the one before: all at once would be refused again."""
        return Wait(message, code, next(self._retry_after_ms))
