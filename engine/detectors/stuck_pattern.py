"""Stuck pattern: the same steps over and over (seed 000: typing, send, back, three or more times in a row).

A step done twice is still that step (`typing, typing, send, back` is one cycle). Any other action breaks the run.
"""

from collections.abc import Sequence

import msgspec

from engine.detectors.base import Action, Detector, Finding, remember
from engine.wire import Seen


class CycleState(msgspec.Struct, array_like=True, gc=False):
    step: int = 0  # steps of the open cycle done so far
    cycles: int = 0
    first_ms: int = 0
    event_ids: tuple[str, ...] = ()


class StuckPattern(Detector):
    kind = "stuck_pattern"
    severity = "high"
    State = CycleState

    def __init__(self, *, steps: Sequence[frozenset[str]], min_cycles: int) -> None:
        self._steps = tuple(steps)
        self._min_cycles = min_cycles
        self.first_types = self._steps[0]
        self._name = " -> ".join(min(step) for step in self._steps)

    def on_action(self, state: CycleState, event: Seen, before: Action) -> Finding | None:
        if event.event_type in self._steps[state.step]:
            return self._advance(state, event)
        if not state.event_ids or event.event_type in self._steps[state.step - 1]:
            return None
        self._restart(state)
        return self._advance(state, event) if event.event_type in self._steps[0] else None

    def _advance(self, state: CycleState, event: Seen) -> Finding | None:
        if not state.event_ids:
            state.first_ms = event.at_ms
        state.event_ids = remember(state.event_ids, event.event_id)
        state.step += 1
        if state.step < len(self._steps):
            return None
        state.step = 0
        state.cycles += 1
        return self._found(state, event.at_ms) if state.cycles >= self._min_cycles else None

    def _restart(self, state: CycleState) -> None:
        state.step = 0
        state.cycles = 0
        state.event_ids = ()

    def _found(self, state: CycleState, last_ms: int) -> Finding:
        return Finding(
            first_event_id=state.event_ids[0],
            started_ms=state.first_ms,
            detected_ms=last_ms,
            description=f"{self._name} was done {state.cycles} times in a row.",
            event_ids=list(state.event_ids),
            details={"pattern": self._name, "cycles": state.cycles, "min_cycles": self._min_cycles},
        )
