"""Repeated action: the same event type N times in a row (seed 000: 5). One anomaly per run, growing with it."""

import msgspec

from engine.detectors.base import Detector, Finding, remember
from engine.wire import Event


class RunState(msgspec.Struct, array_like=True, gc=False):
    event_type: str = ""
    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    event_ids: tuple[str, ...] = ()


class RepeatedAction(Detector):
    kind = "repeated_action"
    severity = "medium"
    State = RunState

    def __init__(self, *, min_count: int) -> None:
        self._min_count = min_count

    def on_action(self, state: RunState, event: Event) -> Finding | None:
        if event.at_ms < state.last_ms:
            return None
        state.last_ms = event.at_ms
        if event.event_type != state.event_type:
            state.event_type = event.event_type
            state.count = 0
            state.first_ms = event.at_ms
            state.event_ids = (event.event_id,)
        else:
            state.event_ids = remember(state.event_ids, event.event_id)
        state.count += 1
        return self._found(state) if state.count >= self._min_count else None

    def _found(self, state: RunState) -> Finding:
        return Finding(
            first_event_id=state.event_ids[0],
            started_ms=state.first_ms,
            detected_ms=state.last_ms,
            description=f"`{state.event_type}` was done {state.count} times in a row.",
            event_ids=list(state.event_ids),
            details={"event_type": state.event_type, "count": state.count, "min_count": self._min_count},
        )
