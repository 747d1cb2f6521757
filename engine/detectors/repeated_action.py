"""Repeated action: the same event type N times in a row (seed 000: 5). One anomaly per run, growing with it."""

from engine.detectors.base import Action, Detector, Finding
from engine.detectors.run import Run
from engine.wire import Seen


class RepeatedAction(Detector):
    kind = "repeated_action"
    severity = "medium"
    State = Run
    is_same_type = True

    def __init__(self, *, min_count: int) -> None:
        self._min_count = min_count

    def on_action(self, state: Run, event: Seen, before: Action) -> Finding | None:
        run = state.extended(event, before)
        return self._found(run, event) if run.count >= self._min_count else None

    def _found(self, run: Run, event: Seen) -> Finding:
        return Finding(
            first_event_id=run.event_ids[0],
            started_ms=run.first_ms,
            detected_ms=event.at_ms,
            description=f"`{event.event_type}` was done {run.count} times in a row.",
            event_ids=list(run.event_ids),
            details={"event_type": event.event_type, "count": run.count, "min_count": self._min_count},
        )
