"""Who has to be looked at when: a heap of (due time, key, generation). Entries may be stale; the owner checks."""

import heapq


class Timers:
    """One entry per live session. A session that saw events is not moved in the heap: when its entry comes up, the
    owner sees that it is not due yet and puts it back, which costs one push per half hour instead of one per event.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, str, int]] = []

    def push(self, due_ms: int, key: str, generation: int) -> None:
        heapq.heappush(self._heap, (due_ms, key, generation))

    def pop_due(self, now_ms: int) -> tuple[str, int] | None:
        """The next entry whose time has come, or None."""
        if not self._heap or self._heap[0][0] > now_ms:
            return None
        _, key, generation = heapq.heappop(self._heap)
        return key, generation

    def clear(self) -> None:
        self._heap.clear()

    def __len__(self) -> int:
        return len(self._heap)
