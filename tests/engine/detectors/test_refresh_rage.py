import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.base import Finding
from engine.detectors.refresh_rage import RefreshRage
from engine.moment import Moment
from engine.rules import RefreshRage as Rule
from tests.engine.detectors.moments import T0, moment, screen, view
from tests.engine.detectors.shown import KINDS, bursts, findings

DETECTOR = RefreshRage(Rule(), KINDS)
AT = st.integers(0, 12_000)


def loads(*at: int, url: str = "/slow") -> list[Moment]:
    return [view(ms, url) for ms in at]


def test_three_loads_of_one_url_are_rage() -> None:
    assert findings(DETECTOR, loads(0, 4_000, 10_000)) == [
        Finding(
            first_event_id="/slow@0",
            started_ms=T0,
            last_ms=T0 + 10_000,
            detected_ms=T0 + 10_000,
            description="/slow was loaded 3 times in 10 s.",
            event_ids=("/slow@0", "/slow@4000", "/slow@10000"),
            details={"page": "/slow", "loads": 3},
        )
    ]


@pytest.mark.parametrize("at", [(0, 5_000), (0, 5_000, 10_001), (0, 4_000, 10_001, 15_000)])
def test_two_loads_or_three_in_more_than_the_window_are_not(at: tuple[int, ...]) -> None:
    assert findings(DETECTOR, loads(*at)) == []


def test_the_window_slides() -> None:
    [found] = findings(DETECTOR, loads(0, 9_000, 11_000, 19_000))
    assert found.started_ms == T0 + 9_000


@given(st.lists(AT, max_size=8).map(sorted))
def test_it_is_rage_exactly_when_three_of_them_fit_into_the_window(at: list[int]) -> None:
    expected = any(last - first <= 10_000 for first, last in zip(at, at[2:], strict=False))
    moments = [view(ms, "/slow", id=f"e{place}") for place, ms in enumerate(at)]
    assert bool(findings(DETECTOR, moments)) == expected


def test_loads_at_the_same_time_count() -> None:
    assert len(findings(DETECTOR, [view(0, "/slow", id=str(number)) for number in range(3)])) == 1


def test_one_burst_is_one_anomaly_that_grows() -> None:
    found = findings(DETECTOR, loads(0, 1_000, 2_000, 3_000, 13_000))
    assert [finding.details["loads"] for finding in found] == [3, 4, 5]
    assert {finding.first_event_id for finding in found} == {"/slow@0"}


def test_a_second_burst_is_a_second_anomaly() -> None:
    assert list(bursts(DETECTOR, loads(0, 1, 2, 20_000, 20_001, 20_002))) == ["/slow@0", "/slow@20000"]


def test_another_url_in_between_breaks_it() -> None:
    assert findings(DETECTOR, [*loads(0, 1_000), *loads(2_000, url="/other"), *loads(3_000)]) == []


def test_what_is_done_on_the_page_does_not() -> None:
    assert len(findings(DETECTOR, [*loads(0, 1_000), moment("click", 1_500, "/slow"), *loads(2_000)])) == 1


@pytest.mark.parametrize("navigation", ["replace", "push", "back_forward"])
def test_what_loads_nothing_neither_counts_nor_breaks_it(navigation: str) -> None:
    others = [view(ms, "/slow", navigation=navigation) for ms in (2_000, 2_500, 3_000)]
    assert findings(DETECTOR, others) == []
    assert findings(DETECTOR, [*loads(0, 1_000), *others]) == []
    assert findings(DETECTOR, [*loads(0, 1_000), *others, *loads(4_000)])[0].details["loads"] == 3


def test_reloads_count() -> None:
    assert len(findings(DETECTOR, [view(ms, "/slow", navigation="reload") for ms in (0, 1, 2)])) == 1


def test_pages_that_only_a_fragment_tells_apart_are_several() -> None:
    moments = [view(number * 1_000, "/", url=f"https://app.example/#/{number}") for number in range(5)]
    assert findings(DETECTOR, moments) == []


def test_the_order_of_the_query_tells_nothing() -> None:
    urls = ("https://a.example/x?a=1&b=2", "https://a.example/x?b=2&a=1", "/x?a=1&b=2")
    assert len(findings(DETECTOR, [view(place, "/x", url=url) for place, url in enumerate(urls)])) == 1


def test_a_screen_of_an_app_cannot_be_loaded_again() -> None:
    assert findings(DETECTOR, [screen(ms, "Home") for ms in range(5)]) == []


def test_the_number_and_the_window_are_configurable() -> None:
    detector = RefreshRage(Rule(min_loads=2, window_ms=100), KINDS)
    assert len(findings(detector, loads(0, 100))) == 1
    assert findings(detector, loads(0, 101)) == []
