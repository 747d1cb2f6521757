import pytest

from engine.detectors.base import Action, Finding
from engine.detectors.u_turn import UTurn
from engine.moment import Moment
from engine.rules import UTurn as Rule
from tests.engine.detectors.moments import T0, moment, screen, view
from tests.engine.detectors.shown import KINDS, bursts, findings

DETECTOR = UTurn(Rule(), KINDS)


def way(*pages: str, step_ms: int = 1_000, start: int = 0) -> list[Moment]:
    return [view(start + place * step_ms, page) for place, page in enumerate(pages)]


def test_to_a_page_and_back_at_once_is_a_u_turn() -> None:
    moments = [view(0, "/a"), view(5_000, "/b"), view(15_000, "/a")]
    assert findings(DETECTOR, moments) == [
        Finding(
            first_event_id="/a@0",
            started_ms=T0,
            last_ms=T0 + 15_000,
            detected_ms=T0 + 15_000,
            description="From /a to /b and back after 10 s.",
            event_ids=("/a@0", "/b@5000", "/a@15000"),
            details={"page": "/a", "turned_at": "/b", "away_ms": 10_000, "turns": 1},
        )
    ]


def test_more_than_ten_seconds_are_none() -> None:
    assert findings(DETECTOR, [view(0, "/a"), view(5_000, "/b"), view(15_001, "/a")]) == []


@pytest.mark.parametrize("pages", [("/a", "/b"), ("/a", "/b", "/c"), ("/a", "/a", "/a"), ("/a", "/b", "/c", "/a")])
def test_other_ways_are_none(pages: tuple[str, ...]) -> None:
    assert findings(DETECTOR, way(*pages)) == []


@pytest.mark.parametrize("kind", ["click", "input", "scroll", "keypress", "form_submit"])
def test_who_does_something_there_did_not_turn(kind: str) -> None:
    assert findings(DETECTOR, [view(0, "/a"), view(1_000, "/b"), moment(kind, 1_500, "/b"), view(2_000, "/a")]) == []


@pytest.mark.parametrize("kind", ["mouse_move", "web_vitals", "search", "js_error"])
def test_what_is_not_done_to_the_page_is_nothing_done(kind: str) -> None:
    moments = [view(0, "/a"), view(1_000, "/b"), moment(kind, 1_500, "/b"), view(2_000, "/a")]
    assert len(findings(DETECTOR, moments)) == 1


def test_what_was_done_on_the_page_before_does_not_count_for_this_one() -> None:
    """A scroll or a click that is told a little late still names its own page."""
    moments = [view(0, "/a"), moment("click", 900, "/a"), view(1_000, "/b"), moment("scroll", 1_001, "/a")]
    assert len(findings(DETECTOR, [*moments, view(2_000, "/a")])) == 1


def test_an_action_that_names_no_page_is_done_on_the_page_that_is_shown() -> None:
    assert findings(DETECTOR, [view(0, "/a"), view(1_000, "/b"), moment("click", 1_500, ""), view(2_000, "/a")]) == []


@pytest.mark.parametrize(("stay_ms", "expected"), [(299, 0), (300, 1)])
def test_a_page_that_is_left_at_once_was_none(stay_ms: int, expected: int) -> None:
    assert len(findings(DETECTOR, [view(0, "/a"), view(5_000, "/b"), view(5_000 + stay_ms, "/a")])) == expected


def test_a_page_that_was_replaced_was_none() -> None:
    assert findings(DETECTOR, [view(0, "/a"), view(1_000, "/b"), view(4_000, "/a", navigation="replace")]) == []


def test_the_time_away_includes_the_redirects() -> None:
    moments = [view(0, "/a"), view(1_000, "/r"), view(1_200, "/s"), view(1_400, "/b"), view(11_000, "/a")]
    [found] = findings(DETECTOR, moments)
    assert (found.details["turned_at"], found.details["away_ms"]) == ("/b", 10_000)
    assert findings(DETECTOR, [*moments[:4], view(11_001, "/a")]) == []


