"""The sessions of a shard that are in memory, and the way to those that are not. It decides nothing: `registry.py`
does. What an `Archive` answers depends on earlier frames only, so a replay sees the same."""

from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from engine import slots
from engine.ended import Ended
from engine.fold import Folder
from engine.session import Session
from engine.timers import Timers
from engine.wire import Seen

_STALE_TIMERS: Final = 1_000  # entries of ended sessions that may wait in the queue, and as many again as are live


class Remembered(NamedTuple):
    """An ended session that is not in memory. `state` None: only its place in time is still known. `last_ms` 0: no
    event came, and it has no place."""

    generation: int
    session_id: str
    started_ms: int
    last_ms: int
    closed_ms: int
    state: bytes | None


class Archive(Protocol):
    """Ended sessions on disk. `since_ms`: those that closed before it do not exist for the caller, so that deleting
    them changes no answer."""

    def around(self, key: str, at_ms: int, since_ms: int) -> list[Remembered]:
        """The last generation that began at or before `at_ms`, and the first that began after it; of those that have
        a place in time."""

    def latest(self, key: str, limit: int) -> list[Remembered]:
        """The generations that began last, newest first."""

    def highest(self, key: str, since_ms: int) -> int:
        """The highest generation number, 0 = none."""

    def find(self, key: str, session_id: str, generation: int | None) -> Remembered | None:
        """One session; None for `generation` = the one that began last."""

    def as_of(self, key: str) -> int:
        """The frame up to which everything saved about a key is complete; 0 = nothing saved."""

    def key_of(self, session_id: str) -> str | None:
        """The key of an ended session whose id the engine made."""


