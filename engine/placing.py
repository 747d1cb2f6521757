"""Which session an event belongs to: the live one, one that ended, or a new one."""

from sys import intern
from typing import Final

from engine import config, slots
from engine.clock import first_clock
from engine.placed import Placed, before_it, distance_ms
from engine.residents import Remembered, Residents
from engine.session import Session
from engine.wire import ID_GENERATED, MOVED, TIME_MISSING, Seen

MAY_DIFFER: Final = TIME_MISSING | MOVED  # the time of such an event is another one when it is sent again
_BEFORE: Final = 2  # ended sessions that a resend may belong to when it falls into a younger one
_MAX_SEARCHED: Final = 50  # ended sessions of a key that are searched for an id: each may have to be read from disk


class Placing:
    def __init__(self, limits: config.Session, residents: Residents) -> None:
        self._limits = limits
        self._residents = residents

    def place(self, key: str, live: Session | None, event: Seen, now_ms: int) -> Placed:
        """`live`: the live session of the key. Nothing changes but that a session is made or woken: the caller ends the
        live one where the answer says so, and puts a new one among the live."""
        at_ms = event.at_ms
        if live is not None and self._reaches(live, at_ms) and live.started_ms <= at_ms and live.event_count:
            return Placed(self._before(key, live, event) or live)
        since_ms = now_ms - self._limits.late_ms - self._limits.remember_ms
        around = self._residents.around(key, at_ms, since_ms)
        if live is None and not around:
            return Placed(self.new(key, event, self.next_generation(key, since_ms), now_ms), begins=True)
        known = [*around, live] if live is not None and live.event_count else around
        near = [session for session in known if self._reaches(session, at_ms)]
        if near:
            nearest = min(near, key=lambda session: distance_ms(session, at_ms))
            holder = self._before(key, nearest, event)
            return Placed(holder) if holder is not None else self._join(key, nearest, now_ms)
        is_newest = all(at_ms > session.last_ms for session in known)
        if live is not None and not live.event_count and is_newest:
            return Placed(live)
        holder = self._holder(key, event)
        if holder is not None:
            return Placed(holder)
        previous_id = before_it(known, at_ms) if slots.is_user_key(key) else ""
        session = self.new(key, event, self.next_generation(key, since_ms), now_ms, previous_id)
        if not is_newest:
            return Placed(session, ends_at_once=True)
        if live is None:
            return Placed(session, begins=True)
        too_long = at_ms <= live.last_ms + self._limits.gap_ms
        return Placed(session, begins=True, ends_live="max_length" if too_long else "timeout")

    def _reaches(self, known: Session | Remembered, at_ms: int) -> bool:
        """Strictly more than the gap away is too far, and so is what would make the session too long."""
        first_ms, last_ms = min(known.started_ms, at_ms), max(known.last_ms, at_ms)
        is_longer = last_ms - first_ms > known.last_ms - known.started_ms
        return distance_ms(known, at_ms) <= self._limits.gap_ms and not (
            is_longer and last_ms - first_ms > self._limits.max_length_ms
        )

    def _join(self, key: str, known: Session | Remembered, now_ms: int) -> Placed:
        """Into the live session, or into an ended one for as long as it takes late events."""
        if isinstance(known, Session) and known.is_live:
            return Placed(known)
        is_in_time = now_ms - known.closed_ms <= self._limits.late_ms
        session = self._residents.wake(known) if is_in_time else None
        return Placed(session, 1 if slots.is_user_key(key) else known.generation, known.session_id)

    def _holder(self, key: str, event: Seen, *, most: int = _MAX_SEARCHED) -> Session | None:
        """A resend of an event without a timestamp, or of one whose time was corrected, comes with another time: look
        at its id before a new session starts. There is room for so many sessions only in the time that ended ones take
        late events."""
        if event.flags & ID_GENERATED or not event.flags & MAY_DIFFER:
            return None
        limit = self._limits.late_ms // self._limits.gap_ms + 1
        return self._residents.holder(key, event.event_id, min(limit, most))

    def _before(self, key: str, session: Session | Remembered, event: Seen) -> Session | None:
        """The generation that ended lately and holds this event: the same resend, when a session has begun since."""
        began_lately = event.at_ms - session.started_ms <= self._limits.gap_ms
        return self._holder(key, event, most=_BEFORE) if session.generation > 1 and began_lately else None

    def next_generation(self, key: str, since_ms: int) -> int:
        """One more than any generation of the key that is still remembered."""
        live = self._residents.live.get(key)
        return 1 + max(self._residents.highest(key, since_ms), 0 if live is None else live.generation)

    def new(self, key: str, event: Seen, generation: int, now_ms: int, previous_id: str = "") -> Session:
        return Session(
            key=key,
            made_id=slots.generated_session_id(key, event.at_ms) if slots.is_user_key(key) else "",
            project_id=intern(event.project_id),
            user_id=event.user_id,
            generation=generation,
            started_ms=event.at_ms,
            last_ms=event.at_ms,
            received_ms=now_ms,
            clock=first_clock(event),
            previous_id=previous_id,
        )
