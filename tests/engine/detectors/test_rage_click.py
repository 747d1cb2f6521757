from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.base import MAX_EVIDENCE, Action, Finding
from engine.detectors.rage_click import ClickState
from engine.wire import Click, Event
from tests.builders import T0, click, event, ids
from tests.engine.detectors.run import bursts, detector, findings

KIND = "rage_click"


def clicks(count: int, *, step_ms: int = 100, start: int = 0, x: int = 10, y: int = 10, path: str = "/") -> list[Event]:
    return [click(start + number * step_ms, x, y, path=path) for number in range(count)]


def test_the_sixth_click_on_one_spot_is_rage() -> None:
    events = clicks(6)
    assert findings(KIND, events) == [
        Finding(
            first_event_id=events[0].event_id,
            started_ms=T0,
            detected_ms=T0 + 500,
            description="6 clicks around (10, 10) within 500 ms.",
            event_ids=ids(events),
            details={
                "count": 6,
                "x": 10,
                "y": 10,
                "path": "/",
                "min_count": 6,
                "window_ms": 2000,
                "radius_px": 50,
            },
        )
    ]


def test_five_clicks_are_not() -> None:
    assert findings(KIND, clicks(5)) == []


@pytest.mark.parametrize(("last_ms", "expected"), [(2000, 1), (2001, 0)])
def test_the_sixth_click_counts_up_to_the_window_edge(last_ms: int, expected: int) -> None:
    assert len(findings(KIND, [*clicks(5), click(last_ms)])) == expected


@pytest.mark.parametrize(("apart_px", "expected"), [(100, 1), (102, 0)])
def test_a_click_counts_up_to_the_radius_from_the_centre(apart_px: int, expected: int) -> None:
    events = [click(number * 100, x=number % 2 * apart_px) for number in range(6)]
    assert len(findings(KIND, events)) == expected


@pytest.mark.parametrize(("far_px", "expected"), [(60, 1), (61, 0)])
def test_the_centre_is_that_of_all_clicks(far_px: int, expected: int) -> None:
    """Five at 0 and one at 60 have their centre at 10, so the far one is 50 away from it."""
    events = [*clicks(5, x=0), click(500, x=far_px)]
    assert len(findings(KIND, events)) == expected


@given(st.integers(-5000, 5000), st.integers(-5000, 5000))
def test_no_place_on_the_page_cuts_a_cluster(x: int, y: int) -> None:
    events = [click(number * 100, x + number % 3 * 20, y - number % 2 * 30) for number in range(6)]
    assert len(findings(KIND, events)) == 1


def test_two_pages_do_not_add_up() -> None:
    assert findings(KIND, [*clicks(5), click(600, path="/other")]) == []


def test_two_screens_of_an_app_do_not_add_up() -> None:
    events = [event("click", at, screen_name=f"screen{at % 2}", click=Click(1, 1)) for at in range(10)]
    assert findings(KIND, events) == []


def test_clicks_without_a_place_are_left_out() -> None:
    assert findings(KIND, [event("click", at) for at in range(10)]) == []


def test_one_burst_is_one_anomaly_that_grows_with_every_click() -> None:
    found = findings(KIND, clicks(10))
    assert [finding.details["count"] for finding in found] == [6, 7, 8, 9, 10]
    assert len({finding.first_event_id for finding in found}) == 1


def test_a_burst_goes_on_while_the_next_click_is_within_the_window() -> None:
    assert bursts(KIND, [*clicks(6), click(2500)]).popitem()[1].details["count"] == 7
    assert bursts(KIND, [*clicks(6), click(2501)]).popitem()[1].details["count"] == 6


def test_a_second_burst_is_a_second_anomaly() -> None:
    assert len(bursts(KIND, clicks(6) + clicks(6, start=60_000))) == 2


def test_clicks_elsewhere_in_between_do_not_break_a_cluster() -> None:
    here = clicks(6, step_ms=200)
    elsewhere = clicks(6, step_ms=200, start=100, x=900)
    assert len(bursts(KIND, list(chain.from_iterable(zip(here[:5], elsewhere[:5], strict=True))) + here[5:])) == 1


def test_two_bursts_at_the_same_time_stay_two() -> None:
    here = clicks(12, step_ms=200)
    elsewhere = clicks(12, step_ms=200, start=100, x=900)
    found = bursts(KIND, chain.from_iterable(zip(here, elsewhere, strict=True)))
    assert {first: finding.details["count"] for first, finding in found.items()} == {
        here[0].event_id: 12,
        elsewhere[0].event_id: 12,
    }


def test_equal_times_count() -> None:
    assert len(findings(KIND, [click(0, id=str(number)) for number in range(6)])) == 1


def test_the_order_of_arrival_does_not_matter_inside_the_window() -> None:
    [found] = findings(KIND, reversed(clicks(6)))
    assert (found.started_ms, found.detected_ms) == (T0, T0 + 500)


def test_an_old_click_does_not_bring_a_cluster_back() -> None:
    assert findings(KIND, [*clicks(4), *clicks(2, start=10_000), click(50), click(60)]) == []


def test_evidence_and_state_are_bounded() -> None:
    found = detector(KIND)
    state = ClickState()
    for number in range(2000):
        found.on_action(state, click(number, x=number % 3 * 300), Action())
    assert len(state.recent) <= 6 * 4
    assert len(state.bursts) == 3
    assert max(len(burst.event_ids) for burst in state.bursts) == MAX_EVIDENCE
