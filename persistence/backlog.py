"""Frames that were read and are not planned yet, cut into chunks. Pure: no clock, no I/O.

Bounded: `is_full` says when to stop reading, and one reading more is the most that it holds beyond a chunk.
"""

from collections import deque

from persistence.flush import FlushRules
from persistence.unpacked import Unpacked


class Backlog:
    """`add` what was read, ask `is_due`, look at `next_chunk`, and `drop` it once it is planned."""

    def __init__(self, rules: FlushRules) -> None:
        self._rules = rules
        self._frames: deque[tuple[int, Unpacked]] = deque()  # waiting since when, what
        self._rows = 0
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frame: Unpacked, now_ms: int) -> None:
        # The clock that stamped the frame may be ahead of ours: then it waits from now on.
        self._frames.append((min(frame.oldest_ms, now_ms), frame))
        self._rows += frame.rows
        self._bytes += frame.size_bytes

    def oldest_ms(self) -> int | None:
        """Since when the oldest frame has been waiting; None when nothing waits."""
        return self._frames[0][0] if self._frames else None

    def is_full(self) -> bool:
        return self._rows >= self._rules.max_chunk_rows or self._bytes >= self._rules.max_chunk_bytes

    def is_due(self, now_ms: int) -> bool:
        oldest_ms = self.oldest_ms()
        if oldest_ms is None:
            return False
        age_ms = now_ms - oldest_ms
        # A negative age: our clock was set back while it waited.
        has_waited = not 0 <= age_ms < self._rules.flush_interval_ms
        has_enough = self._rows >= self._rules.flush_rows and age_ms >= self._rules.pace_ms
        return has_waited or has_enough or self.is_full()

    def next_chunk(self) -> list[Unpacked]:
        """The longest run of whole frames within the limits, at least one frame; [] when nothing waits."""
        chunk: list[Unpacked] = []
        rows = size_bytes = 0
        for _, frame in self._frames:
            rows += frame.rows
            size_bytes += frame.size_bytes
            if chunk and (rows > self._rules.max_chunk_rows or size_bytes > self._rules.max_chunk_bytes):
                break
            chunk.append(frame)
        return chunk

    def drop(self, chunk: list[Unpacked]) -> None:
        """Forget the frames that `next_chunk` gave: they were planned."""
        for frame in chunk:
            self._frames.popleft()
            self._rows -= frame.rows
            self._bytes -= frame.size_bytes

    def clear(self) -> None:
        self.drop([frame for _, frame in self._frames])
