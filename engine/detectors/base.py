"""What a detector is, and the contract that `tests/engine/test_every_detector.py` holds all of them to."""

from typing import Any, ClassVar, Final

import msgspec

from engine.wire import EndReason, Event, Severity

MAX_EVIDENCE: Final = 20  # event ids kept per anomaly: enough to show, bounded for a burst of a million


class Finding(msgspec.Struct):
    """A detector's verdict. The same `first_event_id` again means the same anomaly, grown."""

    first_event_id: str
    started_ms: int
    detected_ms: int
    description: str
    event_ids: list[str]
    details: dict[str, int | float | str]


class NoState(msgspec.Struct, array_like=True, gc=False):
    """For a rule that remembers nothing."""


class Detector:
    """One rule. The object holds its thresholds and no session data; all memory is in a `State` per session.

    `on_action` is called once per action (never for continuous events), in the order of event time within a batch.
    A later batch may hold an older action: a detector must take it without moving its time back. It returns a
    Finding when the rule holds with this action, and again each time the burst it reported grows. `on_end` is called
    once, when the session ends. A detector must not keep the event, must bound its state, and sees no clock.
    """

    kind: ClassVar[str]
    severity: ClassVar[Severity]
    State: ClassVar[type[msgspec.Struct]] = NoState
    event_types: frozenset[str] | None = None  # None = every action

    def on_action(self, state: Any, event: Event) -> Finding | None:
        return None

    def on_end(self, state: Any, reason: EndReason, last_ms: int) -> Finding | None:
        return None


def remember(ids: tuple[str, ...], event_id: str) -> tuple[str, ...]:
    """Tuples, because most states hold none or one: half a million sessions have several states each."""
    return (*ids, event_id) if len(ids) < MAX_EVIDENCE else ids