def test_redirects_on_the_way_back_are_no_pages() -> None:
    assert len(findings(DETECTOR, [*way("/a", "/b"), view(2_000, "/r"), view(2_100, "/a")])) == 1


def test_a_way_back_that_only_led_on_is_withdrawn() -> None:
    found = findings(DETECTOR, [*way("/a", "/b", "/a"), view(2_100, "/c")])
    assert [(finding.status, finding.first_event_id) for finding in found] == [
        ("confirmed", "/a@0"),
        ("withdrawn", "/a@0"),
    ]


def test_an_address_that_changes_after_the_way_back_takes_nothing_away() -> None:
    moments = [*way("/a", "/b", "/a"), view(4_000, "/a?sort=price", navigation="replace")]
    assert len(bursts(DETECTOR, moments)) == 1


def test_a_reload_is_no_turn_and_hides_none() -> None:
    assert findings(DETECTOR, way("/a", "/a", "/a")) == []
    assert len(findings(DETECTOR, way("/a", "/b", "/b", "/a"))) == 1


def test_a_page_out_of_the_cache_is_not_turned_at() -> None:
    back = [view(0, "/b"), view(60_000, "/a"), view(120_000, "/b", navigation="back_forward")]
    assert findings(DETECTOR, [*back, view(121_000, "/a", navigation="back_forward")]) == []


def test_the_way_back_may_be_the_back_button() -> None:
    assert len(findings(DETECTOR, [*way("/a", "/b"), view(2_000, "/a", navigation="back_forward")])) == 1


def test_hash_and_order_of_the_query_make_no_other_page() -> None:
    urls = ("https://a.example/list?a=1&b=2#top", "https://a.example/item", "https://a.example/list?b=2&a=1")
    moments = [view(place * 1_000, url, url=url) for place, url in enumerate(urls)]
    assert findings(DETECTOR, moments)[0].details["page"] == "/list?a=1&b=2"


def test_another_query_is_another_page() -> None:
    assert findings(DETECTOR, way("/list?page=1", "/item", "/list?page=2")) == []


def test_screens_of_an_app_have_turns() -> None:
    assert len(findings(DETECTOR, [screen(0, "List"), screen(1_000, "Item"), screen(2_000, "List")])) == 1


def test_going_to_and_fro_is_one_anomaly_that_grows() -> None:
    found = findings(DETECTOR, way("/a", "/b", "/a", "/b", "/a"))
    assert [finding.details["turns"] for finding in found] == [1, 2, 3]
    assert {finding.first_event_id for finding in found} == {"/a@0"}
    assert found[-1].description == "From /a to /b and back after 1 s, 3 turns in a row."


def test_turns_at_several_pages_are_several_anomalies() -> None:
    assert list(bursts(DETECTOR, way("/a", "/b", "/a", "/c", "/a"))) == ["/a@0", "/a@2000"]


def test_what_is_done_between_two_turns_makes_them_two_anomalies() -> None:
    moments = [*way("/a", "/b", "/a"), moment("click", 2_500, "/a"), *way("/b", "/a", start=3_000)]
    assert list(bursts(DETECTOR, moments)) == ["/a@0", "/a@2000"]


def test_the_trail_is_bounded() -> None:
    state = None
    for number in range(100):
        state, _ = DETECTOR.see(state, view(number * 1_000, f"/{number}"), Action())
    assert state is not None
    visits = 0
    while state is not None:
        visits, state = visits + 1, state.before
    assert visits == 4


def test_the_times_are_configurable() -> None:
    detector = UTurn(Rule(max_away_ms=500, redirect_ms=0), KINDS)
    assert len(findings(detector, way("/a", "/b", "/a", step_ms=500))) == 1
    assert findings(detector, way("/a", "/b", "/a", step_ms=501)) == []
    assert len(findings(detector, way("/a", "/b", "/a", step_ms=0))) == 1
