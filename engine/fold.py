"""The only file that changes a session: open, fold an event, end. Events in, anomalies out; no clock, no I/O."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, reduce
from sys import intern
from typing import Final

from engine import config
from engine.actionlog import extended
from engine.activity import MAX_GAP_MS, Activity
from engine.analysis import Anomaly, EndReason
from engine.clock import AGREES, in_our_time
from engine.detectors import build_detectors
from engine.devices import Devices
from engine.funnels import Funnels, Step
from engine.idset import IdSet, hash_id
from engine.kinds import Kind, Kinds
from engine.moment import MAX_TEXT
from engine.origin import origin_with
from engine.pages import Pages
from engine.rulebook import Rulebook
from engine.session import Session, decode_session_raw
from engine.vitals import worst
from engine.watch import NOTHING
from engine.watches import MakeDetectors, Watches
from engine.wire import HISTORIC, Seen

_hash_of_screen: Final = lru_cache(maxsize=1_000)(hash_id)  # the same ones come again and again


class Folder:
    """How one shard folds. Holds the policy and caches, no session; everything it decides is in the session.

    `make` builds the detectors of a set of rules, by place in the table.
    """

    def __init__(
        self,
        limits: config.Session,
        rulebook: Rulebook,
        funnels: Sequence[config.Funnel] = (),
        *,
        make: MakeDetectors = build_detectors,
    ) -> None:
        self._max_ids_half = limits.max_ids // 2
        self._max_event_types = limits.max_event_types
        self._max_actions = limits.max_actions
        self._max_screens = limits.max_screens
        self._share_us = 1_000_000 // limits.max_events_per_second
        self._burst_us = (limits.burst_events - 1) * self._share_us - 1
        self._watches = Watches(limits, rulebook, make)
        self.noted = self._watches.noted
        self._funnels = Funnels(funnels)
        self.moved: set[str] = set()  # keys of sessions that are elsewhere since somebody emptied this
        self._received_ms = self._received_us = 0
        self.unsure = 0  # events folded into sessions that may have forgotten the ids they ask for
        self.unsettled: list[tuple[Session, Seen]] = []  # and the event that did it; see `settle`
        self._kinds = Kinds(limits, self._funnels)
        self._devices = Devices()

    def holds(self, session: Session, event_id: str) -> bool:
        digest = hash_id(event_id)
        return digest in session.ids or (session.older_ids is not None and digest in session.older_ids)

    def busy_after_us(self, received_ms: int) -> int:
        """A session whose `paid_us` lies beyond this gets more events than it may."""
        return received_ms * 1000 + self._burst_us

    def remember(self, session: Session, event_id: str) -> bool:
        """Take the id of an event that is not folded; False if it was there."""
        if self.holds(session, event_id):
            session.duplicates += 1
            return False
        session.ids.add(hash_id(event_id))
        self._bound_ids(session)
        return True

    def in_our_time(self, event: Seen, live: Session | None, received_ms: int) -> Seen:
        """An event whose sender said when it sent it, as the live session of its key takes it."""
        if live is None:
            return in_our_time(event, None, 0, received_ms)[0]
        event, live.clock = in_our_time(event, live.clock, live.last_ms, received_ms)
        return event

    def fold(self, session: Session, event: Seen, received_ms: int) -> Sequence[Anomaly] | None:
        """Take one event; None if it was a duplicate, else the anomalies that are new or changed. For a session that
        goes into `unsettled`, `settle` says it."""
        digest = hash_id(event.event_id)
        older = session.older_ids
        if older is not None:
            self.unsure += 1
        if (older is not None and digest in older) or not session.ids.add(digest):
            session.duplicates += 1
            return None
        # Each id takes bytes of the table, so that one with fewer bytes than that needs no counting.
        if len(session.ids.table) > self._max_ids_half:
            self._bound_ids(session)
        kind = self._kinds[event.event_type]
        self._touch(session, event, received_ms)
        self._count(session, event, kind.counter)
        if kind.is_by_user:
            activity, at_ms = session.activity, event.at_ms
            if activity is None:
                session.activity = Activity(at_ms, at_ms)
            elif 0 <= at_ms - activity.until_ms <= MAX_GAP_MS:
                activity.until_ms = at_ms  # what `add` does, without the call
            else:
                activity.add(at_ms)
        if kind.steps:
            self._advance(session, event, kind.steps)
        return self._see(session, event, kind)

    def _bound_ids(self, session: Session) -> None:
        """Two sets in turn, so that a session without end forgets its oldest ids instead of growing."""
        if session.ids.count > self._max_ids_half:
            session.older_ids, session.ids = session.ids, IdSet()

    def _touch(self, session: Session, event: Seen, received_ms: int) -> None:
        at_ms = event.at_ms
        if not session.event_count:
            session.started_ms = session.last_ms = at_ms
        elif at_ms > session.last_ms:
            session.last_ms = at_ms
        elif at_ms < session.started_ms:
            session.started_ms = at_ms
        session.event_count += 1
        session.received_ms = received_ms
        is_historic = event.flags & HISTORIC > 0
        if session.historic != is_historic:  # to compare is cheaper than to set
            session.historic = is_historic
        if not is_historic:
            if received_ms != self._received_ms:  # one object for all sessions of a batch
                self._received_ms, self._received_us = received_ms, received_ms * 1000
            paid_us, now_us = session.paid_us + self._share_us, self._received_us
            session.paid_us = paid_us if paid_us > now_us else now_us
        if not session.user_id:
            session.user_id = event.user_id
        if session.device is None and event.device is not None:
            session.device = self._devices.shared(event.device)
        if event.country and not session.country:
            session.country, session.city = event.country[:MAX_TEXT], event.city[:MAX_TEXT]

    def _count(self, session: Session, event: Seen, counter: str) -> None:
        if counter:
            self._count_kind(session, event, counter)
        if event.scroll_depth is not None:
            self._scroll(session, event, event.scroll_depth)
        screen = event.screen_name or event.path
        if screen != session.last_screen and screen:
            session.last_screen = intern(screen[:MAX_TEXT])
            if session.screens.count < self._max_screens:
                session.screens.add(_hash_of_screen(screen))

    def _count_kind(self, session: Session, event: Seen, counter: str) -> None:
        if counter == "page":
            session.page_count += 1
            self._visit(session, event)
            page = event.path or event.screen_name
            if page:
                if session.pages is None:
                    session.pages = Pages()
                session.pages.visit(page, event.at_ms, is_latest=event.at_ms >= session.exit_ms)
        elif counter == "click":
            session.click_count += 1
        elif counter == "error":
            session.error_count += 1
        elif event.facts is not None:
            session.vitals = worst(session.vitals, event.facts)

    def _scroll(self, session: Session, event: Seen, depth_percent: int) -> None:
        if depth_percent > session.max_scroll_depth:
            session.max_scroll_depth = depth_percent
        page = event.path or event.screen_name
        if page:
            if session.pages is None:
                session.pages = Pages()
            session.pages.scroll(page, depth_percent)

    def _advance(self, session: Session, event: Seen, steps: tuple[Step, ...]) -> None:
        reached = self._funnels.advanced(session.funnels, steps, event.path)
        if reached is not session.funnels:
            session.funnels = reached
            self.moved.add(session.key)

    def _visit(self, session: Session, event: Seen) -> None:
        """Entry and exit by event time, so that the order of arrival does not matter."""
        at_ms = event.at_ms
        is_entry = not session.entry_ms or at_ms < session.entry_ms
        if event.facts is not None or (is_entry and session.origin is not None):
            session.origin = origin_with(session.origin, event.facts, is_entry=is_entry)
        if not is_entry and at_ms < session.exit_ms:
            return
        url, path = intern(event.url[:MAX_TEXT]), intern(event.path[:MAX_TEXT])  # many sessions see the same pages
        if is_entry:
            session.entry_ms, session.entry_url, session.entry_path = at_ms, url, path
        if at_ms >= session.exit_ms:
            if path != session.exit_path:
                self.moved.add(session.key)
            session.exit_ms, session.exit_url, session.exit_path = at_ms, url, path

    def _see(self, session: Session, event: Seen, kind: Kind) -> Sequence[Anomaly]:
        watch = self._watches.of(session)
        at_ms = event.at_ms
        if kind.is_action:
            recent = session.recent
            is_latest = at_ms >= session.latest.at_ms and (recent is None or recent.late_from < 0)
            session.log.add(kind.name, at_ms, self._max_event_types, self._max_actions, is_latest)
        elif not watch.is_watched(kind.name):
            return NOTHING
        changed = watch.see(session, event, kind.name)
        if changed is None:
            self.unsettled.append((session, event))
            return NOTHING
        return changed

    def settle(self, at: Callable[[Seen], None] | None = None) -> Iterator[tuple[Session, Sequence[Anomaly]]]:
        """Judge again what came out of order; the sessions and anomalies that changed. Once a batch, not once an event,
        so that a client that sends everything backwards costs no more than others. `at` hears of each before."""
        for session, event in self.unsettled:
            if at is not None:
                at(event)
            changed = self._watches.of(session).settle(session)
            if changed:
                yield session, changed
        self.unsettled.clear()

    def end(self, session: Session, reason: EndReason, now_ms: int) -> Sequence[Anomaly]:
        """End it; the anomalies that changed."""
        session.closed_ms = now_ms
        return self._watches.of(session).end(session, reason)

    def reclose(self, session: Session) -> Sequence[Anomaly]:
        """A close event came late: the session was not left open after all."""
        session.end_reason = "close"
        return self._watches.of(session).settle(session, is_new_end=True)

    def rules_changed(self) -> None:
        self._watches.changed()

    def silence(self, session: Session) -> None:
        self._watches.of(session).silence(session)

    def decode(self, state: bytes) -> Session:
        """The session that `encode_session` wrote, ready to fold, and sharing what live ones share."""
        session = decode_session_raw(state)
        session.project_id = intern(session.project_id)
        session.entry_url, session.entry_path = intern(session.entry_url), intern(session.entry_path)
        session.exit_url, session.exit_path = intern(session.exit_url), intern(session.exit_path)
        session.log.names = reduce(extended, map(intern, session.log.names), ())
        if session.device is not None:
            session.device = self._devices.shared(session.device)
        if session.pages is not None:
            session.pages.share()
        if session.clock == AGREES:
            session.clock = AGREES
        self._watches.thaw.session(session)
        return session
