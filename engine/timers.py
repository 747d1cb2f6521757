"""Who has to be looked at when: keys by the quarter of a second in which they are due. The owner checks each."""

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Final

SPAN_MS: Final = 256  # about a tick


class Timers:
    """One entry per live session, eight bytes each. A session that saw events is not moved: when its entry comes up,
    the owner sees that it is not due yet and puts it back, which costs one push per half hour instead of one per event.
    """

    def __init__(self) -> None:
        self._keys: dict[int, list[str]] = {}  # by span
        self._spans: list[int] = []  # a heap of the spans that have keys
        self._count = 0

    def push(self, due_ms: int, key: str) -> None:
        span = due_ms // SPAN_MS
        keys = self._keys.get(span)
        if keys is None:
            keys = self._keys[span] = []
            heappush(self._spans, span)
        keys.append(key)
        self._count += 1

    def begun(self, now_ms: int) -> Iterator[list[str]]:
        """The keys of each span that has begun, taken out, the earliest first. Those that are not due go back with
        `push` after the last one is read."""
        while self._spans and self._spans[0] * SPAN_MS <= now_ms:
            keys = self._keys.pop(heappop(self._spans))
            self._count -= len(keys)
            yield keys

    def __len__(self) -> int:
        return self._count
