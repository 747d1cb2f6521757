"""Repeated action: the same event type N times in a row (seed 000: 5). One anomaly per run, growing with it."""

from engine import config, rules
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict
from engine.detectors.run import Run, extended
from engine.moment import Moment


class RepeatedAction(Detector):
    kind = "repeated_action"
    severity = "medium"
    State = Run
    is_same_type = True

    def __init__(self, rule: rules.RepeatedAction, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._min_count = rule.min_count

    def see(self, state: Run | None, moment: Moment, before: Action) -> Verdict:
        run = extended(state, moment, before)
        return run, (_found(run, moment),) if run.count >= self._min_count else NO_FINDINGS


def _found(run: Run, moment: Moment) -> Finding:
    return Finding(
        first_event_id=run.event_ids[0],
        started_ms=run.first_ms,
        last_ms=moment.at_ms,
        detected_ms=moment.at_ms,
        description=f"`{moment.event_type}` was done {run.count} times in a row.",
        event_ids=run.event_ids,
        details={"event_type": moment.event_type, "count": run.count},
    )
