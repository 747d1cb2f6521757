import pytest
from msgspec.structs import replace

from engine.detectors.base import Action, Finding
from engine.detectors.slow_page import SlowPage
from engine.moment import Moment
from engine.rules import SlowPage as Rule
from engine.wire import Facts
from tests.engine.detectors.moments import T0, moment, view
from tests.engine.detectors.shown import KINDS, bursts, findings

DETECTOR = SlowPage(Rule(), KINDS)


def vitals(at: int, page: str = "/shop", /, **values: float) -> Moment:
    return Moment(T0 + at, "web_vitals", f"web_vitals@{at}", page, facts=replace(Facts(), **values))


def test_a_page_above_its_limits_is_slow() -> None:
    moments = [view(0, "/shop"), vitals(4_000, lcp=4_200.0, ttfb=900.5, fcp=2_000.0, load=3_000.0)]
    assert findings(DETECTOR, moments) == [
        Finding(
            first_event_id="web_vitals@4000",
            started_ms=T0 + 4_000,
            last_ms=T0 + 4_000,
            detected_ms=T0 + 4_000,
            description="The page /shop was slow: lcp 4200 ms (more than 3000), ttfb 900.5 ms (more than 800).",
            event_ids=("web_vitals@4000",),
            details={"page": "/shop", "lcp_ms": 4_200.0, "ttfb_ms": 900.5},
        )
    ]


@pytest.mark.parametrize(("name", "limit_ms"), [("lcp", 3_000), ("ttfb", 800), ("fcp", 2_400), ("load", 3_000)])
def test_each_vital_is_slow_strictly_above_its_limit(name: str, limit_ms: float) -> None:
    assert findings(DETECTOR, [vitals(0, **{name: limit_ms})]) == []
    [found] = findings(DETECTOR, [vitals(0, **{name: limit_ms + 0.1})])
    assert found.details == {"page": "/shop", f"{name}_ms": limit_ms + 0.1}


def test_other_vitals_do_not_make_a_page_slow() -> None:
    others = [vitals(0, fid=9_000, cls=3, inp=9_000), moment("web_vitals", 1), moment("page_load", 2)]
    assert findings(DETECTOR, others) == []


def test_a_page_load_may_tell_it_too() -> None:
    assert len(findings(DETECTOR, [moment("page_load", 0, load=3_001)])) == 1


def test_one_page_view_is_one_anomaly_that_grows() -> None:
    found = findings(DETECTOR, [vitals(0, ttfb=900), vitals(10, lcp=5_000), vitals(20, lcp=4_000), vitals(30, lcp=10)])
    assert [finding.details for finding in found] == [
        {"page": "/shop", "ttfb_ms": 900},
        {"page": "/shop", "lcp_ms": 5_000, "ttfb_ms": 900},
        {"page": "/shop", "lcp_ms": 5_000, "ttfb_ms": 900},
    ]
    assert {finding.first_event_id for finding in found} == {"web_vitals@0"}
    assert found[-1].event_ids == ("web_vitals@0", "web_vitals@10", "web_vitals@20")
    assert found[-1].last_ms == T0 + 20


def test_the_next_view_of_the_page_is_another_anomaly() -> None:
    assert len(bursts(DETECTOR, [vitals(0, lcp=5_000), view(10, "/shop"), vitals(20, lcp=5_000)])) == 2


def test_a_change_of_the_address_is_no_view() -> None:
    changed = view(10, "/shop", navigation="replace")
    assert len(bursts(DETECTOR, [vitals(0, lcp=5_000), changed, vitals(20, lcp=5_000)])) == 1


def test_vitals_that_come_when_the_page_is_left_are_still_of_its_view() -> None:
    moments = [view(0, "/shop"), vitals(10, ttfb=900), view(20, "/cart"), vitals(25, lcp=4_000)]
    assert bursts(DETECTOR, moments)["web_vitals@10"].details["lcp_ms"] == 4_000


def test_two_pages_are_two_anomalies() -> None:
    assert len(bursts(DETECTOR, [vitals(0, lcp=4_000), vitals(10, "/cart", lcp=4_000), vitals(20, lcp=4_500)])) == 2


def test_a_page_without_a_name_can_be_slow() -> None:
    [found] = findings(DETECTOR, [vitals(0, "", lcp=4_000)])
    assert found.description == "The page without a path was slow: lcp 4000 ms (more than 3000)."


def test_slow_pages_are_remembered_up_to_a_bound() -> None:
    state = None
    for number in range(100):
        state, _ = DETECTOR.see(state, vitals(number, f"/{number}", lcp=4_000), Action())
    assert state is not None
    assert [seen.page for seen in state.views] == ["/96", "/97", "/98", "/99"]


def test_nothing_is_remembered_of_pages_that_are_not_slow() -> None:
    state, _ = DETECTOR.see(None, vitals(0, lcp=100), Action())
    assert state is None
