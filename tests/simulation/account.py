"""Who is open since when, told from frames and their outcomes alone: no line of the engine decides here."""

from collections.abc import Iterable
from typing import TypeAlias

from engine import slots
from engine.analysis import Summary
from engine.config import Session as Limits
from engine.wire import ACCEPTED, Batch, Control, Event, Outcome
from persistence.journal import Frame

Identity: TypeAlias = tuple[str, int]  # session id, generation as the outside counts it


class Account:
    """Receive times in Unix ms, of the frames."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._open: dict[Identity, int] = {}  # when its last event came in
        self._owners: dict[Identity, str] = {}  # whose sessions follow each other
        self._empty: dict[str, int] = {}  # session id -> when it was opened; no event has come yet
        self._ended: set[Identity] = set()
        self._not_before_ms = 0

    def start(self, frame: Frame) -> None:
        self._not_before_ms = frame.received_ms + self._limits.grace_ms

    def batch(self, frame: Frame, batch: Batch[Event], outcome: Outcome) -> None:
        for control in batch.controls:
            self._control(control, frame.received_ms)
        for place, event in enumerate(batch.events):
            if outcome.statuses[place] == ACCEPTED:
                session_id = outcome.session_ids.get(place, event.session_id)
                identity = session_id, outcome.generations[place]
                self._open[identity] = frame.received_ms
                self._owners[identity] = event.session_id or slots.user_key(event.project_id, event.user_id)
                self._empty.pop(session_id, None)
        self._close(outcome.summaries)

    def _control(self, control: Control, now_ms: int) -> None:
        is_open = any(session_id == control.session_id for session_id, _ in self._open)
        if control.kind == "open" and not is_open:
            self._empty.setdefault(control.session_id, now_ms)

    def end(self, frame: Frame, outcome: Outcome) -> None:
        if frame.kind == "tick":
            for summary in outcome.summaries:
                self._check_not_early(summary, frame.received_ms)
        self._close(outcome.summaries)

    def _check_not_early(self, summary: Summary, now_ms: int) -> None:
        identity = summary.session_id, summary.generation
        last_ms = self._open.get(identity, self._empty.get(summary.session_id))
        if last_ms is None:
            assert not summary.event_count, f"{identity} ended and was not open"
            return  # opened without an event, and which of its generations an event went to is not told
        assert now_ms - last_ms >= self._limits.gap_ms, f"{identity} ended {now_ms - last_ms} ms after its last event"
        assert now_ms >= self._not_before_ms, f"{identity} ended within the grace after a start"

    def _close(self, summaries: Iterable[Summary]) -> None:
        for summary in summaries:
            identity = summary.session_id, summary.generation
            if self._open.pop(identity, None) is None and identity not in self._ended:
                self._empty.pop(summary.session_id, None)
            self._ended.add(identity)  # from then on it is issued again for late events
        owners = [self._owners[identity] for identity in self._open]
        assert len(owners) == len(set(owners)), f"two sessions are open at once: {sorted(self._open)}"

    def check_not_late(self, now_ms: int) -> None:
        """After a tick that had to end everyone who was due at `now_ms`."""
        if now_ms < self._not_before_ms:
            return
        for identity, last_ms in self._open.items():
            assert now_ms - last_ms < self._limits.gap_ms, (
                f"{identity} is open {now_ms - last_ms} ms after its last event"
            )
        for session_id, last_ms in self._empty.items():
            assert now_ms - last_ms < self._limits.gap_ms, f"{session_id} is still open and empty"
