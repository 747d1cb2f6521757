"""Show events to one detector of the table, through the watch that decides when it is asked."""

from collections.abc import Iterable
from typing import Any

from engine import config
from engine.config import Detectors
from engine.detectors import build_detectors
from engine.detectors.base import Action, Detector, Finding
from engine.fold import Folder
from engine.session import Session
from engine.wire import EndReason, Event, Seen
from tests.builders import T0


class Overheard(Detector):
    """The detector itself, with a list of what it said."""

    def __init__(self, real: Detector) -> None:
        self._real = real
        self.said: list[Finding] = []
        for name in ("kind", "severity", "State", "event_types", "first_types"):
            setattr(self, name, getattr(real, name))
        for name in ("max_gap_ms", "is_same_type", "takes_older"):
            setattr(self, name, getattr(real, name))

    def on_action(self, state: Any, event: Seen, before: Action) -> Finding | None:
        finding = self._real.on_action(state, event, before)
        self.said += [finding] if finding is not None else []
        return finding

    def on_end(self, state: Any, reason: EndReason, last_ms: int) -> Finding | None:
        return self._real.on_end(state, reason, last_ms)


def detector(kind: str, thresholds: Detectors | None = None) -> Detector:
    return next(d for d in build_detectors(thresholds or Detectors(), config.Session()) if d.kind == kind)


def findings(kind: str, events: Iterable[Event], thresholds: Detectors | None = None) -> list[Finding]:
    """What one session's detector says to these actions, in order."""
    found = Overheard(detector(kind, thresholds))
    folder = Folder(config.Session(), Detectors(), detectors=[found])
    session = Session("default\0s1", "", "default", "u1", 1, T0, T0, T0)
    for event in events:
        folder.fold(session, event, T0)
    assert not session.muted
    return found.said


def bursts(kind: str, events: Iterable[Event], thresholds: Detectors | None = None) -> dict[str, Finding]:
    """The anomalies they make: the last finding for each first event."""
    return {finding.first_event_id: finding for finding in findings(kind, events, thresholds)}
