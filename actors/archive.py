"""The engine's archive port on a shard's journal: ended sessions, and what is saved of a key while replaying."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from engine.residents import Remembered
from engine.session import Session
from persistence.journal import Journal
from persistence.session_rows import SessionRow


class JournalArchive:
    """Most keys are asked about when their first session starts: then one short look says that there is nothing."""

    def __init__(self, journal: Journal) -> None:
        self._rows = journal.sessions
        self._as_of: dict[str, int] = {}
        self._live_as_of: dict[str, int] = {}
        self._absent = ""  # the key that was last found to have nothing saved

    def around(self, key: str, at_ms: int, since_ms: int) -> list[Remembered]:
        return _remembered(self._rows.around(key, at_ms, since_ms)) if self._has(key) else []

    def _has(self, key: str) -> bool:
        if key == self._absent:
            return False
        found = self._rows.has_ended(key)
        if not found:
            self._absent = key
        return found

    def saved(self) -> None:
        """Something was saved: what was absent may not be any more."""
        self._absent = ""

    def latest(self, key: str, limit: int) -> list[Remembered]:
        return _remembered(self._rows.latest(key, limit))

    def highest(self, key: str, since_ms: int) -> int:
        return self._rows.highest(key, since_ms) if self._has(key) else 0

    def find(self, key: str, session_id: str, generation: int | None) -> Remembered | None:
        return next(iter(_remembered(self._rows.find(key, session_id, generation))), None)

    def as_of(self, key: str) -> int:
        return self._as_of.get(key, 0)

    def key_of(self, session_id: str) -> str | None:
        return self._rows.key_of(session_id)

    def load_live(self, decode: Callable[[bytes], Session], put: Callable[[Session], None], after_seq: int) -> None:
        """Every live session; and which of them were saved after the frame that a replay goes on from."""
        for as_of, state in self._rows.live():
            session = decode(state)
            put(session)
            if as_of > after_seq:
                self._live_as_of[session.key] = as_of

    @contextmanager
    def replaying(self, after_seq: int) -> Iterator[None]:
        """`as_of` answers inside this block only: outside nobody asks, and the answers would go stale."""
        saved, self._live_as_of = self._live_as_of, {}
        for key, as_of in self._rows.ended_after(after_seq).items():
            saved[key] = max(as_of, saved.get(key, 0))
        self._as_of = saved
        yield
        self._as_of = {}


def _remembered(rows: Iterable[SessionRow]) -> list[Remembered]:
    return [
        Remembered(row.generation, row.session_id, row.started_ms, row.last_ms, row.closed_ms, row.state)
        for row in rows
    ]
