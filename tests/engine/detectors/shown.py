"""Show moments to one detector as the watch does, with what it remembers written down and read again each time."""

from collections.abc import Iterable
from typing import Any

import msgspec

from engine import config
from engine.analysis import EndReason
from engine.detectors.base import MAX_EVIDENCE, Action, Detector, Finding
from engine.moment import Moment

KINDS = config.Session()


def findings(
    detector: Detector, moments: Iterable[Moment], end: EndReason | None = None, *, quiet_ms: int = 0
) -> list[Finding]:
    """What it says to these moments, which are in order; with `end`, also to an end `quiet_ms` after the last."""
    state: Any = None
    before, last_ms = Action(), 0
    said: list[Finding] = []
    for moment in moments:
        assert moment.at_ms >= last_ms
        last_ms = moment.at_ms
        is_action = moment.event_type not in KINDS.continuous_types
        if is_asked(detector, state, moment, is_action):
            new, found = detector.see(state, moment, before)
            state = reread(detector, new)
            said += found
        before = Action(moment.at_ms, moment.event_type, moment.event_id) if is_action else before
    if end is not None:
        said += detector.end(state, end, last_ms + quiet_ms)
    for finding in said:
        assert len(finding.event_ids) <= MAX_EVIDENCE
        assert finding.event_ids[0] == finding.first_event_id
        assert finding.started_ms <= finding.last_ms
        assert finding.started_ms <= finding.detected_ms <= last_ms + quiet_ms
    return said


def bursts(detector: Detector, moments: Iterable[Moment], end: EndReason | None = None) -> dict[str, Finding]:
    """The anomalies they make: the last finding for each first event, without those that were withdrawn."""
    last = {(found.type, found.first_event_id): found for found in findings(detector, moments, end)}
    return {first: found for (_, first), found in last.items() if found.status != "withdrawn"}


def is_asked(detector: Detector, state: Any, moment: Moment, is_action: bool) -> bool:
    types = detector.event_types
    is_seen = is_action if types is None else moment.event_type in types
    begins = state is not None or detector.first_types is None or moment.event_type in detector.first_types
    return is_seen and begins


def reread(detector: Detector, state: Any) -> Any:
    """As a snapshot gives it back; and it is the same."""
    if state is None:
        return None
    assert detector.State is not None
    read = msgspec.convert(msgspec.msgpack.decode(msgspec.msgpack.encode(state)), detector.State)
    assert read == state
    return read
