"""The engine's archive port on a shard's journal: ended sessions, and what is saved of a key while replaying."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from engine.residents import Remembered
from persistence.journal import Journal
from persistence.session_rows import SessionRow


class JournalArchive:
    """Most keys are asked about when their first session starts: then one short look says that there is nothing."""

    def __init__(self, journal: Journal) -> None:
        self._rows = journal.sessions
        self._as_of: dict[str, int] = {}
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

    @contextmanager
    def replaying(self, after_seq: int) -> Iterator[None]:
        """`as_of` answers inside this block only: outside nobody asks, and the answers would go stale."""
        self._as_of = self._rows.keys_saved_after(after_seq)
        yield
        self._as_of = {}


def _remembered(rows: Iterable[SessionRow]) -> list[Remembered]:
    return [
        Remembered(row.generation, row.session_id, row.started_ms, row.last_ms, row.closed_ms, row.state)
        for row in rows
    ]
