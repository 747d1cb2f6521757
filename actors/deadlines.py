"""How long requests wait for their shard: one timer for all of them, because one each would cost more than the rest."""

import asyncio
from collections import deque
from collections.abc import Callable

from actors.parcel import Parcel


class Deadlines:
    """All parcels wait equally long, so the oldest is always the next to be late. A parcel that is late gets the
    exception that `late` makes."""

    def __init__(self, wait_ms: int, late: Callable[[], Exception]) -> None:
        self._wait_s = wait_ms / 1000
        self._late = late
        self._expected: deque[tuple[float, Parcel]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, parcel: Parcel) -> None:
        self._forget_answered()
        loop = parcel.reply.get_loop()  # get_running_loop() makes a system call each time
        self._expected.append((loop.time() + self._wait_s, parcel))
        if self._timer is None:
            self._timer = loop.call_later(self._wait_s, self._expire)

    def _forget_answered(self) -> None:
        while self._expected and self._expected[0][1].reply.done():
            self._expected.popleft()

    def _expire(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        while self._expected and self._expected[0][0] <= now_s:
            _, parcel = self._expected.popleft()
            if not parcel.reply.done():
                parcel.reply.set_exception(self._late())
        self._forget_answered()
        if self._expected:
            self._timer = loop.call_at(self._expected[0][0], self._expire)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
