"""Rapid fire: N gaps in a row between actions, each below a limit (seed 000 and its code: 5 gaps < 100 ms).

Five gaps are six actions. One anomaly per burst, growing with it. A gap of exactly the limit ends the burst.
"""

import msgspec

from engine.detectors.base import Detector, Finding, remember
from engine.wire import Event


class BurstState(msgspec.Struct, array_like=True, gc=False):
    last_ms: int = 0
    count: int = 0
    first_ms: int = 0
    event_ids: tuple[str, ...] = ()


class RapidFire(Detector):
    kind = "rapid_fire"
    severity = "high"
    State = BurstState

    def __init__(self, *, min_gaps: int, gap_ms: int) -> None:
        self._min_gaps = min_gaps
        self._gap_ms = gap_ms

    def on_action(self, state: BurstState, event: Event) -> Finding | None:
        gap_ms = event.at_ms - state.last_ms
        if gap_ms < 0:
            return None
        state.last_ms = event.at_ms
        if gap_ms >= self._gap_ms:
            state.count = 0
            state.first_ms = event.at_ms
            state.event_ids = (event.event_id,)
        else:
            state.event_ids = remember(state.event_ids, event.event_id)
        state.count += 1
        return self._found(state) if state.count > self._min_gaps else None

    def _found(self, state: BurstState) -> Finding:
        return Finding(
            first_event_id=state.event_ids[0],
            started_ms=state.first_ms,
            detected_ms=state.last_ms,
            description=f"{state.count} actions followed each other in less than {self._gap_ms} ms each.",
            event_ids=list(state.event_ids),
            details={"count": state.count, "min_gaps": self._min_gaps, "gap_ms": self._gap_ms},
        )
