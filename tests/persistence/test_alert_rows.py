"""Alerts are found again, keep the order in which they changed, and never become too many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.alerting import Alert
from persistence import alert_rows
from persistence.alert_rows import AlertFilter
from persistence.monitor_store import MonitorStore, Rows
from tests.alerting import alert
from tests.builders import T0


@pytest.fixture
def rows(tmp_path: Path) -> Iterator[Rows]:
    store = MonitorStore(tmp_path)
    with store.transaction() as rows:
        yield rows
    store.close()


def put(rows: Rows, *alerts: Alert) -> None:
    for one in alerts:
        rows.alerts.put(one)


def ids(found: list[Alert]) -> list[str]:
    return [one.id for one in found]


def test_alerts_are_listed_newest_first_page_by_page(rows: Rows) -> None:
    put(rows, *(alert(f"a{number}", started_ms=T0 + number // 2) for number in range(5)))
    page = rows.alerts.page(AlertFilter("default", limit=3))
    assert ids(page) == ["a4", "a3", "a2"]
    rest = rows.alerts.page(AlertFilter("default", limit=3, before=(page[-1].started_ms, page[-1].id)))
    assert ids(rest) == ["a1", "a0"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (AlertFilter("default", state="firing"), ["b", "a"]),
        (AlertFilter("default", state="resolved"), ["c"]),
        (AlertFilter("default", rule="surge"), ["b"]),
        (AlertFilter("default", from_ms=T0 + 1), ["c", "b"]),
        (AlertFilter("default", from_ms=T0, to_ms=T0 + 2), ["b", "a"]),
        (AlertFilter("other"), []),
    ],
)
def test_a_list_is_narrowed(rows: Rows, wanted: AlertFilter, found: list[str]) -> None:
    put(rows, alert("a"), alert("b", rule="surge", started_ms=T0 + 1))
    put(rows, alert("c", state="resolved", started_ms=T0 + 2))
    assert ids(rows.alerts.page(wanted)) == found


def test_a_version_replaces_the_one_before_and_both_are_changes(rows: Rows) -> None:
    put(rows, alert("a"), alert("b"), alert("a", state="resolved", version=2))
    assert [(one.id, one.version) for one in rows.alerts.page(AlertFilter("default"))] == [("b", 1), ("a", 2)]
    found = rows.alerts.changes(0, 10)
    assert [(change.alert.id, change.alert.version) for change in found] == [("a", 1), ("b", 1), ("a", 2)]
    assert rows.alerts.changes(found[1].position, 10) == found[2:]
    assert rows.alerts.positions() == (found[0].position, found[-1].position)


def test_no_change_has_a_position_yet(rows: Rows) -> None:
    assert rows.alerts.positions() == (1, 0)


def test_what_the_store_has_is_not_given_again_until_it_changes(rows: Rows) -> None:
    put(rows, alert("a"), alert("b"))
    rows.alerts.stored([("a", 1)])
    assert ids(rows.alerts.unstored(10)) == ["b"]
    put(rows, alert("a", version=2))
    rows.alerts.stored([("a", 1), ("b", 1)])  # an answer that comes late
    assert ids(rows.alerts.unstored(10)) == ["a"]


def test_beyond_the_bound_the_oldest_that_are_resolved_go(rows: Rows) -> None:
    put(rows, alert("old but firing"), *(alert(f"r{n}", state="resolved", started_ms=T0 + n) for n in range(5)))
    assert rows.alerts.trim(keep=3, before_ms=0) == ["r0", "r1", "r2"]
    assert ids(rows.alerts.page(AlertFilter("default"))) == ["r4", "r3", "old but firing"]


def test_resolved_alerts_go_by_age(rows: Rows) -> None:
    put(rows, alert("firing"), alert("a", state="resolved"), alert("b", state="resolved", started_ms=T0 + 5))
    assert rows.alerts.trim(keep=100, before_ms=T0 + 5) == ["a"]


def test_changes_are_kept_up_to_a_bound_and_positions_go_on(rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_rows, "KEPT_CHANGES", 2)
    put(rows, *(alert("a", version=version) for version in range(1, 6)))
    rows.alerts.trim(keep=10, before_ms=0)
    assert rows.alerts.positions() == (4, 5)
    put(rows, alert("b"))
    assert [change.position for change in rows.alerts.changes(3, 10)] == [4, 5, 6]
