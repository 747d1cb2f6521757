"""Stuck pattern: the same steps over and over (seed 000: typing, send, back, three or more times in a row).

A strict sequence that everybody has: a step done twice is still that step (`typing, typing, send, back` is one cycle),
any other action breaks the row.
"""

from engine import config
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict
from engine.detectors.cluster import Cluster
from engine.detectors.progress import Course, Progress
from engine.moment import Moment
from engine.rules import StuckPattern as Rule


class StuckPattern(Detector):
    kind = "stuck_pattern"
    severity = "high"
    State = Progress

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._course = Course(rule.steps, times=rule.min_cycles, window_ms=0, is_strict=True)
        self._min_cycles = rule.min_cycles
        self.first_types = rule.steps[0]

    def see(self, state: Progress | None, moment: Moment, before: Action) -> Verdict:
        progress = self._course.advanced(state, moment)
        if progress is None or not progress.cycles.count or (state is not None and progress.cycles is state.cycles):
            return progress, NO_FINDINGS
        return progress, (self._found(progress.cycles),)

    def _found(self, cycles: Cluster) -> Finding:
        return Finding(
            first_event_id=cycles.event_ids[0],
            started_ms=cycles.first_ms,
            last_ms=cycles.last_ms,
            detected_ms=cycles.last_ms,
            description=f"{self._course.name} was done {cycles.count} times in a row.",
            event_ids=cycles.event_ids,
            details={"pattern": self._course.name, "cycles": cycles.count, "min_cycles": self._min_cycles},
        )
