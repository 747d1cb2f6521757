import pytest

from engine.rules import ErrorClick, Rules
from engine.traits import KNOWN, MODIFIED, OPTED_OUT
from engine.wire import Click, ErrorInfo, Event, Facts
from tests.builders import event
from tests.engine.detectors.run import findings

KIND = "error_click"


def click(at: int) -> Event:
    return event("click", at, id=f"c{at}", click=Click(10, 10, "#pay", "button"))


def error(at: int, message: str = "TypeError: x is undefined") -> Event:
    return event("js_error", at, id=f"e{at}", error=ErrorInfo(message))


def request(at: int, status: int) -> Event:
    return event("network_request", at, id=f"r{at}", facts=Facts(status=status, route="POST /pay"))


@pytest.mark.parametrize(("after_ms", "expected"), [(0, 1), (2_000, 1), (2_001, 0)])
def test_an_error_counts_up_to_the_edge_of_its_time(after_ms: int, expected: int) -> None:
    assert len(findings(KIND, [click(0), error(after_ms)])) == expected


def test_it_tells_what_went_wrong_where() -> None:
    [found] = findings(KIND, [click(0), error(300)])
    assert found.event_ids == ("c0", "e300")
    assert found.details == {"message": "TypeError: x is undefined", "after_ms": 300, "path": "", "element": "#pay"}


@pytest.mark.parametrize(("status", "expected"), [(399, 0), (400, 1), (503, 1), (-1, 1), (0, 0)])
def test_a_failed_request_is_an_error(status: int, expected: int) -> None:
    assert len(findings(KIND, [click(0), request(100, status)])) == expected


def test_one_error_takes_one_click_the_newest() -> None:
    assert [one.first_event_id for one in findings(KIND, [click(0), click(10), error(20)])] == ["c10"]
    found = findings(KIND, [click(0), click(10), error(20), error(30), error(40)])
    assert [one.first_event_id for one in found] == ["c10", "c0"]


@pytest.mark.parametrize("message", ["ResizeObserver loop completed with undelivered notifications.", "Script error."])
def test_what_browsers_report_without_a_fault_is_none(message: str) -> None:
    assert findings(KIND, [click(0), error(10, message)]) == []


def test_an_error_before_any_click_is_no_error_click() -> None:
    assert findings(KIND, [error(0), click(1)]) == []


def test_what_a_project_ignores_is_not_judged() -> None:
    rules = Rules(error_click=ErrorClick(ignore_selectors=("#pay",)))
    assert findings(KIND, [click(0), error(10)], rules) == []


@pytest.mark.parametrize("trait", [OPTED_OUT, MODIFIED])
@pytest.mark.parametrize("base", [0, KNOWN])
def test_a_click_that_asks_nothing_of_the_page_takes_no_error(base: int, trait: int) -> None:
    one = event("click", 0, id="c0", click=Click(10, 10, "#pay", "", "", base | trait))
    assert findings(KIND, [one, error(10)]) == []
    assert [found.first_event_id for found in findings(KIND, [click(5), one, error(10)])] == ["c5"]
