"""More of something than is normal at this hour of the week, by what was learned."""

from hypothesis import given
from hypothesis import strategies as st

from engine.alerting.learning import MAX_SEASONAL
from engine.alerting.seasonal import MIN_WINDOWS, Seasonal, hour_name, hour_of_week, median
from engine.alerting.windows import MAX_GROUPS
from tests.builders import T0
from tests.engine.alerting.boards import DAY_MS, MINUTE_MS, Told, cell, rule, states

HOUR = 60  # minutes
WEEK = 168 * HOUR
MINUTE_0 = T0 // MINUTE_MS
SURGE = rule(kind="surge", group_by="event_type", window="5m", min_volume=50, cooldown_ms=DAY_MS)


def learned(hours: int = 4, count: int = 10) -> Told:
    told = Told(SURGE)
    told.minutes(hours * HOUR, [cell(group="pay", count=count)])
    assert told.said == []
    return told


def test_a_surge_of_one_type_of_event_is_an_alert_that_says_what_is_normal() -> None:
    told = learned()
    told.feed(cell(group="pay", count=200), cell(group="click", count=200))
    [found] = told.advance(told.at)
    assert (found.group, found.state, found.baseline, found.threshold) == ("pay", "firing", 50, 150)
    normal = "normal on Fridays from 15:00 UTC is 50 (of 23 windows), above 150 is an alert"
    assert found.text == f"events of pay: 240 in 5 minutes; {normal}."


def test_it_is_exact_at_its_edge() -> None:
    told = learned()
    told.feed(cell(group="pay", count=110))
    assert told.advance(told.at) == []
    told.feed(cell(group="pay", count=1))
    assert [alert.value for alert in told.advance(told.at)] == [151]


def test_it_says_nothing_before_it_has_seen_enough() -> None:
    told = Told(SURGE)
    told.minutes(MIN_WINDOWS * 5 - 5, [cell(group="pay", count=10)])
    told.feed(cell(group="pay", count=10_000))
    assert told.advance(told.at) == []


def test_a_surge_needs_its_volume() -> None:
    told = learned(count=1)
    told.feed(cell(group="pay", count=45))
    assert told.advance(told.at) == []
    told.feed(cell(group="pay", count=1))
    assert states(told.advance(told.at)) == ["firing"]


def test_what_varies_much_has_to_rise_more() -> None:
    told = Told(SURGE)
    for number in range(4 * 12):
        told.minutes(5, [cell(group="pay", count=(2, 20)[number % 2])])
    told.feed(cell(group="pay", count=300))
    assert told.advance(told.at) == []


def test_it_does_not_learn_from_what_is_alarming() -> None:
    told = learned()
    said = told.minutes(2 * HOUR, [cell(group="pay", count=200)])
    assert ({alert.id for alert in said}, {*states(said)}) == ({said[0].id}, {"firing"})
    assert said[-1].baseline == 50
    assert states(told.minutes(12, [cell(group="pay", count=10)]))[-1] == "resolved"


def test_what_lasts_for_a_day_is_the_new_normal() -> None:
    told = learned()
    told.minutes(30 * HOUR, [cell(group="pay", count=200)])
    assert told.said[-1].state == "resolved"


def test_after_the_monitor_was_away_a_window_has_to_be_whole() -> None:
    told = learned()
    told.at += 30 * MINUTE_MS
    told.feed(cell(group="pay", count=900))
    assert told.board.advance(T0 + told.at) == []
    assert told.minutes(3, [cell(group="pay", count=900)]) == []
    assert states(told.minutes(4, [cell(group="pay", count=900)]))[0] == "firing"


def test_what_is_learned_is_bounded() -> None:
    told = Told(SURGE, rule(name="clicks", kind="surge", metric="clicks", group_by="element", window="5m"))
    told.feed(*(cell(metric, f"g{number}") for metric in ("events", "clicks") for number in range(MAX_GROUPS)))
    told.minutes(11)
    assert (told.board.load().learned, told.board.load().refused > 0) == (MAX_SEASONAL, True)


# -- what is normal ---------------------------------------------------------------------------------------------------


def test_each_hour_of_the_week_has_its_own_normal() -> None:
    known = Seasonal()
    for week in range(2):
        for hour in range(168):
            for part in range(12):
                known.learn(MINUTE_0 + week * WEEK + hour * HOUR + part * 5, 500 if hour == 3 else 20)
    found = [known.normal(MINUTE_0 + 2 * WEEK + hour * HOUR) for hour in (2, 3, 4)]
    assert [normal and normal.middle for normal in found] == [20, 500, 20]


def test_an_hour_that_was_seen_too_seldom_borrows_from_hours_like_it() -> None:
    known = Seasonal()
    for hour in range(30):
        for part in range(12):
            known.learn(MINUTE_0 + hour * HOUR + part * 5, hour % 24)
    beside, same_hour, before = (known.normal(MINUTE_0 + hour * HOUR) for hour in (30, 48 + 10, 167))
    assert beside is not None
    assert (beside.middle, beside.windows) == (5, 12)
    assert same_hour is not None
    assert (same_hour.middle, same_hour.windows) == (10, 12)
    assert before is not None
    assert (before.middle, before.windows) == (0, 12)  # the first hour of all is beside it


def test_a_few_odd_values_do_not_move_what_is_normal() -> None:
    known = Seasonal()
    for number in range(40):
        known.learn(MINUTE_0 + number % 12 * 5, 10_000 if number % 5 == 0 else 20)
    normal = known.normal(MINUTE_0)
    assert normal is not None
    assert (normal.middle, normal.deviation) == (20, 0)


def test_what_is_remembered_of_an_hour_is_bounded() -> None:
    known = Seasonal()
    for number in range(1_000):
        known.learn(MINUTE_0, number)
    normal = known.normal(MINUTE_0)
    assert normal is not None
    assert (normal.windows, normal.middle) == (24, 987.5)


def test_hours_of_the_week_are_those_of_the_calendar() -> None:
    assert hour_name(MINUTE_0) == "Fridays from 12:00 UTC"
    assert hour_name(MINUTE_0 + HOUR) == "Fridays from 13:00 UTC"
    assert hour_of_week(MINUTE_0 + WEEK) == hour_of_week(MINUTE_0)


@given(values=st.lists(st.integers(0, 100), min_size=1))
def test_at_most_half_of_the_values_are_on_each_side_of_the_median(values: list[int]) -> None:
    middle = median(values)
    assert sum(value < middle for value in values) <= len(values) / 2 >= sum(value > middle for value in values)