class Residents:
    """`dirty` maps each key changed since it was saved to the first frame that changed it, oldest first."""

    def __init__(self, folder: Folder, archive: Archive, *, gap_ms: int) -> None:
        self._folder = folder
        self._archive = archive
        self._gap_ms = gap_ms
        self._timers = Timers()
        self._ended: dict[str, Ended] = {}  # until they are saved
        self._made: dict[str, str] = {}  # session id that the engine made -> key, for what is in memory
        self.live: dict[str, Session] = {}
        self.dirty: dict[str, int] = {}

    def put_live(self, session: Session) -> None:
        self.live[session.key] = session
        self._know(session)
        self._push(session)
        if len(self._timers) > 2 * len(self.live) + _STALE_TIMERS:
            self._timers = Timers()
            for live in self.live.values():
                self._push(live)

    def _push(self, session: Session) -> None:
        self._timers.push(session.received_ms + self._gap_ms, session.key)

    def _know(self, session: Session) -> None:
        if session.made_id:
            self._made[session.made_id] = session.key

    def retire(self, session: Session) -> None:
        """A session that has ended stays in memory until it is saved."""
        if self.live.get(session.key) is session:
            del self.live[session.key]
        self._hold(session)

    def _hold(self, session: Session) -> None:
        self._know(session)
        ended = self._ended.get(session.key)
        if ended is None:
            ended = self._ended[session.key] = Ended()
        ended.add(session)

    def due(self, now_ms: int, not_before_ms: int, *, limit: int) -> list[tuple[str, int]]:
        """The (key, generation) whose inactivity is over. A session that saw events meanwhile goes back to the
        queue. The caller ends what it gets: it will not be named again."""
        found: dict[str, int] = {}
        again: list[tuple[int, str]] = []
        for keys in self._timers.begun(now_ms):
            for key in keys:
                session = self.live.get(key)
                if session is None or key in found:
                    continue
                due_ms = max(session.received_ms + self._gap_ms, not_before_ms)
                if due_ms > now_ms or len(found) >= limit:
                    again.append((due_ms, key))
                else:
                    found[key] = session.generation
            if len(found) >= limit:
                break
        for due_ms, key in again:
            self._timers.push(due_ms, key)
        return list(found.items())

    def around(self, key: str, at_ms: int, since_ms: int) -> list[Session | Remembered]:
        """The ended generations of a key next to a time, whether in memory or not, earlier ones first."""
        saved = self._archive.around(key, at_ms, since_ms)
        ended = self._ended.get(key)
        if ended is None:
            return [*saved]
        known: list[Session | Remembered] = [s for s in ended.around(at_ms) if s.closed_ms >= since_ms]
        known += (r for r in saved if ended.get(r.generation) is None)
        known.sort(key=lambda session: session.started_ms)
        return known

    def highest(self, key: str, since_ms: int) -> int:
        """The highest generation number among the ended ones of a key, 0 = none."""
        ended = self._ended.get(key)
        return max(self._archive.highest(key, since_ms), 0 if ended is None else ended.highest)

    def wake(self, known: Session | Remembered) -> Session | None:
        """The ended session, in memory from now on; None if its state is gone."""
        session = self._decoded(known)
        if session is not None:
            self._hold(session)
        return session

    def holder(self, key: str, event_id: str, limit: int) -> Session | None:
        """Which of the generations that began last holds an event: the live one, or one of `limit` ended ones."""
        live = self.live.get(key)
        if live is not None and self._folder.holds(live, event_id):
            return live
        ended = self._ended.get(key)
        in_memory = [] if ended is None else ended.latest(limit)
        saved = [r for r in self._archive.latest(key, limit) if ended is None or ended.get(r.generation) is None]
        known: list[Session | Remembered] = [*in_memory, *saved]
        sessions = (self._decoded(one) for one in known)
        found = (s for s in sessions if s is not None and self._folder.holds(s, event_id))
        return next(found, None)

    def find(self, key: str, session_id: str, generation: int | None) -> Session | None:
        """The session to read, live or ended; None for `generation` = the one that began last."""
        if slots.is_user_key(key):  # each has an id of its own, so to the outside each is the first generation
            if generation not in (None, 1):
                return None
            generation = None
        in_memory = self._in_memory(key, session_id, generation)
        saved = self._archive.find(key, session_id, generation)
        if saved is not None and all(session.generation != saved.generation for session in in_memory):
            decoded = self._decoded(saved)
            in_memory += [] if decoded is None else [decoded]
        return max(in_memory, key=lambda session: session.started_ms, default=None)

    def _in_memory(self, key: str, session_id: str, generation: int | None) -> list[Session]:
        return [
            session
            for session in self.changed(key)
            if session.session_id == session_id and generation in (None, session.generation)
        ]

    def _decoded(self, known: Session | Remembered) -> Session | None:
        if isinstance(known, Session):
            return known
        return None if known.state is None else self._folder.decode(known.state)

    def key_of(self, project_id: str, session_id: str) -> str:
        """The key of a session id, whether the client or the engine made it."""
        made = self._made.get(session_id)
        if made is None and session_id.startswith(slots.MADE):
            made = self._archive.key_of(session_id)
        if made is not None and made.startswith(project_id + "\0"):
            return made
        return slots.session_key(project_id, session_id)

    def key_of_event(self, event: Seen) -> str:
        session_id = event.session_id
        if not session_id:
            return slots.user_key(event.project_id, event.user_id)
        if session_id.startswith(slots.MADE):
            return self.key_of(event.project_id, session_id)
        return f"{event.project_id}\0{session_id}"  # slots.session_key, without the call

    def changed(self, key: str) -> list[Session]:
        """All sessions of a key that are in memory."""
        live = self.live.get(key)
        return [*self._ended.get(key, ()), *([live] if live is not None else [])]

    def saved(self, keys: Iterable[str]) -> None:
        """The keys are on disk: their ended sessions leave the memory."""
        for key in keys:
            self.dirty.pop(key, None)
            for session in self._ended.pop(key, ()):
                self._made.pop(session.made_id, None)

    def is_saved(self, key: str, seq: int) -> bool:
        """Whether what is saved of the key already holds frame `seq`."""
        return self._archive.as_of(key) >= seq
