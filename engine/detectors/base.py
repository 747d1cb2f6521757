"""What a detector is, and the contract that `tests/engine/test_every_detector.py` holds all of them to."""

from typing import Any, ClassVar, Final

import msgspec

from engine.wire import EndReason, Seen, Severity

MAX_EVIDENCE: Final = 20  # event ids kept per anomaly: enough to show, bounded for a burst of a million
MAX_TEXT: Final = 2_000  # characters of a client's text kept in a session: an event may hold a megabyte


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


class Action(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What a session keeps of its latest action; the default stands for "none yet", long before any event."""

    at_ms: int = 0
    event_type: str = ""
    event_id: str = ""


class Detector:
    """One rule. The object holds its thresholds and no session data; all memory is in a `State` per session.

    `on_action` is called once per action (never for continuous events), in the order of event time within a batch.
    `before` is the latest action until then; where an action is older than that (a later batch may hold one), only
    detectors that say so are asked. It returns a Finding when the rule holds with this action, and again each time the
    burst it reported grows. `on_end` is called once, when the session ends; its `state` is None where `on_action` was
    never asked. A detector must not keep the event, must bound its state, and sees no clock.

    The class attributes say which actions can matter to the rule. For all others it is not asked at all, which is what
    makes a detector cheap.
    """

    kind: ClassVar[str]
    severity: ClassVar[Severity]
    State: ClassVar[type[msgspec.Struct]] = NoState
    event_types: frozenset[str] | None = None  # None = every action
    first_types: frozenset[str] | None = None  # those that it must see before any other; None = all of its own
    # Rules about neighbours. The first action that does not meet them also ends what the detector remembers.
    max_gap_ms: int | None = None  # only an action that follows the one before in less than this
    is_same_type: ClassVar[bool] = False  # only an action of the type of the one before
    takes_older: ClassVar[bool] = False  # also an action that is older than the latest one

    def on_action(self, state: Any, event: Seen, before: Action) -> Finding | None:
        return None

    def on_end(self, state: Any, reason: EndReason, last_ms: int) -> Finding | None:
        return None


def remember(ids: tuple[str, ...], event_id: str) -> tuple[str, ...]:
    """Tuples, because most states hold none or one: half a million sessions have several states each."""
    return (*ids, event_id) if len(ids) < MAX_EVIDENCE else ids
