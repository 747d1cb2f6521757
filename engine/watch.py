"""Who looks at an action: asks the detectors that it can matter to, and turns their findings into anomalies."""

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import Any, Final, NamedTuple

import msgspec

from engine.detectors.base import Action, Detector, Finding
from engine.session import PATTERNS, Session
from engine.wire import Anomaly, EndReason, Seen

NOTHING: Final[tuple[Anomaly, ...]] = ()


class Watcher(NamedTuple):
    """A detector that wants to see a type of event, and the conditions under which it is asked."""

    place: int  # in the table
    detector: Detector
    max_gap_ms: float
    is_same_type: bool
    begins: bool  # asked also when it remembers nothing yet


class Watchers(NamedTuple):
    """Of one event type: those that see its actions, and those of them that see older ones too."""

    all: tuple[Watcher, ...]
    of_older: tuple[Watcher, ...]


class Watch:
    """The detectors of one shard. What it counts is counted since the process started, and no part of any state."""

    def __init__(self, detectors: Sequence[Detector], *, max_anomalies: int) -> None:
        self.detectors = tuple(detectors)
        self._max_anomalies = max_anomalies
        self.reported: Counter[str] = Counter()  # new anomalies by type
        self.errors: Counter[str] = Counter()  # by detector
        self.dropped = 0  # findings of sessions that hold as many anomalies as they may

    def watchers(self, event_type: str) -> Watchers:
        found = tuple(
            Watcher(
                place,
                detector,
                inf if detector.max_gap_ms is None else detector.max_gap_ms,
                detector.is_same_type,
                detector.first_types is None or event_type in detector.first_types,
            )
            for place, detector in enumerate(self.detectors)
            if detector.event_types is None or event_type in detector.event_types
        )
        return Watchers(found, tuple(watcher for watcher in found if watcher.detector.takes_older))

    def see(self, session: Session, event: Seen, before: Action, watchers: Watchers) -> Sequence[Anomaly]:
        """Show an action to those that it can matter to; the anomalies that are new or grew."""
        gap_ms = event.at_ms - before.at_ms
        states = session.detectors
        changed: list[Anomaly] = []
        for place, detector, max_gap_ms, is_same_type, begins in watchers.all if gap_ms >= 0 else watchers.of_older:
            state = states[place] if place < len(states) else None
            if gap_ms >= max_gap_ms or (is_same_type and before.event_type != event.event_type):
                if state is not None:
                    states = _replaced(session, place, None)
                continue
            if (state is None and not begins) or (session.muted and detector.kind in session.muted):
                continue
            if state is None:
                state = detector.State()
                states = _replaced(session, place, state)
            self._ask(session, place, detector.on_action, (state, event, before), changed)
        return changed or NOTHING

    def _ask(self, session: Session, place: int, rule: Any, said: tuple[Any, ...], changed: list[Anomaly]) -> None:
        """A detector that raises must not take the session with it: it is counted and not asked again here."""
        detector = self.detectors[place]
        try:
            finding: Finding | None = rule(*said)
        except MemoryError:
            raise  # of the process, whoever asked last: another process decides the same about the same frames
        except Exception:
            _replaced(session, place, None)
            session.muted = [*(session.muted or ()), detector.kind]
            self.errors[detector.kind] += 1
            return
        if finding is not None:
            self._report(session, detector, finding, changed)

    def _report(self, session: Session, detector: Detector, finding: Finding, changed: list[Anomaly]) -> None:
        anomaly_id = session.anomaly_id(detector.kind, finding.first_event_id)
        for anomaly in reversed(session.anomalies):
            if anomaly.id == anomaly_id:
                anomaly.version += 1
                break
        else:
            if len(session.anomalies) >= self._max_anomalies:
                self.dropped += 1
                return
            anomaly = Anomaly(anomaly_id, detector.kind, detector.severity, "", 0, finding.detected_ms)
            session.anomalies = (*session.anomalies, anomaly)
            self.reported[detector.kind] += 1
        anomaly.started_ms = finding.started_ms
        anomaly.description = finding.description
        anomaly.event_ids = finding.event_ids
        anomaly.details = finding.details
        changed.append(anomaly)

    def end(self, session: Session, reason: EndReason) -> list[Anomaly]:
        """The anomalies that only the end shows."""
        changed: list[Anomaly] = []
        for place, detector in enumerate(self.detectors):
            if session.muted and detector.kind in session.muted:
                continue
            state = session.detectors[place] if place < len(session.detectors) else None
            self._ask(session, place, detector.on_end, (state, reason, session.last_ms), changed)
        return changed

    def silence(self, session: Session) -> None:
        """No detector and no pattern of this session is computed any more."""
        session.detectors = ()
        session.muted = [PATTERNS, *(detector.kind for detector in self.detectors)]

    def thaw(self, states: Sequence[Any]) -> tuple[msgspec.Struct | None, ...]:
        """Plain decoded values as the states that they were."""
        return tuple(
            None if plain is None else msgspec.convert(plain, detector.State)
            for plain, detector in zip(states, self.detectors, strict=False)
        )


def _replaced(session: Session, place: int, state: msgspec.Struct | None) -> tuple[Any, ...]:
    """A tuple, because a state comes and goes seldom and a list would take half as much again."""
    states = session.detectors
    missing = (None,) * (place - len(states))
    session.detectors = (*states[:place], *missing, state, *states[place + 1 :])
    return session.detectors
