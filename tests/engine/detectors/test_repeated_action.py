from engine.detectors.base import MAX_EVIDENCE, Finding
from tests.builders import T0, event, ids
from tests.engine.detectors.run import bursts, findings

KIND = "repeated_action"


def test_five_in_a_row_are_repeated() -> None:
    events = [event("search", at * 1000) for at in range(5)]
    assert findings(KIND, events) == [
        Finding(
            first_event_id=events[0].event_id,
            started_ms=T0,
            last_ms=T0 + 4000,
            detected_ms=T0 + 4000,
            description="`search` was done 5 times in a row.",
            event_ids=tuple(ids(events)),
            details={"event_type": "search", "count": 5},
        )
    ]


def test_four_are_not() -> None:
    assert findings(KIND, [event("search", at) for at in range(4)]) == []


def test_another_action_begins_anew() -> None:
    events = [event("search", 0), event("search", 1), event("a", 2), *(event("search", at) for at in range(3, 7))]
    assert findings(KIND, events) == []


def test_one_run_is_one_anomaly_that_grows() -> None:
    events = [event("search", at) for at in range(7)]
    assert [finding.details["count"] for finding in findings(KIND, events)] == [5, 6, 7]
    assert list(bursts(KIND, events)) == [events[0].event_id]


def test_a_second_run_is_a_second_anomaly() -> None:
    events = [event("search" if at != 5 else "a", at) for at in range(11)]
    assert list(bursts(KIND, events)) == [events[0].event_id, events[6].event_id]


def test_an_older_action_neither_makes_nor_breaks_a_run() -> None:
    events = [event("search", at) for at in range(10, 14)]
    assert findings(KIND, [*events, event("search", 1), event("a", 2)]) == []
    assert len(findings(KIND, [*events, event("a", 2), event("search", 14)])) == 1


def test_equal_times_count() -> None:
    assert len(findings(KIND, [event("search", 0, id=str(number)) for number in range(5)])) == 1


def test_evidence_is_bounded() -> None:
    [grown] = bursts(KIND, [event("search", at) for at in range(1000)]).values()
    assert grown.details["count"] == 1000
    assert len(grown.event_ids) == MAX_EVIDENCE
