"""Who is in the shop: everybody, and those of them who have nothing laid down and so may do something next."""

from collections.abc import Callable

from simulator.session import Session

_SOON_MS = 1_000  # people are slower than that: another one's turn, if there is one


class Crowd:
    """`active` by session id; `idle` is a part of it, drawn from in constant time."""

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self.active: dict[str, Session] = {}
        self._idle: list[Session] = []

    def add(self, session: Session) -> None:
        self.active[session.session_id] = session

    def remove(self, session: Session) -> None:
        del self.active[session.session_id]
        self.occupy(session)

    def release(self, session: Session) -> None:
        session.place = len(self._idle)
        self._idle.append(session)

    def occupy(self, session: Session) -> None:
        """The last one takes the place that gets free."""
        if session.place < 0:
            return
        last = self._idle.pop()
        if last is not session:
            self._idle[session.place] = last
            last.place = session.place
        session.place = -1

    def is_anybody_idle(self) -> bool:
        return bool(self._idle)

    def somebody(self, at_ms: float) -> Session:
        """One of the idle; mostly not one who did something just now."""
        idle = self._idle
        found = idle[int(self._random() * len(idle))]
        if at_ms - found.last_ms < _SOON_MS:
            found = idle[int(self._random() * len(idle))]
        return found

    def idle(self) -> list[Session]:
        return list(self._idle)
