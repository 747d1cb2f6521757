"""What requests hold together has a bound."""

import pytest

from engine.errors import Wait
from gateway.budget import Budget


def test_beyond_the_bound_nothing_is_taken() -> None:
    budget = Budget(1_000)
    budget.take(600)
    budget.take(400)
    with pytest.raises(Wait, match="hold 1000 bytes of the 1000") as caught:
        budget.take(1)
    assert (caught.value.status, caught.value.code, budget.held_bytes) == (503, "overloaded", 1_000)


def test_what_is_given_back_is_free_again() -> None:
    budget = Budget(1_000)
    budget.take(1_000)
    budget.give_back(1_000)
    budget.take(1_000)
    assert budget.held_bytes == 1_000


def test_asking_takes_nothing() -> None:
    budget = Budget(1_000)
    budget.take(400)
    budget.require(600)
    with pytest.raises(Wait):
        budget.require(601)
    assert budget.held_bytes == 400


def test_what_is_larger_than_all_there_is_may_come_alone() -> None:
    budget = Budget(1_000)
    budget.take(5_000)
    with pytest.raises(Wait):
        budget.take(1)


def test_those_refused_in_a_row_come_back_at_different_times() -> None:
    budget = Budget(1)
    budget.take(1)
    times_ms = set()
    for _ in range(3):
        with pytest.raises(Wait) as caught:
            budget.take(1)
        times_ms.add(caught.value.retry_after_ms)
    assert len(times_ms) == 3
