"""The last happenings of one source, so that who was away for a moment can go on without a gap."""

from collections import deque
from typing import Final

from engine.happening import Happening, Position, Told

MAX_ITEMS: Final = 10_000
MAX_BYTES: Final = 10_000_000
END: Final = 2**62  # as a place: behind everything in the frame


class Ring:
    """`begins`: what lies at or before it is not known. Beyond its bounds the oldest are forgotten."""

    def __init__(self, begins: Position, *, max_items: int = MAX_ITEMS, max_bytes: int = MAX_BYTES) -> None:
        self._items: deque[Happening] = deque()
        self._begins = begins
        self._last_seq = begins.seq
        self._max_items = max_items
        self._max_bytes = max_bytes
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, seq: int, items: list[Happening]) -> None:
        """What frame `seq` did; frames come in order."""
        self._last_seq = seq
        if not items:
            return
        self._items.extend(items)
        self.size_bytes += sum(item.size_bytes() for item in items)
        while self._items and (len(self._items) > self._max_items or self.size_bytes > self._max_bytes):
            oldest = self._items.popleft()
            self.size_bytes -= oldest.size_bytes()
            self._begins = oldest.position

    @property
    def position(self) -> Position:
        """Behind everything there is."""
        return Position(self._last_seq, END)

    def after(self, position: Position | None, limit: int) -> Told:
        """At most `limit` happenings behind a position. None = none, only where the end is. A position ahead of the
        end belongs to another journal, and everything that is kept is told."""
        if position is None:
            return Told(self.position)
        has_gap = position < self._begins or position.seq > self._last_seq
        since = self._begins if has_gap else position
        items = self._newer(since, limit)
        is_all = len(items) < limit
        return Told(self.position if is_all else items[-1].position, items, has_gap)

    def _newer(self, since: Position, limit: int) -> list[Happening]:
        """Most askers are at the end or near it, so that the search begins there."""
        newer = 0
        for item in reversed(self._items):
            if item.position <= since:
                break
            newer += 1
        first = len(self._items) - newer
        return [self._items[place] for place in range(first, first + min(newer, limit))] if newer else []
