"""When an alert fires, how long it lasts, when it rests, and that a slice counts once."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.alerting import AlertRule, Board
from engine.alerting.board import MAX_JOURNALS
from engine.alerting.standing import MAX_STANDINGS
from engine.alerting.windows import MAX_GROUPS
from engine.slices import OTHER, Cell, Slice
from tests.builders import T0
from tests.engine.alerting.boards import DAY_MS, MINUTE_MS, Told, cell, rule, states


def test_a_value_at_the_threshold_is_no_alert_and_one_beyond_is() -> None:
    told = Told(rule())
    told.feed(cell(count=5))
    assert told.advance(0) == []
    told.feed(cell(count=1))
    [found] = told.advance(0)
    assert (found.state, found.value, found.threshold, found.started_ms) == ("firing", 6, 5, T0)
    assert found.text == "events is 6 in 1 minute; > 5 is an alert."


@pytest.mark.parametrize(
    ("operator", "count", "fires"),
    [
        *((">", 5, False), (">", 6, True), (">=", 5, True), (">=", 4, False), ("<", 4, True), ("<", 5, False)),
        *(("<=", 5, True), ("<=", 6, False), ("==", 5, True), ("==", 4, False)),
    ],
)
def test_each_operator_is_exact(operator: Any, count: int, *, fires: bool) -> None:
    told = Told(rule(operator=operator))
    told.feed(cell(count=count))
    assert ("firing" in states(told.minutes(2))) is fires


def test_what_is_too_much_counts_no_more_than_the_window() -> None:
    told = Told(rule(window="5m"))
    told.feed(cell(count=3))
    told.advance(5 * MINUTE_MS)
    told.feed(cell(count=3))
    assert told.advance(5 * MINUTE_MS) == []


def test_it_fires_once_and_is_resolved_when_a_whole_window_was_fine() -> None:
    told = Told(rule())
    told.feed(cell(count=9))
    assert states(told.advance(0)) == ["firing"]
    assert told.advance(1_000) == []
    assert told.advance(MINUTE_MS) == []
    assert told.board.advance(T0 + 2 * MINUTE_MS - 1) == []
    [over] = told.board.advance(T0 + 2 * MINUTE_MS)
    assert (over.state, over.resolved_ms, over.version) == ("resolved", T0 + 2 * MINUTE_MS, 2)


def test_what_comes_back_before_a_fine_window_has_passed_is_the_same_alert() -> None:
    told = Told(rule())
    told.feed(cell(count=9))
    [first] = told.advance(0)
    told.advance(MINUTE_MS + 30_000)
    told.feed(cell(count=9))
    told.advance(MINUTE_MS + 31_000)
    told.advance(2 * MINUTE_MS + 10_000)
    assert {alert.id for alert in told.said} == {first.id}
    assert states(told.said) == ["firing"]


def test_an_alert_that_goes_on_is_said_at_most_once_a_minute() -> None:
    told = Told(rule())
    told.feed(cell(count=9))
    told.advance(0)
    for second in range(1, 120):
        told.feed(cell(count=1))
        told.advance(second * 1_000)
    assert [alert.version for alert in told.said] == [1, 2]


def test_after_it_was_resolved_it_rests() -> None:
    told = Told(rule(cooldown_ms=10 * MINUTE_MS))
    told.feed(cell(count=9))
    [first] = told.advance(0)
    [over] = told.advance(3 * MINUTE_MS)
    for minute in (4, 11):
        told.advance(minute * MINUTE_MS)
        told.feed(cell(count=9))
        assert told.advance(minute * MINUTE_MS) == []
    told.advance(over.resolved_ms - T0 + 10 * MINUTE_MS)
    told.feed(cell(count=9))
    [again] = told.advance(told.at)
    assert again.state == "firing"
    assert again.id != first.id


def test_a_rate_needs_its_volume_and_each_group_is_by_itself() -> None:
    told = Told(rule(metric="api_error_rate", value=0.05, group_by="route", min_volume=50))
    for group, requests, errors in (("/few", 49, 49), ("/edge", 100, 5), ("/bad", 100, 6)):
        told.feed(cell("requests", group, requests), cell("request_errors", group, errors))
    [found] = told.advance(0)
    assert (found.group, found.value) == ("/bad", 0.06)
    assert found.text == "api_error_rate of /bad is 6 % in 1 minute (6 of 100); > 5 % is an alert."


def test_js_errors_of_a_session_and_errors_of_an_api_are_two_metrics() -> None:
    told = Told(rule(metric="js_errors_per_session", value=1.0))
    told.feed(cell("js_errors", "/a", 15), cell("js_errors", "/b", 6), cell("sessions_started", "", 20))
    assert [alert.value for alert in told.advance(0)] == [1.05]


def test_a_mean_is_of_what_its_cells_sum_up() -> None:
    told = Told(rule(metric="avg_lcp", value=4000, group_by="path", min_volume=2))
    told.feed(cell("lcp", "/a", 2, total=9000.0), cell("lcp", "/b", 1, total=9000.0))
    [found] = told.advance(0)
    assert (found.group, found.value) == ("/a", 4500)
    assert found.text == "avg_lcp of /a is 4500 ms in 1 minute; > 4000 ms is an alert."


def test_a_filter_leaves_the_others_out() -> None:
    told = Told(rule(filters={"event_type": "pay*"}), rule(name="each", group_by="event_type", filters={"x": "pay"}))
    told.feed(cell(group="click", count=90), cell(group="pay", count=3), cell(group="pay_now", count=2))
    assert told.advance(0) == []
    told.feed(cell(group="pay", count=3))
    assert [(alert.rule, alert.group, alert.value) for alert in told.advance(0)] == [("r", "", 8), ("each", "pay", 6)]


def test_how_many_sessions_are_concerned_is_said_where_it_is_known() -> None:
    told = Told(rule(metric="rage_clicks", group_by="element", value=1))
    told.feed(cell("rage_click", "#pay", 2, sessions=[7, 8]), cell("rage_click", "#pay", 1, sessions=[8]))
    [found] = told.advance(0)
    assert (found.value, found.sessions) == (3, 2)


# -- too little ---------------------------------------------------------------------------------------------------


def test_absence_fires_for_what_was_there_before_when_a_whole_window_had_too_little() -> None:
    told = Told(rule(kind="absence", value=1, window="5m", group_by="event_type"))
    assert told.minutes(10) == []
    told.minutes(6, [cell(group="pay")])
    assert told.minutes(4) == []
    [found] = told.minutes(3)
    assert (found.state, found.group, found.value) == ("firing", "pay", 0)
    assert found.text == "events of pay: 0 in 5 minutes; below 1 is an alert."


def test_absence_goes_on_until_it_is_back_for_a_whole_window() -> None:
    told = Told(rule(kind="absence", value=1, window="5m", cooldown_ms=DAY_MS))
    told.minutes(6, [cell()])
    assert states(told.minutes(180)) == ["firing"]
    assert states(told.minutes(9, [cell()])) == ["resolved"]


def test_nothing_is_missed_that_was_not_known_for_a_whole_window() -> None:
    told = Told(rule(kind="absence", value=100, window="15m"))
    assert told.minutes(15, [cell()]) == []
    assert states(told.minutes(3, [cell()])) == ["firing"]


def test_nothing_is_missed_while_counts_may_be_on_their_way() -> None:
    """The monitor was away: what the shards have for it comes later than the time it asks at."""
    told = Told(rule(kind="absence", value=1, window="5m"))
    told.minutes(10, [cell()])
    told.at += 20 * MINUTE_MS
    assert told.board.advance(T0 + told.at) == []
    assert told.minutes(4) == []
    assert states(told.minutes(3)) == ["firing"]


# -- bounds -------------------------------------------------------------------------------------------------------


def test_groups_beyond_the_bound_count_together() -> None:
    told = Told(rule(group_by="event_type"))
    told.feed(*(cell(group=f"g{number}") for number in range(MAX_GROUPS + 10)))
    assert [(alert.group, alert.value) for alert in told.advance(0)] == [(OTHER, 10)]


def test_no_more_alerts_begin_than_may_stand() -> None:
    rules = [rule(name=f"r{number}", group_by="event_type", value=0) for number in range(MAX_STANDINGS // MAX_GROUPS)]
    told = Told(*rules, rule(name="one more", value=0))
    told.feed(*(cell(group=f"g{number}") for number in range(MAX_GROUPS)))
    assert len(told.advance(0)) == MAX_STANDINGS
    assert (told.board.load().standing, told.board.load().refused) == (MAX_STANDINGS, 1)


def test_journals_that_are_remembered_are_bounded() -> None:
    board = Board([])
    for number in range(MAX_JOURNALS + 5):
        board.feed(Slice(f"j{number}", 0, 1, T0))
    assert (board.done("j4"), board.done("j5")) == (0, 1)


def test_what_no_window_reaches_is_forgotten() -> None:
    told = Told(rule(group_by="event_type", value=100))
    told.feed(*(cell(group=f"g{number}") for number in range(50)))
    told.advance(0)
    empty = len(Board([]).encode())
    assert (told.board.load().series, len(told.board.encode()) > 1_000) == (50, True)
    told.advance(70 * MINUTE_MS)
    assert told.board.load().series == 0
    assert len(told.board.encode()) < empty + 50


# -- rules that change ----------------------------------------------------------------------------------------------


def test_the_alerts_of_a_rule_that_is_gone_are_forgotten() -> None:
    told = Told(rule())
    told.feed(cell(count=9))
    told.advance(0)
    board = Board.decode(told.board.encode(), [rule(name="other")])
    assert [alert.rule for alert in board.advance(T0 + 2 * MINUTE_MS)] == []


def test_an_alert_about_a_group_is_over_when_the_rule_is_about_all_of_them() -> None:
    told = Told(rule(group_by="event_type"))
    told.feed(cell(count=9))
    told.advance(0)
    told.board = Board.decode(told.board.encode(), [rule()])
    said = told.advance(3 * MINUTE_MS)
    assert ("click", "resolved") in [(alert.group, alert.state) for alert in said]


# -- any order ------------------------------------------------------------------------------------------------------

RULES = [
    rule(),
    rule(name="absent", kind="absence", value=1),
    rule(name="rate", metric="click_trouble_rate", group_by="element", value=0.2, min_volume=3),
    rule(name="surge", kind="surge", group_by="event_type", min_volume=3),
    AlertRule("outage", kind="outage", metric="click_trouble_rate", group_by="element", value=0.1, window="1m"),
]
CELLS = st.builds(
    lambda metric, group, count, session: Cell("default", metric, group, count, sessions=[session]),
    st.sampled_from(["events", "clicks", "rage_click", "dead_click"]),
    st.sampled_from(["#a", "#b"]),
    st.integers(0, 9),
    st.integers(1, 5),
)
STEPS = st.lists(st.tuples(st.lists(CELLS, max_size=4), st.integers(0, 80_000)), max_size=30)


@given(steps=STEPS, twice=st.sets(st.integers(0, 29)), saved=st.sets(st.integers(0, 29)))
def test_feeding_twice_and_saving_anywhere_changes_nothing(
    steps: list[tuple[list[Cell], int]], twice: set[int], saved: set[int]
) -> None:
    plain, other, at = Board(RULES), Board(RULES), T0
    for number, (cells, later) in enumerate(steps):
        at += later
        one = Slice("j", number, number + 1, at, cells)
        plain.feed(one)
        other.feed(one)
        if number in twice:
            other.feed(one)
        if number in saved:
            other = Board.decode(other.encode(), RULES)
        assert other.advance(at) == plain.advance(at)
    assert other.encode() == plain.encode()


@given(steps=STEPS, data=st.data())
def test_any_split_and_order_of_the_slices_gives_the_same(
    steps: list[tuple[list[Cell], int]], data: st.DataObject
) -> None:
    whole, parts, at = Board(RULES), Board(RULES), T0
    for number, (cells, later) in enumerate(steps):
        at += later
        whole.feed(Slice("j", number, number + 1, at, cells))
        for place, one in enumerate(data.draw(st.permutations(cells))):
            parts.feed(Slice(f"j{place}", number, number + 1, at, [one]))
        assert parts.advance(at) == whole.advance(at)
