"""An element on which clicks go wrong more often than they usually do, for several people at once."""

from collections.abc import Sequence

from engine.alerting import AlertRule
from engine.alerting.usual import MIN_CLICKS
from engine.slices import Cell
from tests.engine.alerting.boards import MINUTE_MS, Told, cell, states

OUTAGE = AlertRule(
    "outage", kind="outage", metric="click_trouble_rate", group_by="element", value=0.1, min_volume=20, severity="high"
)


def clicks(count: int, wrong: int = 0, *, group: str = "#pay", sessions: Sequence[int] = ()) -> list[Cell]:
    dead = [cell("dead_click", group, wrong, sessions=list(sessions))] if wrong else []
    return [cell("clicks", group, count), *dead]


def usual() -> Told:
    """After an hour of 10 clicks a minute on an element, of which one went wrong every 10 minutes."""
    told = Told(OUTAGE)
    for _ in range(6):
        told.minutes(1, clicks(10, 1, sessions=[1]))
        told.minutes(9, clicks(10))
    assert told.said == []
    return told


def test_an_element_that_broke_is_one_alert_that_says_since_when_and_for_how_many() -> None:
    told = usual()
    [found, *_] = told.minutes(4, clicks(10, 6, sessions=range(10, 16)))
    assert (found.group, found.state, found.severity, found.sessions) == ("#pay", "firing", "high", 6)
    assert found.text.startswith("#pay broke just now, 6 sessions: 6 of 50 clicks in 5 minutes went wrong ")
    assert "(normal is 1." in found.text
    assert {alert.id for alert in told.said} == {found.id}


def test_its_text_goes_on_counting_from_the_first_bad_minute() -> None:
    told = usual()
    for minute in range(5):
        told.minutes(1, clicks(10, 8, sessions=range(100 * minute, 100 * minute + 8)))
    last = told.said[-1]
    assert last.text.startswith(f"#pay broke 4 minutes ago, {last.sessions} sessions: ")


def test_one_person_who_clicks_much_is_no_outage() -> None:
    told = usual()
    assert told.minutes(5, clicks(30, 25, sessions=[1, 2, 3, 4])) == []
    assert states(told.minutes(1, clicks(30, 25, sessions=[5]))) == ["firing"]


def test_what_is_normal_for_an_element_is_no_outage() -> None:
    told = Told(OUTAGE)
    assert told.minutes(120, clicks(10, 4, sessions=range(9))) == []
    assert told.minutes(10, clicks(10, 7, sessions=range(9))) == []


def test_an_element_that_is_hardly_known_is_not_judged() -> None:
    told = Told(OUTAGE)
    told.minutes(5, clicks((MIN_CLICKS - 5) // 5))
    assert told.minutes(4, clicks(20, 20, sessions=range(9))) == []


def test_a_few_clicks_prove_nothing() -> None:
    told = usual()
    told.advance(told.at + 10 * MINUTE_MS)
    told.feed(*clicks(19, 19, sessions=range(9)))
    assert told.advance(told.at) == []
    told.feed(*clicks(1))
    assert states(told.advance(told.at)) == ["firing"]


def test_it_is_over_when_clicks_are_answered_again() -> None:
    told = usual()
    told.minutes(5, clicks(10, 8, sessions=range(8)))
    assert states(told.minutes(15, clicks(10)))[-1] == "resolved"


def test_other_elements_are_judged_by_themselves() -> None:
    told = usual()
    assert told.minutes(3, [*clicks(10), *clicks(10, 9, group="#new", sessions=range(9))]) == []


def test_the_sum_of_all_troubles_counts_not_one_kind_alone() -> None:
    told = usual()
    kinds = ("rage_click", "dead_click", "error_click")
    wrong = [cell(kind, "#pay", 2, sessions=[10 * place, 10 * place + 1]) for place, kind in enumerate(kinds)]
    assert [alert.sessions for alert in told.minutes(4, [cell("clicks", "#pay", 30), *wrong])][:1] == [6]
