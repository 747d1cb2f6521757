"""Simulated traffic for tests, and what it is measured by."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from simulator.journey import Journey
from simulator.message import Message
from simulator.scenario import Scenario
from simulator.simulation import Simulation
from simulator.truth import Fact

MONDAY_NOON_MS: Final = 1_767_614_400_000  # 2026-01-05T12:00:00Z
_ONE_IN_A_THOUSAND: Final = 3.0902  # quantile of the normal distribution

Event = dict[str, Any]


def scenario(**wanted: Any) -> Scenario:
    return Scenario(**{"seed": 1, "start_ms": MONDAY_NOON_MS, **wanted})


def messages(**wanted: Any) -> list[Message]:
    return list(Simulation(scenario(**wanted), Journey()))


def events(**wanted: Any) -> list[Event]:
    return [json.loads(message.text) for message in messages(**wanted)]


def with_truth(**wanted: Any) -> tuple[list[Event], list[Fact]]:
    facts: list[Fact] = []
    made = [json.loads(message.text) for message in Simulation(scenario(**wanted), Journey(), facts.append)]
    return made, facts


def by_session(made: Iterable[Event]) -> dict[str, list[Event]]:
    found: defaultdict[str, list[Event]] = defaultdict(list)
    for event in made:
        found[event["session_id"]].append(event)
    return dict(found)


def at_ms(event: Event) -> int:
    return round(datetime.fromisoformat(event["timestamp"]).timestamp() * 1000)


def assert_drawn_from(counts: Mapping[Any, int] | Counter[Any], weights: Mapping[Any, float]) -> None:
    """Chi-square: counts as odd as these come from the weights less than once in a thousand times."""
    assert set(counts) <= set(weights)
    total, weight = sum(counts.values()), sum(weights.values())
    expected: dict[Hashable, float] = {item: total * share / weight for item, share in weights.items()}
    assert min(expected.values()) >= 5, "too few for the test to mean anything"
    statistic = sum((counts.get(item, 0) - value) ** 2 / value for item, value in expected.items())
    assert statistic < _critical(len(weights) - 1), dict(counts)


def _critical(freedom: int) -> float:
    """Of the chi-square distribution, by Wilson and Hilferty's approximation."""
    part = 2 / (9 * freedom)
    return freedom * (1 - part + _ONE_IN_A_THOUSAND * math.sqrt(part)) ** 3
