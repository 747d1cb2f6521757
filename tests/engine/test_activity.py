"""Active time: the sum of the gaps of at most 10 s."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.activity import KEPT_STRETCHES, MAX_GAP_MS, MAX_STRETCHES, Activity
from tests.builders import T0

GAPS = st.sampled_from((0, 1, 500, MAX_GAP_MS - 1, MAX_GAP_MS, MAX_GAP_MS + 1, 60_000))


def active(times: Sequence[int]) -> Activity:
    activity = Activity(T0 + times[0], T0 + times[0])
    for at in times[1:]:
        activity.add(T0 + at)
    return activity


def defined(times: Sequence[int]) -> int:
    """The definition itself."""
    return sum(gap for gap in (b - a for a, b in pairwise(sorted(times))) if gap <= MAX_GAP_MS)


@pytest.mark.parametrize(("gap_ms", "counted_ms"), [(0, 0), (9_999, 9_999), (10_000, 10_000), (10_001, 0)])
def test_a_gap_counts_up_to_ten_seconds(gap_ms: int, counted_ms: int) -> None:
    assert active([0, gap_ms]).active_ms() == counted_ms


def test_one_event_is_no_time() -> None:
    assert active([0]).active_ms() == 0


def test_a_late_event_fills_a_pause() -> None:
    assert active([0, 15_000]).active_ms() == 0
    assert active([0, 15_000, 7_000]).active_ms() == 15_000


def test_a_late_event_before_the_first_one_counts() -> None:
    assert active([5_000, 6_000, 0]).active_ms() == 6_000


@given(st.lists(GAPS, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(gaps: list[int], random: Random) -> None:
    times = [sum(gaps[: place + 1]) for place in range(len(gaps))]
    mixed = [*times]
    random.shuffle(mixed)
    assert active(mixed).active_ms() == active(times).active_ms() == defined(times)


@given(st.lists(GAPS, min_size=1, max_size=200))
def test_in_order_it_is_exact_however_long_the_session_is(gaps: list[int]) -> None:
    times = [sum(gaps[: place + 1]) for place in range(len(gaps))]
    assert active(times).active_ms() == defined(times)


def test_a_thousand_pauses_take_bounded_memory() -> None:
    times = [place * 60_000 + extra for place in range(1_000) for extra in (0, 1_000)]
    activity = active(times)
    assert len(activity.earlier) <= 8 * MAX_STRETCHES
    assert activity.active_ms() == 1_000_000


def test_an_event_older_than_all_that_is_kept_changes_nothing() -> None:
    activity = active([place * 60_000 for place in range(40)])
    before = activity.active_ms()
    activity.add(T0 + 2_000)
    assert activity.active_ms() == before == 0


def test_an_event_that_comes_late_counts_as_long_as_its_pause_is_kept() -> None:
    times = [place * 60_000 for place in range(100)]
    late = times[-KEPT_STRETCHES] + 5_000
    assert active([*times, late]).active_ms() == 5_000


@given(st.lists(st.integers(0, 2_000_000), min_size=2, max_size=150))
def test_any_order_of_any_times_is_taken(times: list[int]) -> None:
    found = active(times).active_ms()
    assert 0 <= found <= defined(times)
