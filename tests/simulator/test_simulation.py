"""What holds for every stream, whatever was asked for."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from simulator.journey import Journey
from simulator.scenario import all_troubles
from simulator.simulation import SESSION_END, Simulation
from tests.simulator.traffic import Event, at_ms, by_session, events, messages, scenario, with_truth

HALF_AN_HOUR_MS = 1_800_000


@st.composite
def wanted(draw: st.DrawFn) -> dict[str, Any]:
    sessions = draw(st.integers(1, 60))
    shortest_s = draw(st.sampled_from((1, 60, 900)))
    return {
        "seed": draw(st.integers(0, 2**32)),
        "sessions": sessions,
        "events": 2 * sessions + draw(st.integers(0, 1_000)),
        "rate_per_hour": draw(st.sampled_from((3.0, 300.0, 5_000.0, 1e6))),
        "session_range_s": (shortest_s, 2 * shortest_s),
        "troubles": all_troubles(draw(st.sampled_from((0.0, 0.3, 0.9)))),
    }


@given(wanted())
def test_exactly_what_was_asked_for(asked: dict[str, Any]) -> None:
    made = events(**asked)
    assert len(made) == asked["events"]
    assert len(by_session(made)) == asked["sessions"]


@given(wanted())
def test_counting_by_user_and_half_an_hour_gives_the_same_sessions(asked: dict[str, Any]) -> None:
    latest: dict[str, Event] = {}
    for event in events(**asked):
        before = latest.get(event["user_id"])
        if before is not None:
            is_same = at_ms(event) - at_ms(before) <= HALF_AN_HOUR_MS
            assert is_same == (before["session_id"] == event["session_id"])
        latest[event["user_id"]] = event


@given(wanted())
def test_the_stream_is_in_order_and_no_id_comes_twice(asked: dict[str, Any]) -> None:
    made = messages(**asked)
    assert [message.at_ms for message in made] == sorted(message.at_ms for message in made)
    assert len({message.event_id for message in made}) == len(made)


@given(wanted())
def test_a_session_ends_with_its_end_unless_the_truth_says_that_it_was_left_open(asked: dict[str, Any]) -> None:
    made, facts = with_truth(**asked)
    left_open = {fact.session_id for fact in facts if fact.type == "missing_close"}
    for session_id, session in by_session(made).items():
        types = [event["event_type"] for event in session]
        assert types.count(SESSION_END) == (session_id not in left_open)
        assert session_id in left_open or types[-1] == SESSION_END
        assert "logout" not in types[:-1] or types[types.index("logout") + 1 :] in ([SESSION_END], [])


@given(wanted(), st.integers(0, 50))
def test_whenever_it_is_closed_everybody_leaves(asked: dict[str, Any], after: int) -> None:
    facts: list[Any] = []
    simulation = Simulation(scenario(**asked), Journey(), facts.append)
    before = [message for message in (simulation.next() for _ in range(after)) if message]
    simulation.close()
    made = [*before, *simulation]
    ended = sum('"event_type":"session_end"' in message.text for message in made)
    assert ended + sum(fact.type == "missing_close" for fact in facts) == simulation.sessions
    assert simulation.crowd.active == {}
    assert [message.at_ms for message in made] == sorted(message.at_ms for message in made)


def test_the_same_seed_makes_the_same_bytes_and_another_one_does_not() -> None:
    asked: dict[str, Any] = {"events": 3_000, "troubles": all_troubles(0.3)}
    assert messages(**asked) == messages(**asked)
    assert messages(**asked) != messages(**asked, seed=2)
    assert with_truth(**asked)[1] == with_truth(**asked)[1]


def test_the_truth_costs_no_dice() -> None:
    asked: dict[str, Any] = {"events": 3_000, "troubles": all_troubles(0.3)}
    assert with_truth(**asked)[0] == events(**asked)


def test_a_duration_ends_it() -> None:
    made = events(duration_ms=3_600_000)
    own = [at_ms(event) for event in made if event["event_type"] != SESSION_END]
    assert 3_590_000 < own[-1] - own[0] < 3_600_000
    assert at_ms(made[-1]) - own[0] < 3_605_000


def test_only_sessions_bounded_ends_after_so_many() -> None:
    assert len(by_session(events(sessions=50))) == 50


def test_some_people_come_back_with_the_same_device_and_city() -> None:
    visits: dict[str, list[Event]] = {}
    for session in by_session(events(events=20_000)).values():
        visits.setdefault(session[0]["user_id"], []).append(session[0])
    again = [found for found in visits.values() if len(found) > 1]
    assert again
    for first, *others in again:
        for other in others:
            assert other["user_segment"] != "new_visitor"
            assert (other["device_info"], other["location"]) == (first["device_info"], first["location"])
