"""Sees what nobody planned as well: the same action again and again, actions one right after the other.

Journeys repeat an action now and then, and nine clicks on one spot are nine clicks in a row: a detector that says so
is right. The rules are sessiond's defaults.
"""

from typing import Final

from simulator.clockwork import iso
from simulator.session import Session
from simulator.truth import Fact, Tell

MIN_REPEATED: Final = 5
MIN_GAPS: Final = 5
GAP_MS: Final = 100  # strictly below
CONTINUOUS: Final = frozenset({"mouse_move", "scroll", "dom_mutation", "web_vitals"})  # sent by the page, no actions
WITNESSED: Final = frozenset({"repeated_action", "rapid_fire"})


class Witness:
    """`see` every event of a session in order; `part` when the session is over."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def see(self, session: Session, event_id: str, event_type: str, at_ms: int) -> None:
        if event_type in CONTINUOUS:
            return
        if event_type != session.run_type:
            self._end_run(session)
            session.run, session.run_type, session.run_ms = (), event_type, at_ms
        session.run = (*session.run, event_id)
        if not session.burst or at_ms - session.action_ms >= GAP_MS:
            self._end_burst(session)
            session.burst, session.burst_ms = (), at_ms
        session.burst = (*session.burst, event_id)
        session.action_ms = at_ms

    def part(self, session: Session) -> None:
        self._end_run(session)
        self._end_burst(session)
        session.run = session.burst = ()

    def _end_run(self, session: Session) -> None:
        if len(session.run) >= MIN_REPEATED:
            details: dict[str, str | int] = {"event_type": session.run_type, "count": len(session.run)}
            self._tell(Fact(session.session_id, "repeated_action", iso(session.run_ms), session.run, details))

    def _end_burst(self, session: Session) -> None:
        if len(session.burst) > MIN_GAPS:
            details: dict[str, str | int] = {"count": len(session.burst)}
            self._tell(Fact(session.session_id, "rapid_fire", iso(session.burst_ms), session.burst, details))
