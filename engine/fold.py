"""The only file that changes a session: open, fold an event, end. Events in, anomalies out; no clock, no I/O."""

from collections import Counter
from collections.abc import Sequence
from sys import intern
from typing import Any, Final, Literal, NamedTuple

import msgspec

from engine import config
from engine.detectors import build_detectors
from engine.detectors.base import Detector, Finding
from engine.idset import IdSet, hash_id
from engine.session import Session, decode_session_raw
from engine.wire import HISTORIC, Anomaly, Device, EndReason, Event

_MAX_CACHED: Final = 10_000
_MAX_KINDS: Final = 1_000  # event types are the client's words: they are not remembered without end
NOTHING: Final[tuple[Anomaly, ...]] = ()


class Kind(NamedTuple):
    """What an event type means, looked up once per type."""

    name: str
    is_action: bool
    counter: Literal["page", "click", "error", ""]
    wanted: tuple[tuple[int, Detector], ...]  # who wants to see it, with their places in the table


class Folder:
    """How one shard folds. Holds the policy and caches, no session; everything it decides is in the session."""

    def __init__(
        self, limits: config.Session, thresholds: config.Detectors, *, detectors: Sequence[Detector] | None = None
    ) -> None:
        self._limits = limits
        self._max_ids_half = limits.max_ids // 2
        self._max_event_types = limits.max_event_types
        self._max_actions = limits.max_actions
        self.detectors = tuple(detectors or build_detectors(thresholds, limits))
        self._kinds: dict[str, Kind] = {}
        self._devices: dict[Device, Device] = {}
        # Counted since the process started, no part of any state.
        self.reported: Counter[str] = Counter()  # new anomalies by type
        self.detector_errors: Counter[str] = Counter()  # by detector
        self.dropped = 0  # findings of sessions that hold as many anomalies as they may

    def holds(self, session: Session, event_id: str) -> bool:
        digest = hash_id(event_id)
        return digest in session.ids or (session.older_ids is not None and digest in session.older_ids)

    def fold(self, session: Session, event: Event, received_ms: int) -> Sequence[Anomaly] | None:
        """Take one event; None if it was a duplicate, else the anomalies that are new or grew."""
        digest = hash_id(event.event_id)
        if (session.older_ids is not None and digest in session.older_ids) or not session.ids.add(digest):
            session.duplicates += 1
            return None
        if session.ids.count > self._max_ids_half:
            # Two sets in turn, so that a session without end forgets its oldest ids instead of growing.
            session.older_ids, session.ids = session.ids, IdSet()
        kind = self._kinds.get(event.event_type) or self._kind(event.event_type)
        self._touch(session, event, received_ms)
        self._count(session, event, kind.counter)
        if not kind.is_action:
            return NOTHING
        event.event_type = kind.name
        session.log.add(kind.name, event.at_ms, self._max_event_types, self._max_actions)
        return self._detect(session, event, kind)

    def _kind(self, event_type: str) -> Kind:
        limits = self._limits
        kind = Kind(
            name=intern(event_type),
            is_action=event_type not in limits.continuous_types,
            counter=_counter(event_type, limits),
            wanted=tuple(
                (place, detector)
                for place, detector in enumerate(self.detectors)
                if detector.event_types is None or event_type in detector.event_types
            ),
        )
        if len(self._kinds) < _MAX_KINDS:
            self._kinds[kind.name] = kind
        return kind

    def _touch(self, session: Session, event: Event, received_ms: int) -> None:
        at_ms = event.at_ms
        if not session.event_count:
            session.started_ms = session.last_ms = at_ms
        elif at_ms > session.last_ms:
            session.last_ms = at_ms
        elif at_ms < session.started_ms:
            session.started_ms = at_ms
        session.event_count += 1
        session.version += 1
        session.received_ms = received_ms
        session.historic = bool(event.flags & HISTORIC)
        if not session.user_id:
            session.user_id = event.user_id
        if session.device is None and event.device is not None:
            session.device = self._shared(event.device)
        if not session.country:
            session.country, session.city = event.country, event.city

    def _shared(self, device: Device) -> Device:
        """One object for all sessions with the same device: a hundred bytes instead of a kilobyte each."""
        if len(self._devices) >= _MAX_CACHED:
            self._devices.clear()
        return self._devices.setdefault(device, device)

    def _count(self, session: Session, event: Event, counter: str) -> None:
        if counter == "page":
            session.page_count += 1
            self._visit(session, event)
        elif counter == "click":
            session.click_count += 1
        elif counter == "error":
            session.error_count += 1
        if event.scroll_depth is not None and event.scroll_depth > session.max_scroll_depth:
            session.max_scroll_depth = event.scroll_depth
        screen = event.screen_name or event.path
        if screen != session.last_screen and screen:
            session.last_screen = intern(screen)
            if session.screens.count < self._limits.max_screens:
                session.screens.add(hash_id(screen))

    def _visit(self, session: Session, event: Event) -> None:
        """Entry and exit by event time, so that the order of arrival does not matter."""
        at_ms = event.at_ms
        is_entry = not session.entry_ms or at_ms < session.entry_ms
        if not is_entry and at_ms < session.exit_ms:
            return
        url, path = intern(event.url), intern(event.path)  # many sessions see the same pages
        if is_entry:
            session.entry_ms, session.entry_url, session.entry_path = at_ms, url, path
        if at_ms >= session.exit_ms:
            session.exit_ms, session.exit_url, session.exit_path = at_ms, url, path

    def _detect(self, session: Session, event: Event, kind: Kind) -> Sequence[Anomaly]:
        states = session.detectors
        if len(states) < len(self.detectors):
            states.extend([None] * (len(self.detectors) - len(states)))
        changed: list[Anomaly] | None = None
        for place, detector in kind.wanted:
            if session.muted and detector.kind in session.muted:
                continue
            state = states[place]
            if state is None:
                state = states[place] = detector.State()
            try:
                finding = detector.on_action(state, event)
            except Exception:
                self._mute(session, place, detector)
                continue
            if finding is not None:
                changed = changed if changed is not None else []
                self._report(session, detector, finding, changed)
        return changed or NOTHING

    def _mute(self, session: Session, place: int, detector: Detector) -> None:
        """A detector that raises must not take the session with it: it is counted and not asked again here."""
        if place < len(session.detectors):
            session.detectors[place] = None
        session.muted = [*(session.muted or ()), detector.kind]
        self.detector_errors[detector.kind] += 1

    def _report(self, session: Session, detector: Detector, finding: Finding, changed: list[Anomaly]) -> None:
        anomaly_id = session.anomaly_id(detector.kind, finding.first_event_id)
        for anomaly in reversed(session.anomalies):
            if anomaly.id == anomaly_id:
                anomaly.version += 1
                break
        else:
            if len(session.anomalies) >= self._limits.max_anomalies:
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

    def end(self, session: Session, reason: EndReason, now_ms: int) -> list[Anomaly]:
        """End it; the anomalies that only the end shows."""
        session.end_reason = reason
        session.closed_ms = now_ms
        session.version += 1
        changed: list[Anomaly] = []
        for place, detector in enumerate(self.detectors):
            if session.muted and detector.kind in session.muted:
                continue
            state = session.detectors[place] if place < len(session.detectors) else None
            try:
                finding = detector.on_end(state, reason, session.last_ms)
            except Exception:
                self._mute(session, place, detector)
                continue
            if finding is not None:
                self._report(session, detector, finding, changed)
        return changed

    def reclose(self, session: Session) -> list[Anomaly]:
        """A close event came late: the session was not left open after all, and the anomaly is withdrawn."""
        session.end_reason = "close"
        withdrawn = [anomaly for anomaly in session.anomalies if anomaly.type == "missing_close"]
        session.anomalies = tuple(anomaly for anomaly in session.anomalies if anomaly not in withdrawn)
        for anomaly in withdrawn:
            anomaly.version += 1
            anomaly.details = {"status": "withdrawn"}
        return withdrawn

    def decode(self, state: bytes) -> Session:
        """The session that `encode_session` wrote, ready to fold, and sharing what live ones share."""
        session = decode_session_raw(state)
        session.project_id = intern(session.project_id)
        session.entry_url, session.entry_path = intern(session.entry_url), intern(session.entry_path)
        session.exit_url, session.exit_path = intern(session.exit_url), intern(session.exit_path)
        session.log.names = [intern(name) for name in session.log.names]
        if session.device is not None:
            session.device = self._shared(session.device)
        for place, plain in enumerate(session.detectors):
            session.detectors[place] = self._thaw(place, plain)
        return session

    def _thaw(self, place: int, plain: Any) -> msgspec.Struct | None:
        return None if plain is None else msgspec.convert(plain, self.detectors[place].State)


def _counter(event_type: str, limits: config.Session) -> Literal["page", "click", "error", ""]:
    if event_type in limits.page_types:
        return "page"
    if event_type in limits.click_types:
        return "click"
    return "error" if event_type in limits.error_types else ""
