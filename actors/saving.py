"""How many sessions a tick writes: so many that a restart has little to replay, and so few that events do not wait."""

from collections import deque
from typing import Final

from engine.config import Journal

_LATE: Final = 2  # times `max_replay_events`: then saving comes before the pause
_URGENT: Final = 4  # times `max_snapshot_sessions`


class Saving:
    """`replay_events`: what a restart would replay, as exact as ticks are frequent."""

    def __init__(self, limits: Journal) -> None:
        self._limits = limits
        self._events = 0  # taken since the start, replayed ones too
        self._events_then = 0  # at the last tick
        self._saved_events = 0
        self._ticks: deque[tuple[int, int]] = deque()  # (last frame, events until then), those that a replay reaches

    @property
    def replay_events(self) -> int:
        return self._events - self._saved_events

    def took(self, events: int) -> None:
        self._events += events

    def due(self, dirty: int, last_seq: int, replay_after: int) -> int:
        """So many that all dirty sessions are written once while `max_replay_events` come in. Once a tick; frames up
        to `replay_after` are not replayed any more."""
        came, self._events_then = self._events - self._events_then, self._events
        if not self._ticks or self._ticks[-1][0] != last_seq:  # a shard without events ticks for years
            self._ticks.append((last_seq, self._events))
        while self._ticks and self._ticks[0][0] <= replay_after:
            self._saved_events = self._ticks.popleft()[1]
        limits = self._limits
        wanted = dirty * came // limits.max_replay_events
        is_late = self.replay_events > _LATE * limits.max_replay_events
        most = limits.max_snapshot_sessions * (_URGENT if is_late else 1)
        return min(max(limits.snapshot_sessions, wanted), most)
