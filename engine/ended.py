"""The ended sessions of one key that are still in memory, in the order of time."""

from bisect import bisect_right, insort
from collections.abc import Iterator

from engine.session import Session


class Ended:
    """Generations of one key never overlap, and a late event only moves an edge into the free time beside it: the
    order stays right while the sessions in it change. One that ended without an event has no place in that order: it
    was opened on another clock, and would hide the one whose time it seems to share."""

    def __init__(self) -> None:
        self._in_order: list[Session] = []
        self._by_generation: dict[int, Session] = {}
        self.highest = 0  # generation number

    def add(self, session: Session) -> None:
        if session.generation not in self._by_generation:
            self._by_generation[session.generation] = session
            if session.event_count:
                insort(self._in_order, session, key=_started_ms)
            self.highest = max(self.highest, session.generation)

    def get(self, generation: int) -> Session | None:
        return self._by_generation.get(generation)

    def around(self, at_ms: int) -> list[Session]:
        """The last that began at or before `at_ms`, and the first that began after it."""
        place = bisect_right(self._in_order, at_ms, key=_started_ms)
        return self._in_order[max(0, place - 1) : place + 1]

    def latest(self, limit: int) -> list[Session]:
        """The last that began, newest first."""
        return self._in_order[: -limit - 1 : -1]

    def __iter__(self) -> Iterator[Session]:
        return iter(self._by_generation.values())


def _started_ms(session: Session) -> int:
    return session.started_ms
