"""Feed one detector by hand."""

from collections.abc import Iterable

from engine.config import Detectors, Session
from engine.detectors import build_detectors
from engine.detectors.base import Detector, Finding
from engine.wire import Event


def detector(kind: str, thresholds: Detectors | None = None) -> Detector:
    return next(d for d in build_detectors(thresholds or Detectors(), Session()) if d.kind == kind)


def findings(kind: str, events: Iterable[Event], thresholds: Detectors | None = None) -> list[Finding]:
    """What one session's detector says to these actions, in order."""
    found = detector(kind, thresholds)
    state = found.State()
    said = (found.on_action(state, event) for event in events)
    return [finding for finding in said if finding is not None]


def bursts(kind: str, events: Iterable[Event], thresholds: Detectors | None = None) -> dict[str, Finding]:
    """The anomalies they make: the last finding for each first event."""
    return {finding.first_event_id: finding for finding in findings(kind, events, thresholds)}
