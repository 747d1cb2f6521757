from itertools import chain
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import rules
from engine.detectors.base import MAX_EVIDENCE, Action, Finding
from engine.detectors.rage_click import ClickState
from engine.moment import moment_of
from engine.rules import Rules
from engine.traits import KEYBOARD, KNOWN, MEDIA, MODIFIED, OPTED_OUT, STEPPER, TEXT_FIELD
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
            last_ms=T0 + 500,
            detected_ms=T0 + 500,
            description="6 clicks around (10, 10) within 500 ms.",
            event_ids=tuple(ids(events)),
            details={
                "count": 6,
                "x": 10,
                "y": 10,
                "path": "/",
                "element": "",
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


@given(st.integers(-5000, 5000), st.integers(-5000, 5000).filter(lambda y: y % 30))
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
    assert len(findings(KIND, [click(0, x=10 + number, id=str(number)) for number in range(6)])) == 1


def test_the_order_of_arrival_does_not_matter_inside_the_window() -> None:
    [found] = findings(KIND, reversed(clicks(6)))
    assert (found.started_ms, found.detected_ms) == (T0, T0 + 500)


def test_an_old_click_does_not_bring_a_cluster_back() -> None:
    assert findings(KIND, [*clicks(4), *clicks(2, start=10_000), click(50), click(60)]) == []


def test_evidence_and_state_are_bounded() -> None:
    found = detector(KIND)
    state = None
    for number in range(2000):
        one = click(number, x=number % 3 * 300)
        state, _ = found.see(state, moment_of(one, "click", one.at_ms, ()), Action())
    assert isinstance(state, ClickState)
    assert len(state.recent) <= 6 * 4
    assert len(state.bursts) == 3
    assert max(len(burst.event_ids) for burst in state.bursts) == MAX_EVIDENCE


@pytest.mark.parametrize("trait", [STEPPER, TEXT_FIELD, MEDIA, OPTED_OUT, MODIFIED, KEYBOARD])
def test_clicks_that_say_nothing_of_anger_do_not_count(trait: int) -> None:
    events = [event("click", at * 100, click=Click(10, 10, "#a", "b", "", KNOWN | trait)) for at in range(10)]
    assert findings(KIND, events) == []


def test_clicks_of_a_pointer_into_the_corner_count() -> None:
    """What a key does there has the trait KEYBOARD."""
    assert len(bursts(KIND, clicks(10, x=0, y=0))) == 1


@pytest.mark.parametrize("kind", ["selection_change", "text_select", "scroll"])
def test_whoever_marks_a_text_or_scrolls_is_not_angry(kind: str) -> None:
    events = clicks(6)
    assert findings(KIND, [*events[:3], event(kind, 250), *events[3:]]) == []


def answered(count: int, *, of: int, after_ms: int = 99, step_ms: int = 200) -> list[Event]:
    """`of` clicks, the first `count` of which the page answers."""
    answers = [event("dom_mutation", place * step_ms + after_ms) for place in range(count)]
    return sorted([*clicks(of, step_ms=step_ms), *answers], key=lambda one: one.at_ms)


@pytest.mark.parametrize(("after_ms", "expected"), [(99, 0), (100, 1)])
def test_nobody_is_angry_at_a_page_that_answers_every_click(after_ms: int, expected: int) -> None:
    """Whether it answers the newest one is not known yet."""
    assert len(bursts(KIND, answered(9, of=10, after_ms=after_ms))) == expected


def test_a_page_that_stops_to_answer_is_clicked_in_rage_with_the_next_click() -> None:
    assert findings(KIND, answered(7, of=8)) == []
    [found] = findings(KIND, answered(7, of=9))
    assert found.details["count"] == 9


def test_one_answer_answers_one_click() -> None:
    events = [*clicks(6), event("dom_mutation", 510), event("dom_mutation", 520), click(600)]
    assert bursts(KIND, events).popitem()[1].details["count"] == 7


def test_a_project_can_do_without_answers() -> None:
    rule = Rules(rage_click=rules.RageClick(answer_ms=0))
    assert len(bursts(KIND, answered(10, of=10, after_ms=0), rule)) == 1


def test_a_click_that_is_reported_twice_is_one_click() -> None:
    doubled = [click(at * 300 + twice * 19, id=f"{at}-{twice}") for at in range(5) for twice in range(2)]
    assert findings(KIND, doubled) == []


def test_what_a_project_ignores_does_not_count() -> None:
    events = [event("click", at * 100, click=Click(10, 10, "#next", "button", " Load MORE ")) for at in range(10)]
    assert findings(KIND, events, Rules(rage_click=rules.RageClick(ignore_selectors=("#n?xt",)))) == []
    assert findings(KIND, events, Rules(rage_click=rules.RageClick(ignore_texts=("load *",)))) == []
    assert findings(KIND, events, Rules(rage_click=rules.RageClick(ignore_texts=("load",)))) != []


@pytest.mark.parametrize(("preset", "count"), [("gosight", 5), ("posthog", 3), ("sentry", 5)])
def test_presets_count_as_the_products_do(preset: Any, count: int) -> None:
    chosen = Rules(rage_click=rules.RageClick(preset=preset))
    assert findings(KIND, clicks(count - 1), chosen) == []
    [found] = findings(KIND, clicks(count), chosen)
    assert detector(KIND, chosen).thresholds["min_clicks"] == found.details["count"] == count


def test_sentry_counts_only_while_the_page_does_not_answer() -> None:
    sentry = Rules(rage_click=rules.RageClick(preset="sentry"))
    events = clicks(5, step_ms=1_000)
    assert len(findings(KIND, events, sentry)) == 1
    assert findings(KIND, [*events[:3], event("dom_mutation", 2_500), *events[3:]], sentry) == []
