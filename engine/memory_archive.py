"""An archive in memory: for tests, and for whoever folds a file without a journal. Ships with the engine."""

from engine.residents import Remembered, Residents
from engine.session import Session, encode_session


class MemoryArchive:
    """Implements `Archive`. Call `save` between frames; nothing is ever replayed from it."""

    def __init__(self) -> None:
        self._ended: dict[str, dict[int, Remembered]] = {}
        self._made: dict[str, str] = {}

    def save(self, residents: Residents) -> None:
        """Take over every ended session that is in memory."""
        keys = list(residents.dirty)
        for key in keys:
            for session in residents.changed(key):
                if not session.is_live:
                    self._ended.setdefault(key, {})[session.generation] = _remembered(session)
                    self._made[session.session_id] = key
        residents.saved(keys)

    def states(self) -> dict[tuple[str, int], bytes | None]:
        """Every saved session as it was encoded, by key and generation."""
        return {(key, saved.generation): saved.state for key in self._ended for saved in self._ended[key].values()}

    def around(self, key: str, at_ms: int, since_ms: int) -> list[Remembered]:
        known = [
            saved
            for saved in reversed(self.latest(key, len(self._ended.get(key, ()))))
            if saved.closed_ms >= since_ms and saved.last_ms >= saved.started_ms
        ]
        return [*[s for s in known if s.started_ms <= at_ms][-1:], *[s for s in known if s.started_ms > at_ms][:1]]

    def latest(self, key: str, limit: int) -> list[Remembered]:
        saved = self._ended.get(key, {}).values()
        return sorted(saved, key=lambda one: one.started_ms, reverse=True)[:limit]

    def highest(self, key: str, since_ms: int) -> int:
        return max((s.generation for s in self._ended.get(key, {}).values() if s.closed_ms >= since_ms), default=0)

    def find(self, key: str, session_id: str, generation: int | None) -> Remembered | None:
        found = (s for s in self.latest(key, len(self._ended.get(key, ()))) if s.session_id == session_id)
        return next((s for s in found if generation in (None, s.generation)), None)

    def as_of(self, key: str) -> int:
        return 0

    def key_of(self, session_id: str) -> str | None:
        return self._made.get(session_id)


def _remembered(session: Session) -> Remembered:
    return Remembered(
        session.generation,
        session.session_id,
        session.started_ms,
        session.last_ms if session.event_count else 0,
        session.closed_ms,
        encode_session(session),
    )
