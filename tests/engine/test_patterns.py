from hypothesis import given
from hypothesis import strategies as st

from engine.actionlog import ActionLog
from engine.analysis import ActionCount, CommonPattern, RepeatedPattern
from engine.patterns import MAX_LISTED, common_patterns, most_used_actions, repeated_patterns
from tests.builders import T0


def log_of(kinds: str, *, step_ms: int = 10) -> ActionLog:
    log = ActionLog()
    for place, kind in enumerate(kinds):
        log.add(kind, T0 + place * step_ms, 200, 1000, True)
    return log


def test_most_used_actions_are_ranked_by_count_then_by_name() -> None:
    assert most_used_actions(log_of("bacab")) == [
        ActionCount("a", 2, 40.0),
        ActionCount("b", 2, 40.0),
        ActionCount("c", 1, 20.0),
    ]


def test_no_actions_give_no_patterns() -> None:
    log = ActionLog()
    assert (most_used_actions(log), common_patterns(log), repeated_patterns(log)) == ([], [], [])


def test_three_actions_seen_twice_are_common() -> None:
    assert common_patterns(log_of("abcxabc")) == [CommonPattern(["a", "b", "c"], 2, 20.0)]


def test_three_actions_seen_once_are_not() -> None:
    assert common_patterns(log_of("abcd")) == []


def test_overlapping_ones_count() -> None:
    assert common_patterns(log_of("aaaa")) == [CommonPattern(["a", "a", "a"], 2, 20.0)]


def test_a_sequence_done_three_times_in_a_row_is_repeated() -> None:
    assert repeated_patterns(log_of("xababab")) == [RepeatedPattern(["a", "b"], 3, T0 + 10, T0 + 60)]


def test_twice_in_a_row_is_not() -> None:
    assert repeated_patterns(log_of("xababy")) == []


def test_one_action_over_and_over_is_no_sequence() -> None:
    assert repeated_patterns(log_of("aaaaaaaaa")) == []


def test_a_sequence_is_reported_under_its_shortest_period_only() -> None:
    assert [found.pattern for found in repeated_patterns(log_of("abababababab"))] == [["a", "b"]]


def test_up_to_five_actions_make_a_sequence() -> None:
    assert [found.pattern for found in repeated_patterns(log_of("abcde" * 3))] == [list("abcde")]
    assert repeated_patterns(log_of("abcdef" * 3)) == []


@given(st.text("abcd", max_size=200))
def test_lists_are_bounded_and_every_repetition_is_really_there(kinds: str) -> None:
    log = log_of(kinds)
    assert len(common_patterns(log)) <= MAX_LISTED
    repeated = repeated_patterns(log)
    assert len(repeated) <= MAX_LISTED
    for found in repeated:
        first = (found.first_ms - T0) // 10
        whole = "".join(found.pattern) * found.repeat_count
        assert kinds[first : first + len(whole)] == whole
        assert found.last_ms == T0 + (first + len(whole) - 1) * 10
