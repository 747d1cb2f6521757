"""Rapid fire: N gaps in a row between actions, each below a limit (seed 000 and its code: 5 gaps < 100 ms).

Five gaps are six actions. One anomaly per burst, growing with it. A gap of exactly the limit ends the burst.
"""

from engine.detectors.base import Action, Detector, Finding
from engine.detectors.run import Run
from engine.wire import Seen


class RapidFire(Detector):
    kind = "rapid_fire"
    severity = "high"
    State = Run

    def __init__(self, *, min_gaps: int, gap_ms: int) -> None:
        self._min_gaps = min_gaps
        self._gap_ms = gap_ms
        self.max_gap_ms = gap_ms

    def on_action(self, state: Run, event: Seen, before: Action) -> Finding | None:
        run = state.extended(event, before)
        return self._found(run, event.at_ms) if run.count > self._min_gaps else None

    def _found(self, run: Run, last_ms: int) -> Finding:
        return Finding(
            first_event_id=run.event_ids[0],
            started_ms=run.first_ms,
            detected_ms=last_ms,
            description=f"{run.count} actions followed each other in less than {self._gap_ms} ms each.",
            event_ids=list(run.event_ids),
            details={"count": run.count, "min_gaps": self._min_gaps, "gap_ms": self._gap_ms},
        )
