import pytest

from engine.detectors.base import Finding
from engine.wire import Event
from tests.builders import T0, event, ids
from tests.engine.detectors.run import bursts, findings

KIND = "rapid_fire"


def every(gap_ms: int, count: int, *, start: int = 0) -> list[Event]:
    return [event(f"action{number}", start + number * gap_ms) for number in range(count)]


def test_five_gaps_below_the_limit_are_rapid() -> None:
    events = every(99, 6)
    assert findings(KIND, events) == [
        Finding(
            first_event_id=events[0].event_id,
            started_ms=T0,
            last_ms=T0 + 495,
            detected_ms=T0 + 495,
            description="6 actions followed each other in less than 100 ms each.",
            event_ids=tuple(ids(events)),
            details={"count": 6},
        )
    ]


@pytest.mark.parametrize(("gap_ms", "count"), [(99, 5), (100, 20), (0, 5)])
def test_four_gaps_or_gaps_of_exactly_the_limit_are_not(gap_ms: int, count: int) -> None:
    assert findings(KIND, every(gap_ms, count)) == []


def test_one_slow_gap_begins_anew() -> None:
    assert findings(KIND, every(99, 5) + every(99, 5, start=4 * 99 + 100)) == []


def test_equal_times_are_a_gap_of_nothing() -> None:
    assert len(findings(KIND, [event("a", 0, id=str(number)) for number in range(6)])) == 1


def test_one_burst_is_one_anomaly_that_grows() -> None:
    assert [finding.details["count"] for finding in findings(KIND, every(50, 9))] == [6, 7, 8, 9]
    assert len(bursts(KIND, every(50, 9))) == 1


def test_a_second_burst_is_a_second_anomaly() -> None:
    assert len(bursts(KIND, every(50, 6) + every(50, 6, start=10_000))) == 2
