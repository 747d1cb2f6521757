"""Who looks at a moment: asks the detectors that it can matter to, and turns their findings into anomalies.

One watch per set of rules. It shows moments in order of time whatever the order of arrival: see engine/recent.py.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from engine import config
from engine.analysis import Anomaly, EndReason
from engine.detectors.base import NO_FINDINGS, Action, Detector, Verdict
from engine.moment import Moment, moment_of
from engine.noted import Noted
from engine.recent import MARK_MS, MAX_MOMENTS, Recent, marked
from engine.reporter import Reporter
from engine.roster import Profiles, Roster
from engine.session import PATTERNS, Session
from engine.states import BITS, NONE, PLACES, by_place, packed
from engine.thaw import Thaw
from engine.wire import Seen

NOTHING: Final[tuple[Anomaly, ...]] = ()
_FOREVER_MS: Final = 1 << 62


class Watch:
    """`detectors` by place in the table, None = turned off; `versions`: of their rules, `version`: of all of them.
    `kinds`: what event types mean, and how many anomalies a session may have."""

    def __init__(
        self,
        detectors: Sequence[Detector | None],
        *,
        version: int,
        versions: Sequence[int],
        kinds: config.Session,
        thaw: Thaw,
        noted: Noted,
    ) -> None:
        self.version = version
        self.detectors = tuple(detectors)
        self._versions = tuple(versions)
        self._lasting = _lasting(self.detectors)
        self._shortest_ms = self._lasting[-1][0] if self._lasting else _FOREVER_MS
        self._continuous_types = kinds.continuous_types
        self._page_types = kinds.page_types
        self._reporter = Reporter(max_anomalies=kinds.max_anomalies, noted=noted)
        self._thaw = thaw
        self._noted = noted
        self._profiles = Profiles(self.detectors, kinds.continuous_types)
        self._roster = Roster(self.detectors)
        self._gaps_ms = self._roster.gaps_ms

    def is_watched(self, event_type: str) -> bool:
        """Whether such an event can matter to any detector: else no moment has to be made of it."""
        return self._profiles[event_type] > 0

    def see(self, session: Session, event: Seen, kind: str) -> Sequence[Anomaly] | None:
        """An event that just came; the anomalies that are new or changed. None: it came late, or the session is over:
        `settle` must be called before anybody looks at the anomalies."""
        recent, at_ms = session.recent or _begin(session), event.at_ms
        moments = recent.moments
        last_ms = moments[-1].at_ms if moments else recent.at_ms
        idle_ms = at_ms - last_ms
        if idle_ms < 0 or recent.late_from >= 0 or session.end_reason:
            return self._see_late(recent, event, kind)
        # What `needs_mark` and `add` do, without the calls.
        if at_ms // MARK_MS == last_ms // MARK_MS and len(moments) % MAX_MOMENTS:
            moment = moment_of(event, kind, at_ms, self._page_types)
        else:
            states, anomalies, latest = session.detectors, session.anomalies, session.latest
            moment = moment_of(event, kind, at_ms, self._page_types, states, anomalies, latest)
            moments = recent.kept(at_ms)
        recent.moments = (*moments, moment)
        changed = self._show(session, moment, idle_ms)
        if changed:
            self._noted.say(changed)
        return changed

    def _see_late(self, recent: Recent, event: Seen, kind: str) -> Sequence[Anomaly] | None:
        if event.at_ms < recent.at_ms:
            self._noted.too_late += 1
            return NOTHING
        recent.insert(moment_of(event, kind, event.at_ms, self._page_types))
        return None

    def settle(self, session: Session, *, is_new_end: bool = False) -> Sequence[Anomaly]:
        """Go back to before the moments that are not shown yet, and show everything since; what that changed."""
        recent = session.recent or _begin(session)
        if recent.late_from < 0 and not is_new_end:
            return NOTHING
        before = session.anomalies
        moments = recent.rewind()
        if moments and moments[0].states is not None:
            session.detectors, session.anomalies = self._thaw.states(moments[0].states), moments[0].anomalies
            session.latest = moments[0].latest or Action()
        elif recent.unended is not None:
            session.anomalies = recent.unended
        for moment in moments:
            idle_ms = moment.at_ms - recent.last_ms
            if recent.needs_mark(moment.at_ms):
                recent.add(marked(moment, session.detectors, session.anomalies, session.latest))
            else:
                recent.add(marked(moment, None, (), None))
            self._show(session, moment, idle_ms)
        if session.end_reason:
            recent.unended = session.anomalies
            self._end(session, session.end_reason)
        changed = self._reporter.compare(session, before)
        self._noted.say(changed)
        return changed

    def _show(self, session: Session, moment: Moment, idle_ms: int) -> Sequence[Anomaly]:
        """The next moment in order, to those that it can matter to. `idle_ms`: since the one before it."""
        before, event_type, states = session.latest, moment.event_type, session.detectors
        reached = bisect_right(self._gaps_ms, moment.at_ms - before.at_ms)
        asked = self._roster[self._profiles[event_type], states[0], reached, before.event_type == event_type]
        if session.muted:
            asked = tuple([one for one in asked if one.detector.kind not in session.muted])
        bits, fresh = states[0], None  # the states from now on by place, where any changed
        changed: list[Anomaly] | None = None
        for known_at, place, bit, see, detector in asked:
            state = states[known_at] if known_at else None
            try:
                new, findings = see(state, moment, before)
            except MemoryError:
                raise  # of the process, whoever asked last: another process decides the same about the same frames
            except Exception:
                new, findings = self._mute(session, detector)
            if new is not state:
                if fresh is None:
                    fresh = dict(zip(PLACES[bits], states, strict=True))  # by_place, without the call
                    if idle_ms > self._shortest_ms:
                        bits = self._kept(bits, idle_ms)
                fresh[place] = new
                bits = bits & ~bit if new is None else bits | bit
            if findings:
                changed = [] if changed is None else changed
                self._reporter.report(session, detector, self._versions[place], findings, changed)
        if fresh is not None:
            fresh[BITS] = bits
            session.detectors = tuple(map(fresh.__getitem__, PLACES[bits]))
        if event_type not in self._continuous_types:
            session.latest = Action(moment.at_ms, event_type, moment.event_id)
        return changed or NOTHING

    def _kept(self, bits: int, idle_ms: int) -> int:
        """Without those whose states are worth nothing after such a pause."""
        for lasts_ms, gone in self._lasting:
            if lasts_ms < idle_ms:
                return bits & ~gone
        return bits

    def _mute(self, session: Session, detector: Detector) -> Verdict:
        """A detector that raises must not take the session with it: it is counted and not asked again here."""
        session.muted = [*(session.muted or ()), detector.kind]
        self._noted.errors[detector.kind] += 1
        return None, NO_FINDINGS

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
        known = by_place(session.detectors)
        for place, detector in enumerate(self.detectors):
            if detector is None or (session.muted and detector.kind in session.muted):
                continue
            try:
                findings = detector.end(known.get(place), reason, session.last_ms)
            except MemoryError:
                raise
            except Exception:
                _, findings = self._mute(session, detector)
            if findings:
                self._reporter.report(session, detector, self._versions[place], findings, changed)
        return changed

    def silence(self, session: Session) -> None:
        """No detector and no pattern of this session is computed any more."""
        session.detectors, session.recent = NONE, None
        session.muted = [PATTERNS, *(detector.kind for detector in self.detectors if detector is not None)]

    def take_over(self, session: Session) -> None:
        """A session that was judged by other rules. Detectors whose rule is still the same go on, the others begin
        anew, and what happened before is not judged again."""
        known = max(session.rules_version, 1)
        session.rules_version = self.version
        if session.detectors != NONE:
            kept = [place for place, version in enumerate(self._versions) if version <= known]
            states = by_place(session.detectors)
            session.detectors = packed({place: states.get(place) for place in kept})
        if session.recent is not None:
            session.recent = Recent(session.recent.last_ms, unended=session.recent.unended)


def _begin(session: Session) -> Recent:
    """Nothing to go back to yet. A session that a release before this one ended holds what its end showed."""
    unended = None
    if session.end_reason:
        unended = tuple(a for a in session.anomalies if a.type != "missing_close")
    session.recent = Recent(session.latest.at_ms, unended=unended)
    return session.recent


def _lasting(detectors: Sequence[Detector | None]) -> list[tuple[int, int]]:
    """After more milliseconds than these: the bits of the states that are worth nothing then; the longest first."""
    known = [(one.lasts_ms, 1 << place) for place, one in enumerate(detectors) if one and one.lasts_ms is not None]
    return [(ms, sum(bit for lasts_ms, bit in known if lasts_ms <= ms)) for ms in sorted({ms for ms, _ in known})[::-1]]
