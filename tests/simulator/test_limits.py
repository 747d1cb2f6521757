"""What cannot be made is refused in one sentence that names the figure; and what there is stays within its bounds."""

import tracemalloc
from time import process_time
from typing import Any

import pytest

from simulator.chance import Weighted
from simulator.errors import SimulatorError
from simulator.journey import Journey
from simulator.people import People
from simulator.simulation import Simulation
from tests.simulator.traffic import messages, scenario

LEAST_EVENTS_PER_S = 20_000  # a fifth of what it does: the machine may be busy, or slow
MOST_BYTES_PER_SESSION = 5_000


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"rate_per_hour": 0}, "`rate` is 0"),
        ({"rate_per_hour": -5}, "`rate` is -5"),
        ({"rate_per_hour": float("nan")}, "`rate` is nan"),
        ({"session_range_s": (60, 60)}, "`min_session_duration` is 60 s"),
        ({"session_range_s": (0, 60)}, "`min_session_duration` is 0 s"),
        ({"session_range_s": (60, 100_000)}, "at most 86400"),
        ({"reuse": 1.0}, "`reuse` is 1"),
        ({"events": 1}, "`events` is 1"),
        ({"sessions": 0}, "`sessions` is 0"),
        ({"events": 10, "sessions": 6}, "at most 5 sessions"),
        ({"troubles": {"boredom": 0.1}}, "`trouble` names 'boredom'; allowed are rage_click"),
        ({"troubles": {"u_turn": 1.5}}, "`trouble` gives u_turn the share 1.5"),
        ({"troubles": {"u_turn": 0.6, "dead_click": 0.6}}, "add up to 1.2"),
    ],
)
def test_what_cannot_be_is_refused(wanted: dict[str, Any], said: str) -> None:
    with pytest.raises(SimulatorError, match=said):
        scenario(**wanted)


@pytest.mark.parametrize("weights", [{}, {"a": 0.0}, {"a": -1.0, "b": 2.0}])
def test_weights_that_say_nothing_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(SimulatorError, match="weights"):
        Weighted(weights)


def test_weights_are_normalised_and_their_edges_exact() -> None:
    drawn = Weighted({"a": 3.0, "never": 0.0, "b": 1.0})
    assert [drawn.pick(number) for number in (0.0, 0.7499, 0.75, 0.9999)] == ["a", "a", "b", "b"]


def test_people_who_are_away_are_forgotten_in_time() -> None:
    people = People(lambda: 0.5)
    person = people.arrive(0)
    for at_ms in range(5_000):
        people.depart(person, at_ms)
    assert sum(map(len, people._away.values())) <= 2_000 * 4


def test_a_session_takes_less_than_5_kb() -> None:
    simulation = Simulation(scenario(rate_per_hour=2e7), Journey())
    tracemalloc.start()
    try:
        while len(simulation.crowd.active) < 2_000:
            simulation.next()
        size_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size_bytes / 2_000 < MOST_BYTES_PER_SESSION


def test_it_is_fast() -> None:
    started_s = process_time()
    assert len(messages(events=20_000)) == 20_000
    assert 20_000 / (process_time() - started_s) > LEAST_EVENTS_PER_S
