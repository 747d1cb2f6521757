"""Who looks at a moment: asks the detectors that it can matter to, and turns their findings into anomalies.

One watch per set of rules. It shows moments in order of time whatever the order of arrival: see engine/recent.py.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import convert

from engine.analysis import Anomaly, EndReason
from engine.detectors import FORMER
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding
from engine.moment import Moment
from engine.noted import Noted
from engine.recent import Recent
from engine.reporter import Reporter
from engine.session import PATTERNS, Session

NOTHING: Final[tuple[Anomaly, ...]] = ()
_FOREVER_MS: Final = 1 << 62
_MAX_TYPES: Final = 1_000  # event types are the client's words: they are not remembered without end


class Watcher(NamedTuple):
    """A detector that wants to see a type of event, and the conditions under which it is asked."""

    place: int  # in the table
    detector: Detector
    begins: bool  # asked also when it remembers nothing yet
    max_gap_ms: int
    is_same_type: bool


class Watch:
    """`detectors` by place in the table, None = turned off; `versions`: of their rules, `version`: of all of them.
    `max_anomalies`: of a session, those not counted that were withdrawn."""

    def __init__(
        self,
        detectors: Sequence[Detector | None],
        *,
        version: int,
        versions: Sequence[int],
        continuous_types: frozenset[str],
        max_anomalies: int,
        noted: Noted,
    ) -> None:
        self.version = version
        self.detectors = tuple(detectors)
        self._versions = tuple(versions)
        self._nothing = (None,) * len(self.detectors)
        self._states = tuple(None if detector is None else detector.State for detector in self.detectors)
        lasting = [(d.lasts_ms, place) for place, d in enumerate(self.detectors) if d is not None]
        self._lasting = sorted((ms, place) for ms, place in lasting if ms is not None)
        self._continuous_types = continuous_types
        self._reporter = Reporter(max_anomalies=max_anomalies, noted=noted)
        self._noted = noted
        self._watchers: dict[str, tuple[Watcher, ...]] = {}

    def watchers(self, event_type: str) -> tuple[Watcher, ...]:
        """Those that such an event can matter to; () = no moment has to be made of it."""
        found = self._watchers.get(event_type)
        if found is None:
            found = self._find(event_type)
            if len(self._watchers) < _MAX_TYPES:
                self._watchers[event_type] = found
        return found

    def _find(self, event_type: str) -> tuple[Watcher, ...]:
        is_action = event_type not in self._continuous_types
        return tuple(
            Watcher(
                place,
                detector,
                detector.first_types is None or event_type in detector.first_types,
                _FOREVER_MS if detector.max_gap_ms is None else detector.max_gap_ms,
                detector.is_same_type,
            )
            for place, detector in enumerate(self.detectors)
            if detector is not None
            and (is_action if detector.event_types is None else event_type in detector.event_types)
        )

    def see(self, session: Session, moment: Moment) -> Sequence[Anomaly] | None:
        """A moment that just came; the anomalies that are new or changed. None: it came late, or the session is over:
        `settle` must be called before anybody looks at the anomalies."""
        recent = session.recent or _begin(session)
        at_ms, moments = moment.at_ms, recent.moments
        if recent.shown == len(moments) and at_ms >= (moments[-1].at_ms if moments else recent.at_ms):
            if recent.is_full(at_ms):
                self._move_on(session, recent, at_ms)
            if recent.unended is not None:  # `settle` keeps apart what the end shows
                recent.insert(moment)
                return None
            recent.moments = (*recent.moments, moment)
            recent.shown += 1
            changed = self._show(session, moment)
            if changed:
                self._noted.say(changed)
            return changed
        if at_ms < recent.at_ms:
            self._noted.too_late += 1
            return NOTHING
        recent.insert(moment)
        return None

    def settle(self, session: Session, *, is_new_end: bool = False) -> Sequence[Anomaly]:
        """Go back to before the moments that are not shown yet, and show everything since; what that changed."""
        recent = session.recent or _begin(session)
        if recent.is_shown and not is_new_end:
            return NOTHING
        before = session.anomalies
        mark = recent.way_back()
        session.detectors, session.anomalies, session.latest = mark.states, mark.anomalies, mark.latest
        for moment in mark.moments:
            self._show(session, moment)
        recent.shown = len(recent.moments)
        if session.end_reason:
            recent.unended = session.anomalies
            self._end(session, session.end_reason)
        changed = self._reporter.compare(session, before)
        self._noted.say(changed)
        return changed

    def _move_on(self, session: Session, recent: Recent, at_ms: int) -> None:
        """A mark before a moment of `at_ms`. What is worth nothing to it is forgotten, though not by the mark: a moment
        that comes late may lie before it."""
        gap_ms = at_ms - recent.last_ms
        anomalies = session.anomalies if recent.unended is None else recent.unended
        recent.move_on(at_ms, session.detectors, anomalies, session.latest)
        states = session.detectors
        known = len(states)
        fresh: list[Any] | None = None
        for lasts_ms, place in self._lasting:
            if lasts_ms >= gap_ms:
                break
            if place < known and states[place] is not None:
                fresh = [*states] if fresh is None else fresh
                fresh[place] = None
        if fresh is not None:
            while fresh and fresh[-1] is None:
                fresh.pop()
            session.detectors = tuple(fresh)

    def _show(self, session: Session, moment: Moment) -> Sequence[Anomaly]:
        """The next moment in order, to those that it can matter to."""
        before, event_type = session.latest, moment.event_type
        gap_ms, is_other_type = moment.at_ms - before.at_ms, before.event_type != event_type
        states, muted = session.detectors, session.muted
        known = len(states)
        fresh: list[Any] | None = None  # the states from now on, where any changed
        changed: list[Anomaly] | None = None
        watchers = self._watchers.get(event_type)
        for place, detector, begins, max_gap_ms, is_same_type in (
            self.watchers(event_type) if watchers is None else watchers
        ):
            state = states[place] if place < known else None
            if state is None and not begins:
                continue
            findings: Sequence[Finding] = NO_FINDINGS
            if gap_ms >= max_gap_ms or (is_same_type and is_other_type):
                new = None
            elif muted and detector.kind in muted:
                continue
            else:
                try:
                    new, findings = detector.see(state, moment, before)
                except MemoryError:
                    raise  # of the process, whoever asked last: another process decides the same about the same frames
                except Exception:
                    self._mute(session, detector)
                    new = None
            if new is not state:
                if fresh is None:
                    fresh = [*states]
                if place >= len(fresh):
                    fresh += self._nothing[len(fresh) : place + 1]
                fresh[place] = new
            if findings:
                changed = [] if changed is None else changed
                self._reporter.report(session, detector, self._versions[place], findings, changed)
        if fresh is not None:
            session.detectors = tuple(fresh)
        if event_type not in self._continuous_types:
            session.latest = Action(moment.at_ms, event_type, moment.event_id)
        return changed or NOTHING

    def _mute(self, session: Session, detector: Detector) -> None:
        """A detector that raises must not take the session with it: it is counted and not asked again here."""
        session.muted = [*(session.muted or ()), detector.kind]
        self._noted.errors[detector.kind] += 1

    def end(self, session: Session, reason: EndReason) -> Sequence[Anomaly]:
        """End it: what is not shown yet is shown first. The anomalies that changed."""
        settled = self.settle(session)
        recent = session.recent or _begin(session)
        recent.unended = session.anomalies
        session.end_reason = reason
        changed = self._end(session, reason)
        self._noted.say(changed)
        return [*settled, *changed]

    def _end(self, session: Session, reason: EndReason) -> Sequence[Anomaly]:
        """The anomalies that only the end shows."""
        changed: list[Anomaly] = []
        for place, detector in enumerate(self.detectors):
            if detector is None or (session.muted and detector.kind in session.muted):
                continue
            state = session.detectors[place] if place < len(session.detectors) else None
            try:
                findings = detector.end(state, reason, session.last_ms)
            except MemoryError:
                raise
            except Exception:
                self._mute(session, detector)
                findings = NO_FINDINGS
            if findings:
                self._reporter.report(session, detector, self._versions[place], findings, changed)
        return changed

    def silence(self, session: Session) -> None:
        """No detector and no pattern of this session is computed any more."""
        session.detectors = ()
        session.recent = None
        session.muted = [PATTERNS, *(detector.kind for detector in self.detectors if detector is not None)]

    def take_over(self, session: Session) -> None:
        """A session that was judged by other rules. Detectors whose rule is still the same go on, the others begin
        anew, and what happened before is not judged again."""
        known = session.rules_version
        keeps = [version <= max(known, 1) for version in self._versions]
        session.detectors = tuple(s if keep else None for s, keep in zip(session.detectors, keeps, strict=False))
        recent = session.recent
        if recent is not None:
            anomalies = session.anomalies if recent.unended is None else recent.unended
            session.recent = Recent(
                recent.last_ms, session.detectors, anomalies, session.latest, unended=recent.unended
            )
        session.rules_version = self.version

    def thaw(self, session: Session) -> None:
        """The plain values of a session that was just decoded as the states that they were."""
        if session.detectors:
            read = self._thawed if session.rules_version else self._begun_anew
            session.detectors = read(session.detectors)
        recent = session.recent
        if recent is not None:
            recent.states = self._thawed(recent.states)
            recent.second_states = self._thawed(recent.second_states)

    def _thawed(self, states: Sequence[Any]) -> tuple[msgspec.Struct | None, ...]:
        kinds = zip(states, self._states, strict=False)
        return tuple([None if plain is None or kind is None else convert(plain, kind) for plain, kind in kinds])

    def _begun_anew(self, states: Sequence[Any]) -> tuple[msgspec.Struct | None, ...]:
        """Of a release that had other states: what cannot be read begins anew."""
        former = dict(zip(FORMER, states, strict=False))
        return tuple(None if d is None else _readable(former.get(d.kind), d.State) for d in self.detectors)


def _readable(plain: Any, kind: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    try:
        return None if plain is None or kind is None else convert(plain, kind)
    except msgspec.ValidationError:
        return None


def _begin(session: Session) -> Recent:
    """Nothing to go back to yet. A session that a release before this one ended holds what its end showed."""
    anomalies, unended = session.anomalies, None
    if session.end_reason:
        unended = anomalies = tuple(a for a in anomalies if a.type != "missing_close")
    session.recent = Recent(session.latest.at_ms, session.detectors, anomalies, session.latest, unended=unended)
    return session.recent
