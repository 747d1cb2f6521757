from hypothesis import given
from hypothesis import strategies as st

from engine.actionlog import OTHER, ActionLog
from tests.builders import HOUR, T0


def filled(*actions: tuple[str, int], max_types: int = 200, max_actions: int = 1000) -> ActionLog:
    log = ActionLog()
    latest_ms = -(10**12)
    for kind, at_ms in actions:
        log.add(kind, T0 + at_ms, max_types, max_actions, at_ms >= latest_ms)
        latest_ms = max(latest_ms, at_ms)
    return log


def read(log: ActionLog) -> list[tuple[str, int]]:
    return [(log.names[t], log.base_ms - T0 + ms) for t, ms in zip(log.types(), log.times(), strict=True)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(-24 * HOUR, 24 * HOUR)), max_size=50))
def test_actions_are_read_in_time_order_and_equal_times_in_order_of_arrival(actions: list[tuple[str, int]]) -> None:
    assert read(filled(*actions)) == sorted(actions, key=lambda action: action[1])


def test_beyond_the_bound_the_oldest_leave_the_log_but_not_the_counts() -> None:
    log = filled(("a", 0), ("b", 1), ("c", 2), max_actions=2)
    assert read(log) == [("b", 1), ("c", 2)]
    assert log.counts() == {"a": 1, "b": 1, "c": 1}


def test_an_action_older_than_a_full_log_is_counted_only() -> None:
    log = filled(("b", 1), ("c", 2), ("a", 0), max_actions=2)
    assert read(log) == [("b", 1), ("c", 2)]
    assert log.counts() == {"a": 1, "b": 1, "c": 1}


def test_further_types_are_counted_together() -> None:
    log = filled(("a", 0), ("b", 1), ("c", 2), ("d", 3), ("a", 4), max_types=2)
    assert log.counts() == {"a": 2, "b": 1, OTHER: 2}


def test_a_client_that_uses_the_name_for_the_others_confuses_nobody() -> None:
    log = filled((OTHER, 0), ("a", 1), ("b", 2), ("c", 3), max_types=2)
    assert log.counts() == {OTHER: 3, "a": 1}


def test_the_highest_type_number_fits_in_a_byte() -> None:
    log = filled(*((str(number), number) for number in range(300)), max_types=255)
    assert len(log.names) == 256
    assert read(log)[-1] == (OTHER, 299)
