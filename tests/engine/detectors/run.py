"""Show events to one detector of the table, through the watch that decides when it is asked."""

from collections.abc import Iterable, Sequence
from typing import Any

from engine import config
from engine.analysis import EndReason
from engine.detectors import build_detectors
from engine.detectors.base import Action, Detector, Finding, Verdict
from engine.fold import Folder
from engine.moment import Moment
from engine.rulebook import Rulebook, Ruleset
from engine.rules import Rules
from engine.session import Session
from engine.wire import Event
from tests.builders import T0


class Overheard(Detector):
    """The detector itself, with a list of what it said."""

    def __init__(self, real: Detector) -> None:
        self._real = real
        self.said: list[Finding] = []
        self.thresholds = real.thresholds
        for name in ("kind", "severity", "State", "event_types", "first_types", "max_gap_ms", "is_same_type"):
            setattr(self, name, getattr(real, name))

    def see(self, state: Any, moment: Moment, before: Action) -> Verdict:
        state, found = self._real.see(state, moment, before)
        self.said += found
        return state, found

    def end(self, state: Any, reason: EndReason, last_ms: int) -> Sequence[Finding]:
        return self._real.end(state, reason, last_ms)


def detector(kind: str, rules: Rules | None = None) -> Detector:
    built = build_detectors(Ruleset(rules=rules or Rules()), config.Session())
    return next(one for one in built if one is not None and one.kind == kind)


def alone(one: Detector) -> Folder:
    """A folder with this detector only."""
    return Folder(config.Session(), Rulebook(Rules()), make=lambda ruleset, kinds: [one])


def findings(kind: str, events: Iterable[Event], rules: Rules | None = None) -> list[Finding]:
    """What one session's detector says to these actions, in order."""
    found = Overheard(detector(kind, rules))
    folder = alone(found)
    session = Session("default\0s1", "", "default", "u1", 1, T0, T0, T0)
    for event in events:
        folder.fold(session, event, T0)
    for _ in folder.settle():
        pass
    assert not session.muted
    return found.said


def bursts(kind: str, events: Iterable[Event], rules: Rules | None = None) -> dict[str, Finding]:
    """The anomalies they make: the last finding for each first event."""
    return {finding.first_event_id: finding for finding in findings(kind, events, rules)}
