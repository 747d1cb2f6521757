"""Rapid fire: N gaps in a row between actions, each below a limit (seed 000 and its code: 5 gaps < 100 ms).

Five gaps are six actions. One anomaly per burst, growing with it. A gap of exactly the limit ends the burst.
"""

from engine import config, rules
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict
from engine.detectors.run import Run, extended
from engine.moment import Moment


class RapidFire(Detector):
    kind = "rapid_fire"
    severity = "high"
    State = Run

    def __init__(self, rule: rules.RapidFire, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._min_gaps = rule.min_gaps
        self.max_gap_ms = rule.gap_ms

    def see(self, state: Run | None, moment: Moment, before: Action) -> Verdict:
        run = extended(state, moment, before)
        return run, (self._found(run, moment),) if run.count > self._min_gaps else NO_FINDINGS

    def _found(self, run: Run, moment: Moment) -> Finding:
        return Finding(
            first_event_id=run.event_ids[0],
            started_ms=run.first_ms,
            last_ms=moment.at_ms,
            detected_ms=moment.at_ms,
            description=f"{run.count} actions followed each other in less than {self.max_gap_ms} ms each.",
            event_ids=run.event_ids,
            details={"count": run.count},
        )
