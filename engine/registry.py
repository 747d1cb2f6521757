"""What a shard's frames do to its sessions: which event belongs to which one, and who ends when.

Frames in, outcomes out: the same frames always lead to the same bytes. All time is in the frames.
"""

from collections.abc import Callable, Iterable, Sequence

from engine import config, slots
from engine.analysis import EndReason
from engine.clock import AGREES
from engine.config import Funnel
from engine.fold import Folder
from engine.issue import Issue
from engine.own import Own
from engine.placing import MAY_DIFFER, Placing
from engine.residents import Archive, Residents
from engine.rulebook import Rulebook
from engine.session import Session
from engine.tally import Tally
from engine.wire import (
    DUPLICATE,
    HISTORIC,
    LATE_FOLDED,
    ON_TIME,
    OVERFLOW,
    Batch,
    Control,
    Outcome,
    Seen,
)


class Registry:
    """Call `apply`, `end` and `start` with the time and the number of the frame that will carry the outcome; times
    never go back. With `replaying` a frame skips the keys whose saved state already holds it."""

    def __init__(
        self, *, limits: config.Session, rulebook: Rulebook, archive: Archive, funnels: Sequence[Funnel] = ()
    ) -> None:
        self._limits = limits
        self._gap_ms = limits.gap_ms
        self._max_length_ms = limits.max_length_ms
        self._close_types = limits.close_types
        self.folder = Folder(limits, rulebook, funnels)
        self.residents = Residents(self.folder, archive, gap_ms=limits.gap_ms)
        self.own = Own()
        self.tally = Tally()
        self._placing = Placing(limits, self.residents)
        self.replaying = False

    def start(self, now_ms: int) -> None:
        """A process took over: clients were cut off, so nobody times out before the grace has passed."""
        self._advance(now_ms)
        self.own.not_before_ms = now_ms + self._limits.grace_ms

    def apply(self, batch: Batch[Seen], now_ms: int, seq: int, *, settles: bool = True) -> Outcome:
        """Fold a batch in event-time order, statuses in the order of `batch.events`. Sessions are opened before its
        events and closed after them. Without `settles`, `settle` must be called before anything else is."""
        self._advance(now_ms)
        self.folder.unsure = 0
        issue = Issue(len(batch.events))
        issue.controls.extend(self._open_now(c, now_ms, seq, issue) for c in batch.controls)
        self._fold_all(batch.events, now_ms, seq, issue)
        if settles:
            self._settle(issue)
        for place, control in enumerate(batch.controls):
            if control.kind == "close":
                issue.controls[place] = self._close_now(control, now_ms, seq, issue)
        return issue.outcome(self.folder.noted.errors, unsure=self.folder.unsure)

    def _fold_all(self, events: Sequence[Seen], now_ms: int, seq: int, issue: Issue) -> None:
        live, dirty = self.residents.live, self.residents.dirty
        fold, statuses, indexes = self.folder.fold, issue.statuses, issue.indexes
        key_of, replaying = self.residents.key_of_event, self.replaying
        gap_ms, max_length_ms, close_types = self._gap_ms, self._max_length_ms, self._close_types
        busy_after_us = self.folder.busy_after_us(now_ms)
        times_ms = [event.at_ms for event in events]
        for place in sorted(range(len(events)), key=times_ms.__getitem__):  # equal times keep the order of arrival
            event = events[place]
            key = key_of(event)
            if replaying and self._skips(key, seq):
                continue
            session = live.get(key)
            facts = event.facts  # nearly all clocks agree, and are known to after the first event
            if (event.flags & ON_TIME and (session is None or session.clock is not AGREES)) or (
                facts is not None and facts.offset_ms
            ):
                event = self.folder.in_our_time(event, session, now_ms)
                if event.at_ms != times_ms[place]:
                    issue.moved[place] = event.at_ms - times_ms[place]
            at_ms = event.at_ms
            if (  # the plain case: the live session neither begins, nor ends, nor gets too long with this event
                session is not None
                and session.started_ms <= at_ms <= session.last_ms + gap_ms
                and at_ms - session.started_ms <= max_length_ms
                and session.paid_us <= busy_after_us
                and event.event_type not in close_types
                and session.event_count
                and (session.generation == 1 or not event.flags & MAY_DIFFER)
            ):
                changed = fold(session, event, now_ms)
                if changed is None:
                    statuses[place] = DUPLICATE
                else:
                    indexes[place] = session.event_count
                    if changed:
                        issue.anomalies(session, changed)
                if session.generation != 1 or session.made_id:
                    issue.belongs(place, event, session)
            else:
                self._take(place, key, event, now_ms, issue)
            if key not in dirty:
                dirty[key] = seq

    def settle(self, at: Callable[[Seen], None]) -> Outcome:
        """What the events of batches that were applied without settling change out of order; `at` hears of each."""
        issue = Issue()
        self._settle(issue, at)
        return issue.outcome(self.folder.noted.errors)

    def _settle(self, issue: Issue, at: Callable[[Seen], None] | None = None) -> None:
        for session, changed in self.folder.settle(at):
            issue.anomalies(session, changed)
            if session.end_reason:
                issue.summary(session)

    def opens_any(self, batch: Batch[Seen]) -> bool:
        """Whether a batch has anything for a session that is not live."""
        live = self.residents.live
        return any(control.kind == "open" for control in batch.controls) or any(
            self.residents.key_of_event(event) not in live for event in batch.events
        )

    def due(self, now_ms: int, *, limit: int) -> list[tuple[str, int]]:
        """The (key, generation) whose inactivity is over. The shard journals the list and hands it to `end`, so
        that a replay ends the same ones."""
        return self.residents.due(now_ms, self.own.not_before_ms, limit=limit)

    def swept(self, project_id: str, now_ms: int) -> list[tuple[str, int]]:
        """The imported sessions of a project whose gap has passed in event time."""
        before_ms = now_ms - self._limits.gap_ms
        return [
            (key, session.generation)
            for key, session in self.residents.live.items()
            if session.historic and session.project_id == project_id and session.last_ms < before_ms
        ]

    def end(self, ending: Iterable[Sequence[str | int]], now_ms: int, seq: int) -> Outcome:
        """End these (key, generation) by timeout; those that are not live any more are left alone."""
        self._advance(now_ms)
        issue = Issue()
        for key, generation in ending:
            session = self.residents.live.get(str(key))
            if session is not None and session.generation == generation and not self._skips(session.key, seq):
                self._end(session, "timeout", now_ms, issue)
                self.residents.dirty.setdefault(session.key, seq)
        return issue.outcome(self.folder.noted.errors)

    def silence(self, key: str, generation: int) -> None:
        """Let a live session end without detectors and patterns."""
        session = self.residents.live.get(key)
        if session is not None and session.generation == generation:
            self.folder.silence(session)

    def rules_changed(self, now_ms: int) -> None:
        """The rulebook says something else from the next event on. `now_ms`: of the frame that changed it."""
        self._advance(now_ms)
        self.folder.rules_changed()

    def _advance(self, now_ms: int) -> None:
        self.own.clock_ms = max(self.own.clock_ms, now_ms)

    def _skips(self, key: str, seq: int) -> bool:
        return self.replaying and self.residents.is_saved(key, seq)

    def _take(self, place: int, key: str, event: Seen, now_ms: int, issue: Issue) -> None:
        """One event that may begin, end or wake a session."""
        live = self.residents.live.get(key)
        placed = self._placing.place(key, live, event, now_ms)
        session = placed.session
        if session is None:
            issue.late(place, event, placed.session_id, placed.generation)
            return
        if placed.ends_live and live is not None:
            self._end(live, placed.ends_live, now_ms, issue)
        if placed.begins or placed.ends_at_once:
            self.tally.started += 1
            issue.begins(session, event)
        if placed.begins:
            self.residents.put_live(session)
        if session.paid_us > self.folder.busy_after_us(now_ms) and not event.flags & HISTORIC:
            issue.belongs(place, event, session)
            issue.statuses[place] = OVERFLOW if self.folder.remember(session, event.event_id) else DUPLICATE
            return
        was_live = session.is_live
        changed = self.folder.fold(session, event, now_ms)
        issue.belongs(place, event, session)
        if changed is None:
            issue.statuses[place] = DUPLICATE
            return
        issue.indexes[place] = session.event_count
        issue.anomalies(session, changed)
        is_close = event.event_type in self._close_types
        if not was_live:
            issue.statuses[place] = LATE_FOLDED
            session.late += 1
            issue.anomalies(session, self.folder.reclose(session) if is_close else ())
            issue.summary(session)
        elif is_close or placed.ends_at_once:
            self._end(session, "close" if is_close else "timeout", now_ms, issue)

    def _end(self, session: Session, reason: EndReason, now_ms: int, issue: Issue) -> None:
        self.tally.ended[reason] += 1
        issue.anomalies(session, self.folder.end(session, reason, now_ms))
        issue.summary(session)
        self.residents.retire(session)

    def _open_now(self, control: Control, now_ms: int, seq: int, issue: Issue) -> int:
        key = slots.session_key(control.project_id, control.session_id)
        if control.kind == "open" and key not in self.residents.live and not self._skips(key, seq):
            event = Seen(control.project_id, "", control.session_id, control.user_id, "", now_ms)
            since_ms = now_ms - self._limits.late_ms - self._limits.remember_ms
            generation = self._placing.next_generation(key, since_ms)
            self.tally.started += 1
            session = self._placing.new(key, event, generation, now_ms)
            self.residents.put_live(session)
            issue.begins(session, event)
            self.residents.dirty.setdefault(key, seq)
        return 1

    def _close_now(self, control: Control, now_ms: int, seq: int, issue: Issue) -> int:
        key = self.residents.key_of(control.project_id, control.session_id)
        session = self.residents.live.get(key)
        if session is None or self._skips(key, seq):
            return 0
        self._end(session, "close", now_ms, issue)
        self.residents.dirty.setdefault(key, seq)
        return 1
