import pytest

from engine.config import Detectors
from engine.detectors.base import Finding
from engine.wire import Event
from tests.builders import T0, event, ids
from tests.engine.detectors.run import bursts, findings

KIND = "stuck_pattern"


def steps(*kinds: str, start: int = 0) -> list[Event]:
    return [event(kind, start + place * 1000) for place, kind in enumerate(kinds)]


CYCLE = ("typing", "send", "back")


def test_three_cycles_are_stuck() -> None:
    events = steps(*CYCLE * 3)
    assert findings(KIND, events) == [
        Finding(
            first_event_id=events[0].event_id,
            started_ms=T0,
            detected_ms=T0 + 8000,
            description="typing -> send -> back was done 3 times in a row.",
            event_ids=ids(events),
            details={"pattern": "typing -> send -> back", "cycles": 3, "min_cycles": 3},
        )
    ]


@pytest.mark.parametrize(
    "kinds",
    [
        ("typing", "typing", "send", "back") * 3,
        ("typing", "send", "send", "back") * 3,
        ("typing", "send", "back", "back") * 3,
        ("typing", "send_message", "back_to_home") * 3,
        (*CYCLE, "typing", "send_message", "back_to_home", *CYCLE),
        ("search", *CYCLE * 3),
        ("typing", "send", *CYCLE * 3),
        (*CYCLE, "search", *CYCLE * 3),
    ],
    ids=" ".join,
)
def test_these_are_stuck(kinds: tuple[str, ...]) -> None:
    assert len(findings(KIND, steps(*kinds))) == 1


@pytest.mark.parametrize(
    "kinds",
    [
        CYCLE * 2,
        (*CYCLE * 2, "typing", "send"),
        (*CYCLE * 2, "search", *CYCLE),
        (*CYCLE * 2, "typing", "search", "send", "back"),
        (*CYCLE * 2, "typing", "back", "send"),
        (*CYCLE * 2, "send", "back"),
        ("typing", "back", "send") * 3,
    ],
    ids=" ".join,
)
def test_these_are_not(kinds: tuple[str, ...]) -> None:
    assert findings(KIND, steps(*kinds)) == []


def test_one_anomaly_grows_with_every_cycle() -> None:
    found = findings(KIND, steps(*CYCLE * 5))
    assert [finding.details["cycles"] for finding in found] == [3, 4, 5]
    assert len({finding.first_event_id for finding in found}) == 1


def test_after_a_break_it_is_a_second_anomaly() -> None:
    assert len(bursts(KIND, steps(*CYCLE * 3, "search", *CYCLE * 3))) == 2


def test_older_actions_neither_make_nor_break_it() -> None:
    events = steps(*CYCLE * 3)
    assert len(findings(KIND, [*events[:8], event("search", -5), events[8]])) == 1
    assert findings(KIND, [*events[:8], event("back", -5)]) == []


def test_the_steps_are_configurable() -> None:
    thresholds = Detectors(stuck_pattern_steps=(frozenset({"open"}), frozenset({"shut"})), stuck_pattern_cycles=2)
    assert len(findings(KIND, steps("open", "shut", "open", "shut"), thresholds)) == 1
