"""One who listens to the stream: what waits for him, within bounds."""

import asyncio
from collections import deque
from typing import Final

from gateway.happening_view import Vector
from gateway.stream_filter import StreamFilter

MAX_EVENTS: Final = 1_000
MAX_BYTES: Final = 1_000_000


class Pending:
    """An event as it is sent. `event_id`: to go on from behind it."""

    __slots__ = ("data", "event_id", "kind")

    def __init__(self, kind: str, data: bytes, event_id: str) -> None:
        self.kind = kind
        self.data = data
        self.event_id = event_id


class Subscriber:
    """`put` by the hub, `take` by the request. Who takes too slowly loses what is beyond the bounds, and all after it;
    `dropped` says how many that are so far."""

    def __init__(self, wanted: StreamFilter, since: Vector) -> None:
        self.wanted = wanted
        self.since = since  # where the hub was when this one came
        self.dropped = 0
        self.is_closed = False  # the server stops, or the client is gone
        self._waiting: deque[Pending] = deque()
        self._size_bytes = 0
        self._wake = asyncio.Event()

    def put(self, event: Pending) -> None:
        if self.dropped or len(self._waiting) >= MAX_EVENTS or self._size_bytes + len(event.data) > MAX_BYTES:
            self.dropped += 1
        else:
            self._waiting.append(event)
            self._size_bytes += len(event.data)
        self._wake.set()

    def close(self) -> None:
        self.is_closed = True
        self._wake.set()

    @property
    def has_news(self) -> bool:
        return bool(self._waiting) or self.dropped > 0 or self.is_closed

    async def wait(self, timeout_ms: int) -> None:
        """Until there is something to do, at most so long."""
        try:
            async with asyncio.timeout(timeout_ms / 1000):
                await self._wake.wait()
        except TimeoutError:
            return

    def take(self) -> list[Pending]:
        """Everything that waits."""
        self._wake.clear()
        taken = list(self._waiting)
        self._waiting.clear()
        self._size_bytes = 0
        return taken
