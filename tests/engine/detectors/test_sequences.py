import re
from collections.abc import Sequence as Listed
from itertools import combinations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.detectors.base import MAX_EVIDENCE, Action, Finding
from engine.detectors.sequences import Sequences
from engine.errors import ClientError
from engine.moment import Moment
from engine.overlay import applied
from engine.rules import Rules, Sequence
from engine.rules import Sequences as Rule
from tests.engine.detectors.moments import T0, moment
from tests.engine.detectors.shown import KINDS, bursts, findings

Steps = tuple[str, ...]


def detector(*patterns: Sequence) -> Sequences:
    return Sequences(Rule(patterns=patterns), KINDS)


def pattern(*steps: str, name: str = "lost", times: int = 1, window_ms: int = 0, strict: bool = False) -> Sequence:
    """Each step is one type, or several: `a|b`."""
    sets = tuple(frozenset(step.split("|")) for step in steps)
    return Sequence(name, sets, times, window_ms, strict=strict)


def done(*kinds: str, step_ms: int = 1_000) -> list[Moment]:
    return [moment(kind, place * step_ms) for place, kind in enumerate(kinds)]


SEARCH = pattern("search", "search", "no_results", times=2, name="lost_in_search")


def test_a_pattern_that_is_done_so_often_is_an_anomaly_of_its_name() -> None:
    moments = done("search", "search", "no_results", "click", "search", "search", "no_results", step_ms=10_000)
    ids = tuple(one.event_id for one in moments if one.event_type != "click")
    assert findings(detector(SEARCH), moments) == [
        Finding(
            first_event_id="search@0",
            started_ms=T0,
            last_ms=T0 + 60_000,
            detected_ms=T0 + 60_000,
            description="search -> search -> no_results was done 2 times in 60 s.",
            event_ids=ids,
            details={"pattern": "search -> search -> no_results", "times": 2, "min_times": 2, "window_ms": 0},
            severity="medium",
            type="lost_in_search",
        )
    ]


def test_once_less_is_none() -> None:
    assert findings(detector(SEARCH), done(*("search", "search", "no_results"), "search", "search")) == []


@pytest.mark.parametrize("kinds", ["a b c", "x a x b x c x", "a a b b c", "b c a b c", "a c b c", "c b a a c b b c"])
def test_other_actions_in_between_do_not_matter(kinds: str) -> None:
    assert len(findings(detector(pattern("a", "b", "c")), done(*kinds.split()))) == 1


@pytest.mark.parametrize("kinds", ["a b", "b c", "c b a", "a c b", "x y z", "b a c"])
def test_steps_in_another_order_are_none(kinds: str) -> None:
    assert findings(detector(pattern("a", "b", "c")), done(*kinds.split())) == []


@pytest.mark.parametrize("kinds", ["a b c", "x a b c", "a a b b b c", "a b a b c", "a c a b c"])
def test_a_strict_pattern_is_done_without_anything_else(kinds: str) -> None:
    assert len(findings(detector(pattern("a", "b", "c", strict=True)), done(*kinds.split()))) == 1


@pytest.mark.parametrize("kinds", ["a x b c", "a b x c", "a b a c", "a c b", "a b b a c"])
def test_a_strict_pattern_is_broken_by_any_other_action(kinds: str) -> None:
    assert findings(detector(pattern("a", "b", "c", strict=True)), done(*kinds.split())) == []


def test_what_the_page_sends_by_itself_breaks_nothing() -> None:
    assert len(findings(detector(pattern("a", "b", strict=True)), done("a", "scroll", "heartbeat", "b"))) == 1


@pytest.mark.parametrize("strict", [True, False])
def test_what_the_page_sends_by_itself_can_be_a_step(strict: bool) -> None:
    both = detector(pattern("a", "scroll", "b", strict=strict), pattern("x", "y", strict=True, name="other"))
    assert len(findings(both, done("a", "scroll", "b"))) == 1
    assert findings(both, done("a", "heartbeat", "b")) == []
    assert len(findings(both, done("x", "scroll", "y"))) == 1


@pytest.mark.parametrize(("last_ms", "expected"), [(10_000, 1), (10_001, 0)])
@pytest.mark.parametrize("strict", [True, False])
def test_all_of_it_fits_into_the_window(strict: bool, last_ms: int, expected: int) -> None:
    moments = [moment("a", 0), moment("b", 10), moment("a", 20), moment("b", last_ms)]
    found = findings(detector(pattern("a", "b", times=2, window_ms=10_000, strict=strict)), moments)
    assert len(found) == expected


def test_a_later_beginning_counts_when_the_first_is_too_old() -> None:
    moments = [moment("a", 0), moment("b", 50), moment("a", 80), moment("b", 90), moment("c", 120)]
    [found] = findings(detector(pattern("a", "b", "c", window_ms=100)), moments)
    assert found.event_ids == ("a@80", "b@90", "c@120")
    strict = detector(pattern("a", "b", window_ms=100, strict=True))
    assert findings(strict, [moment("a", 0), moment("a", 80), moment("b", 120)])[0].started_ms == T0 + 80


def test_a_step_is_any_of_its_types() -> None:
    two = detector(pattern("a|b", "c|d", strict=True))
    assert len(bursts(two, done("a", "d"))) == len(bursts(two, done("b", "c"))) == 1
    assert findings(two, done("a", "b")) == []


def test_a_pattern_may_come_back_to_its_beginning() -> None:
    """When `a b a b` turns out to be no cycle, its second half may still be the beginning of one."""
    assert len(findings(detector(pattern("a", "b", "a", "c", strict=True)), done(*"ababac"))) == 1


