from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.base import Action, Finding
from engine.detectors.excessive_scrolling import ExcessiveScrolling
from engine.moment import Moment
from engine.rules import ExcessiveScrolling as Rule
from tests.engine.detectors.moments import T0, moment, view
from tests.engine.detectors.shown import KINDS, bursts, findings

DETECTOR = ExcessiveScrolling(Rule(), KINDS)
HEIGHT = 800  # a quarter is 200


def scrolls(
    *positions: int, step_ms: int = 1_000, start: int = 0, page: str = "/", height: int = HEIGHT
) -> list[Moment]:
    return [
        moment("scroll", start + place * step_ms, page, scroll_y=y, view_height=height)
        for place, y in enumerate(positions)
    ]


def depths(*percents: int) -> list[Moment]:
    return [Moment(T0 + place * 1_000, "scroll", f"d{place}", "/", depth=depth) for place, depth in enumerate(percents)]


def zigzag(turns: int, *, low: int = 0, high: int = 200) -> list[int]:
    """Down first, so that the first position and the first way make no turn."""
    return [(low, high)[place % 2] for place in range(turns + 2)]


def test_six_turns_are_too_many() -> None:
    assert findings(DETECTOR, scrolls(*zigzag(6))) == [
        Finding(
            first_event_id="scroll@2000",
            started_ms=T0 + 2_000,
            last_ms=T0 + 7_000,
            detected_ms=T0 + 7_000,
            description="The direction of scrolling changed 6 times in 5 s.",
            event_ids=tuple(f"scroll@{at}" for at in range(2_000, 8_000, 1_000)),
            details={"page": "/", "reversals": 6},
        )
    ]


def test_five_are_not() -> None:
    assert findings(DETECTOR, scrolls(*zigzag(5))) == []


@pytest.mark.parametrize(("step_ms", "expected"), [(2_000, 1), (2_001, 0)])
def test_the_first_and_the_sixth_turn_fit_into_the_window(step_ms: int, expected: int) -> None:
    assert len(findings(DETECTOR, scrolls(*zigzag(6), step_ms=step_ms))) == expected


@pytest.mark.parametrize(("travel_px", "expected"), [(200, 1), (199, 0)])
def test_a_turn_is_a_quarter_of_the_window(travel_px: int, expected: int) -> None:
    assert len(findings(DETECTOR, scrolls(*zigzag(6, high=travel_px)))) == expected


def test_small_movements_of_the_hand_change_nothing() -> None:
    positions = [y + shake for y in zigzag(6) for shake in (0, 30, 10)]
    assert len(bursts(DETECTOR, scrolls(*positions, step_ms=300))) == 1
    assert findings(DETECTOR, scrolls(*(y + shake for y in zigzag(5) for shake in (0, 30, 10)), step_ms=300)) == []


def test_many_small_steps_are_one_way() -> None:
    assert findings(DETECTOR, scrolls(*range(0, 4_000, 40), step_ms=50)) == []
    there_and_back = [*range(0, 400, 40), *range(400, 0, -40)]
    assert len(bursts(DETECTOR, scrolls(*there_and_back * 4, step_ms=50))) == 1


@given(st.lists(st.integers(0, 2_000), max_size=30))
def test_turns_are_those_of_a_reader_with_a_coarse_eye(positions: list[int]) -> None:
    """Positions are at least a quarter apart or are the same here: then a turn is where the sign of the way changes."""
    coarse = [y // 200 * 200 for y in positions]
    ways = [second - first for first, second in pairwise(coarse) if second != first]
    turns = sum((first > 0) != (second > 0) for first, second in pairwise(ways))
    expected = turns >= 6
    found = findings(DETECTOR, scrolls(*(y + 1 for y in coarse), step_ms=1))
    assert bool(found) == expected
    assert not found or found[-1].details["reversals"] == turns


def test_pages_of_which_only_the_depth_is_known_are_judged_by_it() -> None:
    assert len(findings(DETECTOR, depths(*zigzag(6, low=10, high=35)))) == 1
    assert findings(DETECTOR, depths(*zigzag(6, low=10, high=34))) == []


def test_pixels_without_the_height_of_the_window_are_left_out() -> None:
    assert findings(DETECTOR, scrolls(*zigzag(6, high=5_000), height=0)) == []


def test_depths_that_only_grow_are_reading() -> None:
    assert findings(DETECTOR, depths(0, 25, 50, 75, 100)) == []


def test_a_jump_to_the_top_is_one_turn_with_its_way_down() -> None:
    """Six jumps to the top and the ways down again: six turns and not twelve."""
    positions = [0, *(y for _ in range(6) for y in (1_700, 0))]
    found = findings(DETECTOR, scrolls(*positions, step_ms=100))
    assert [finding.details["reversals"] for finding in found] == [6]
    assert findings(DETECTOR, scrolls(*positions[:-2], step_ms=100)) == []


def test_who_scrolls_to_the_top_does_not_jump() -> None:
    once = [1_700, 1_200, 600, 0, 600, 1_200]
    found = findings(DETECTOR, scrolls(0, *once * 3, 1_700, step_ms=100))
    assert [finding.details["reversals"] for finding in found] == [6]


def test_two_pages_do_not_add_up() -> None:
    assert findings(DETECTOR, [*scrolls(*zigzag(3)), *scrolls(*zigzag(5), start=6_000, page="/b")]) == []


def test_another_view_of_the_page_begins_anew() -> None:
    moments = [*scrolls(*zigzag(3), step_ms=100), view(1_000, "/"), *scrolls(*zigzag(5), step_ms=100, start=2_000)]
    assert findings(DETECTOR, moments) == []


def test_a_change_of_the_address_does_not() -> None:
    moments = scrolls(*zigzag(6))
    moments.insert(4, view(3_500, "/", navigation="replace"))
    assert len(findings(DETECTOR, moments)) == 1


def test_one_burst_is_one_anomaly_that_grows() -> None:
    found = findings(DETECTOR, scrolls(*zigzag(8)))
    assert [finding.details["reversals"] for finding in found] == [6, 7, 8]
    assert len({finding.first_event_id for finding in found}) == 1


def test_after_a_pause_it_is_a_second_anomaly() -> None:
    assert len(bursts(DETECTOR, [*scrolls(*zigzag(6)), *scrolls(*zigzag(6), start=20_000)])) == 2


def test_turns_at_the_same_time_count() -> None:
    at_once: Sequence[Moment] = [
        moment("scroll", 0, "/", id=str(place), scroll_y=y, view_height=HEIGHT) for place, y in enumerate(zigzag(6))
    ]
    assert len(findings(DETECTOR, at_once)) == 1


def test_what_it_remembers_is_bounded() -> None:
    state = None
    for scroll in scrolls(*zigzag(1_000), step_ms=20_000):
        state, _ = DETECTOR.see(state, scroll, Action())
        assert state is None or len(state.turns.recent) < 6


def test_a_scroll_that_changes_nothing_makes_no_new_state() -> None:
    [first, second] = scrolls(100, 150)
    state, _ = DETECTOR.see(None, first, Action())
    assert DETECTOR.see(state, second, None)[0] is state  # type: ignore[arg-type]


def test_numbers_are_configurable() -> None:
    detector = ExcessiveScrolling(Rule(min_reversals=1, min_travel_percent=50, window_ms=1), KINDS)
    assert len(findings(detector, scrolls(0, 400, 0))) == 1
    assert findings(detector, scrolls(0, 400, 1)) == []
