"""Bodies that do not come: one timer for all that are being read, because setting one each takes longer than reading a
small one."""

import asyncio


class Reading:
    """A body that a task waits for. `is_stalled`: the task was cancelled for it."""

    def __init__(self, task: "asyncio.Task[object]") -> None:
        self.task = task
        self.since_s = 0.0
        self.is_stalled = False


class Stalls:
    """Cancels a task whose body has made no progress for `timeout_ms`. Between `begin` and `end` a task waits for
    nothing but its body, so it is nowhere else when it is cancelled. Of one event loop."""

    def __init__(self, timeout_ms: int) -> None:
        self._timeout_s = timeout_ms / 1000
        self._readings: dict[Reading, None] = {}  # the one that came on longest ago first
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_timed = False

    def begin(self) -> Reading:
        loop = self._loop
        if loop is None:  # asking for it makes a system call each time
            loop = self._loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # this is called in one
        reading = Reading(task)
        self._put_last(reading, loop)
        return reading

    def came_on(self, reading: Reading) -> None:
        self.end(reading)
        self._put_last(reading, reading.task.get_loop())

    def end(self, reading: Reading) -> None:
        self._readings.pop(reading, None)

    def _put_last(self, reading: Reading, loop: asyncio.AbstractEventLoop) -> None:
        reading.since_s = loop.time()
        self._readings[reading] = None
        if not self._is_timed:
            self._is_timed = True
            loop.call_later(self._timeout_s, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        due_s = loop.time() - self._timeout_s
        while self._readings and (oldest := next(iter(self._readings))).since_s <= due_s:
            self.end(oldest)
            oldest.is_stalled = True
            oldest.task.cancel()
        self._is_timed = bool(self._readings)
        if self._is_timed:
            loop.call_at(next(iter(self._readings)).since_s + self._timeout_s, self._sweep, loop)
