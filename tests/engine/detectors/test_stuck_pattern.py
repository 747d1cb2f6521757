import pytest

from engine.detectors.base import Action, Finding
from engine.detectors.stuck_pattern import StuckPattern
from engine.moment import Moment
from engine.rules import StuckPattern as Rule
from tests.engine.detectors.moments import T0, moment
from tests.engine.detectors.shown import KINDS, bursts, findings

DETECTOR = StuckPattern(Rule(), KINDS)


def steps(*kinds: str) -> list[Moment]:
    return [moment(kind, place * 1000) for place, kind in enumerate(kinds)]


CYCLE = ("typing", "send", "back")


def test_three_cycles_are_stuck() -> None:
    moments = steps(*CYCLE * 3)
    assert findings(DETECTOR, moments) == [
        Finding(
            first_event_id="typing@0",
            started_ms=T0,
            last_ms=T0 + 8000,
            detected_ms=T0 + 8000,
            description="typing -> send -> back was done 3 times in a row.",
            event_ids=tuple(one.event_id for one in moments),
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
    assert len(findings(DETECTOR, steps(*kinds))) == 1


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
    assert findings(DETECTOR, steps(*kinds)) == []


def test_a_step_that_is_done_twice_does_not_move_the_beginning() -> None:
    [found] = findings(DETECTOR, steps("typing", "typing", "send", "back", *CYCLE * 2))
    assert found.started_ms == T0


def test_one_anomaly_grows_with_every_cycle() -> None:
    found = findings(DETECTOR, steps(*CYCLE * 5))
    assert [finding.details["cycles"] for finding in found] == [3, 4, 5]
    assert len({finding.first_event_id for finding in found}) == 1


def test_after_a_break_it_is_a_second_anomaly() -> None:
    assert len(bursts(DETECTOR, steps(*CYCLE * 3, "search", *CYCLE * 3))) == 2


def test_what_the_page_sends_by_itself_breaks_nothing() -> None:
    assert len(findings(DETECTOR, steps(*("typing", "scroll", "send", "heartbeat", "back") * 3))) == 1


def test_nothing_is_remembered_after_a_break() -> None:
    state, _ = DETECTOR.see(None, moment("typing"), Action())
    assert DETECTOR.see(state, moment("search", 1), Action()) == (None, ())


def test_the_steps_are_configurable() -> None:
    detector = StuckPattern(Rule(steps=(frozenset({"open"}), frozenset({"shut"})), min_cycles=2), KINDS)
    assert len(findings(detector, steps("open", "shut", "open", "shut"))) == 1
