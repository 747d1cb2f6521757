"""The clock filter: the smallest offset counts, and the order of one sender's events is kept."""

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from engine.clock import AGREES, MAX_STEPS, MAX_WAY_MS, Clock, corrected_ms, heard, is_of_another, offset_said
from engine.wire import ON_TIME, Event, Facts
from tests.builders import T0

DAY_MS = 86_400_000


def sent(at: int = 0, **fields: Any) -> Event:
    return Event("default", "e1", "s1", "u1", "click", T0 + at, **fields)


def test_a_request_says_its_offset_or_that_its_clock_agrees_or_nothing() -> None:
    assert offset_said(sent(facts=Facts(offset_ms=7_000)), T0 + DAY_MS) == 7_000
    assert offset_said(sent(flags=ON_TIME), T0) == 0
    assert offset_said(sent(flags=ON_TIME, facts=Facts(lcp=1.0)), T0) == 0
    assert offset_said(sent(facts=Facts(lcp=1.0)), T0) is None
    assert offset_said(sent(), T0) is None


def test_what_would_have_happened_after_it_came_is_not_believed() -> None:
    said = Facts(offset_ms=7_000)
    assert offset_said(sent(facts=said), T0 + 7_000 - MAX_WAY_MS) == 7_000
    assert offset_said(sent(facts=said), T0 + 7_000 - MAX_WAY_MS - 1) is None


def test_the_first_offset_is_taken() -> None:
    assert corrected_ms(heard(None, -DAY_MS, 0), T0) == T0 - DAY_MS
    assert heard(None, 0, 0) is AGREES


def test_a_larger_offset_is_the_way_and_changes_nothing() -> None:
    clock = heard(None, 6_000, 0)
    assert heard(clock, 9_000, T0) is clock
    assert heard(AGREES, 9_000, T0) is AGREES


def test_a_smaller_offset_holds_from_then_on() -> None:
    clock = heard(Clock(9_000), 6_000, T0 + 9_000)
    assert clock.offset_ms == 6_000
    assert corrected_ms(clock, T0 + 60_000) == T0 + 66_000


def test_what_was_corrected_before_stays_and_what_follows_does_not_go_before_it() -> None:
    clock = heard(Clock(9_000), 6_000, T0 + 9_000)
    corrected = [corrected_ms(clock, T0 + at) - T0 for at in (-1, 0, 1, 2_999, 3_000, 3_001)]
    assert corrected == [8_999, 9_000, 9_000, 9_000, 9_000, 9_001]


def test_an_event_on_time_is_left_alone_where_the_session_has_a_clock_far_ahead() -> None:
    ahead = heard(None, -DAY_MS, 0)
    assert is_of_another(ahead, 0)
    assert heard(ahead, 0, T0) is ahead
    assert not is_of_another(Clock(-7_000), 0)  # the way took two seconds: it is the same clock
    assert not is_of_another(ahead, -DAY_MS + 1)


def test_a_clock_far_ahead_beside_one_that_agrees_is_not_held_back_by_it() -> None:
    assert heard(AGREES, -DAY_MS, T0) == Clock(-DAY_MS)
    assert heard(AGREES, -6_000, T0) == Clock(-6_000, (T0, 0))


Sent = tuple[int, int]  # the sender's time, and how long the way took


def corrected(events: list[Sent], skew_ms: int) -> list[tuple[int, int]]:
    """(sender's time, corrected time) of each, in the order in which they came."""
    clock, last_ms, found = None, 0, []
    for at, way_ms in events:
        said_ms = skew_ms + way_ms
        clock = heard(clock, 0 if abs(said_ms) <= 5_000 else said_ms, last_ms)
        at_ms = corrected_ms(clock, T0 + at)
        last_ms = max(last_ms, at_ms)
        found.append((T0 + at, at_ms))
    return found


EVENTS = st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 50_000)), min_size=1, max_size=60)
SKEWS = st.sampled_from((-DAY_MS, -6_000, -4_000, 0, 100, 4_900, 6_000, DAY_MS))


@given(EVENTS, SKEWS)
@example([(0, 6_000), (10, 0), (5, 3_000), (11, 4_000)], 6_000)
def test_the_order_of_one_clients_events_is_kept_whatever_the_ways_took(events: list[Sent], skew_ms: int) -> None:
    in_order = sorted(corrected(events, skew_ms))
    assert [at_ms for _, at_ms in in_order] == sorted(at_ms for _, at_ms in in_order)


@given(EVENTS, st.sampled_from((-DAY_MS, 20_000, DAY_MS)))
def test_an_event_is_put_between_the_time_when_it_happened_and_the_longest_way_after_it(
    events: list[Sent], skew_ms: int
) -> None:
    latest_ms = max(at for at, _ in events) + max(way_ms for _, way_ms in events)
    for raw_ms, at_ms in corrected(events, skew_ms):
        assert raw_ms + skew_ms <= at_ms <= T0 + skew_ms + latest_ms


def test_offsets_that_become_better_without_end_take_bounded_memory() -> None:
    clock = None
    for better in range(1_000):
        clock = heard(clock, 10_000_000 - better, T0 + better)
    assert clock is not None
    assert (len(clock.steps), clock.offset_ms) == (2 * MAX_STEPS, 10_000_000 - MAX_STEPS)