def test_a_single_step_counts_each_time() -> None:
    assert len(findings(detector(pattern("a", times=3, strict=True)), done("a", "a", "a"))) == 1
    assert findings(detector(pattern("a", times=3, strict=True)), done("a", "a", "x", "a")) == []
    assert len(findings(detector(pattern("a", times=3)), done("a", "a", "x", "a"))) == 1


def test_steps_at_the_same_time_count() -> None:
    assert len(findings(detector(pattern("a", "b", window_ms=1)), done("a", "b", step_ms=0))) == 1


def test_one_burst_is_one_anomaly_that_grows() -> None:
    found = findings(detector(pattern("a", "b", times=2, window_ms=10_000)), done(*"abababab"))
    assert [finding.details["times"] for finding in found] == [2, 3, 4]
    assert len({finding.first_event_id for finding in found}) == 1


def test_after_the_window_it_is_a_second_anomaly() -> None:
    moments = [moment(kind, at) for at in (0, 10_000) for kind in "ab"]
    assert len(bursts(detector(pattern("a", "b", window_ms=100)), moments)) == 2


def test_patterns_do_not_know_of_each_other() -> None:
    both = detector(pattern("a", "b", name="first"), pattern("b", "a", name="second", times=2))
    found = bursts(both, done(*"ababa")).values()
    assert [(finding.type, finding.details["times"]) for finding in found] == [("first", 2), ("second", 2)]


def test_two_patterns_that_begin_with_one_event_are_two_anomalies() -> None:
    both = detector(pattern("a", "b", name="first"), pattern("a", "b", name="second"))
    assert [finding.type for finding in findings(both, done("a", "b"))] == ["first", "second"]


def test_a_pattern_that_changed_begins_anew_and_others_go_on() -> None:
    old = detector(pattern("a", "b", "c", name="first"), pattern("a", "b", name="second"))
    state, _ = old.see(None, moment("a", 0), Action())
    new = detector(pattern("a", "b", name="first"), pattern("a", "b", name="second"))
    _, found = new.see(state, moment("b", 1), Action())
    assert [finding.type for finding in found] == ["second"]


def test_without_patterns_nothing_is_asked() -> None:
    assert detector().event_types == frozenset()


def test_only_the_types_of_the_steps_are_asked_for() -> None:
    assert detector(pattern("a", "b|c")).event_types == frozenset("abc")


@pytest.mark.parametrize("name", ["rage_click", "stuck_pattern", "slow_click", "sequences"])
def test_a_pattern_has_no_name_of_a_detector(name: str) -> None:
    wanted = {"sequences": {"patterns": [{"name": "fine", "steps": [["a"]]}, {"name": name, "steps": [["a"]]}]}}
    with pytest.raises(ClientError, match=rf"`detectors.sequences.patterns\[1\].name` is '{name}'; "):
        msgspec.convert(wanted, Rules)
    with pytest.raises(ClientError):
        applied(Rules(), wanted)


def test_two_patterns_have_two_names() -> None:
    with pytest.raises(ClientError, match=r"patterns\[1\].name` is 'lost'"):
        Rule(patterns=(pattern("a"), pattern("b")))


@pytest.mark.parametrize(
    ("field", "wrong"), [("times", 21), ("times", 0), ("steps", [["a"]] * 11), ("steps", []), ("name", "No Name")]
)
def test_steps_and_times_are_bounded(field: str, wrong: object) -> None:
    wanted: dict[str, object] = {"name": "fine", "steps": [["a"]], field: wrong}
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert(wanted, Sequence)


def test_what_it_remembers_is_bounded() -> None:
    steps = [f"s{number}" for number in range(10)]
    patterns = [pattern(*steps, name=f"p{number}", times=20, window_ms=10**9) for number in range(2)]
    state = None
    for number in range(3_000):
        state, found = detector(*patterns).see(state, moment(steps[number % 10], number), Action())
        assert all(len(finding.event_ids) <= MAX_EVIDENCE for finding in found)
        assert len(msgspec.msgpack.encode(state)) < 5_000


STREAMS = st.lists(st.tuples(st.sampled_from("abcx"), st.integers(0, 5)), max_size=14)
PATTERNS = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(tuple)


def moments_of(stream: Listed[tuple[str, int]]) -> list[Moment]:
    at_ms, made = 0, []
    for place, (kind, gap_ms) in enumerate(stream):
        at_ms += gap_ms
        made.append(moment(kind, at_ms, id=f"e{place}"))
    return made


@given(STREAMS, PATTERNS, st.sampled_from([0, 4, 10]))
def test_the_first_find_is_where_a_search_of_all_choices_finds_it(
    stream: list[tuple[str, int]], steps: Steps, window_ms: int
) -> None:
    moments = moments_of(stream)
    found = findings(detector(pattern(*steps, window_ms=window_ms)), moments)
    assert (found[0].detected_ms if found else None) == _first_end_ms(moments, steps, window_ms)


def _first_end_ms(moments: Listed[Moment], steps: Steps, window_ms: int) -> int | None:
    ends = [
        chosen[-1].at_ms
        for chosen in combinations(moments, len(steps))
        if tuple(one.event_type for one in chosen) == steps
        and (not window_ms or chosen[-1].at_ms - chosen[0].at_ms <= window_ms)
    ]
    return min(ends, default=None)


@given(STREAMS, st.sampled_from([("a",), ("a", "b"), ("a", "b", "c")]), st.integers(1, 3))
def test_a_strict_row_is_what_a_regular_expression_finds(
    stream: list[tuple[str, int]], steps: Steps, times: int
) -> None:
    found = findings(detector(pattern(*steps, times=times, strict=True)), moments_of(stream))
    text = "".join(kind for kind, _ in stream)
    cycle = "".join(f"{step}+" for step in steps) if len(steps) > 1 else steps[0]
    assert bool(found) == (re.search(f"({cycle}){{{times}}}", text) is not None)
