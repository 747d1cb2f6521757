"""What a detector is, and the contract that `tests/engine/test_every_detector.py` holds all of them to."""

from collections.abc import Container, Sequence
from typing import Any, ClassVar, Final

import msgspec

from engine import config
from engine.action import Action as Action
from engine.analysis import AnomalyStatus, EndReason, Severity
from engine.moment import Moment

MAX_EVIDENCE: Final = 20  # event ids kept per anomaly: enough to show, bounded for a burst of a million
HORIZON_MS: Final = 5_000  # events may come so much too late, and are judged as if they had come in order


class Finding(msgspec.Struct, frozen=True):
    """A detector's verdict. The same `first_event_id` again means the same anomaly, changed or grown.

    `started_ms`, `last_ms`: the first and the last event that make it. `detected_ms`: the event time at which it was
    sure enough to be said. `severity` None and `type` "": those of the detector.
    """

    first_event_id: str
    started_ms: int
    last_ms: int
    detected_ms: int
    description: str
    event_ids: tuple[str, ...]
    details: dict[str, int | float | str]
    status: AnomalyStatus = "confirmed"
    severity: Severity | None = None
    type: str = ""


NO_FINDINGS: Final[tuple[Finding, ...]] = ()
Verdict = tuple[Any, Sequence[Finding]]  # what to remember from now on (None = nothing), and what to say


class Detector:
    """One rule. The object holds its thresholds and no session data: all memory is a `State` per session.

    `see` is called for moments in the order of event time; equal times come in the order of arrival. When an older
    event arrives, the watch goes back to a state before it and shows the moments since again, so that a detector never
    has to care. It gets what it remembered last (None = nothing) and the latest action until then, and returns what it
    remembers now and its findings: again each time the burst it reported has grown. A state is frozen, and bounded:
    a change makes a new one. `end` is called when the session ends. There is no clock but `Moment.at_ms`.

    The class attributes say which moments can matter to the rule. For all others it is not asked at all, which is what
    makes a detector cheap.
    """

    kind: ClassVar[str]
    severity: ClassVar[Severity]
    State: ClassVar[type[msgspec.Struct] | None] = None  # None = it remembers nothing
    event_types: Container[str] | None = None  # None = every action, but nothing that the page sends by itself
    first_types: frozenset[str] | None = None  # those it must see before any other; None = all of its own
    # Rules about neighbours. The first action that does not meet them also ends what the detector remembers.
    max_gap_ms: int | None = None  # only an action that follows the one before in less than this
    is_same_type: ClassVar[bool] = False  # only an action of the type of the one before
    lasts_ms: int | None = None  # what it remembers is worth nothing after so long without a moment; None = for ever

    def __init__(self, rule: Any, kinds: config.Session) -> None:
        """`rule`: the field of `engine.rules.Rules` that is named as this detector's `kind`. `kinds` says what the
        event types mean. What a detector needs of both it copies here."""
        self.thresholds: dict[str, int | float | str] = rule.thresholds()  # as its anomalies show them

    def see(self, state: Any, moment: Moment, before: Action) -> Verdict:
        return state, NO_FINDINGS

    def end(self, state: Any, reason: EndReason, last_ms: int) -> Sequence[Finding]:
        return NO_FINDINGS


def remember(ids: tuple[str, ...], event_id: str) -> tuple[str, ...]:
    return (*ids, event_id) if len(ids) < MAX_EVIDENCE else ids
