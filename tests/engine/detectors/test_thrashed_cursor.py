from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.detectors.base import Action
from engine.moment import moment_of
from engine.rules import Rules, ThrashedCursor
from engine.wire import Event, Facts
from tests.builders import T0, event
from tests.engine.detectors.run import bursts, detector, findings

KIND = "thrashed_cursor"


def move(at: int, x: int, y: int = 0) -> Event:
    return event("mouse_move", at, id=f"m{at}", facts=Facts(moves=(0, x, y)))


def swings(turns: int, *, step_ms: int = 100, width_px: int = 100, start: int = 0) -> list[Event]:
    """To and fro: so many turns."""
    return [move(start + place * step_ms, place % 2 * width_px) for place in range(turns + 2)]


@pytest.mark.parametrize(("turns", "expected"), [(9, 0), (10, 1)])
def test_ten_turns_are_a_thrashed_cursor(turns: int, expected: int) -> None:
    assert len(findings(KIND, swings(turns))) == expected


@pytest.mark.parametrize(("step_ms", "expected"), [(200, 1), (201, 0)])
def test_all_turns_lie_in_one_window(step_ms: int, expected: int) -> None:
    """Ten turns and the move after the last one take ten steps."""
    assert len(bursts(KIND, swings(10, step_ms=step_ms, width_px=1_000))) == expected


@pytest.mark.parametrize(("width_px", "expected"), [(50, 1), (49, 0)])
def test_the_pointer_must_be_fast(width_px: int, expected: int) -> None:
    rules = Rules(thrashed_cursor=ThrashedCursor(min_path_px=1))
    assert len(bursts(KIND, swings(10, width_px=width_px), rules)) == expected


@pytest.mark.parametrize(("width_px", "expected"), [(60, 1), (59, 0)])
def test_the_pointer_must_come_far(width_px: int, expected: int) -> None:
    assert len(bursts(KIND, swings(10, step_ms=50, width_px=width_px))) == expected


@pytest.mark.parametrize(("dx", "expected"), [(1, 0), (-1, 1)])
def test_a_turn_is_more_than_a_right_angle(dx: int, expected: int) -> None:
    """A zigzag whose corners are a little less, and a little more, than a right angle."""
    points, x, y = [(0, 0)], 0, 0
    for place in range(12):
        x, y = (x + 100, y + (0 if place % 2 else dx)) if place % 2 else (x + dx, y + 100)
        points.append((x, y))
    vectors = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(points)]
    assert all((p[0] * q[0] + p[1] * q[1] < 0) == bool(expected) for p, q in pairwise(vectors))
    events = [move(place * 100, *point) for place, point in enumerate(points)]
    assert bool(findings(KIND, events)) == bool(expected)


def test_a_batch_of_positions_is_the_moves_that_it_holds() -> None:
    moves = [value for place in range(12) for value in ((place - 11) * 100, place % 2 * 100, 0)]
    batch = event("mouse_move", 1_100, facts=Facts(moves=tuple(moves)))
    assert len(findings(KIND, [batch])) == 1


def test_a_hand_that_trembles_is_still() -> None:
    assert findings(KIND, swings(100, width_px=1, step_ms=10)) == []


def test_who_draws_or_drags_does_not_thrash() -> None:
    drawn = swings(30)
    assert findings(KIND, [event("mouse_down", 0), *drawn]) == []
    assert len(bursts(KIND, [event("mouse_down", 0), event("mouse_up", 0), *drawn])) == 1


def test_a_button_whose_release_got_lost_is_up_again_after_a_while() -> None:
    assert len(bursts(KIND, [event("mouse_down", 0), *swings(30, start=10_001)])) == 1


def test_one_burst_is_one_anomaly_and_a_second_one_is_another() -> None:
    found = bursts(KIND, [*swings(30), *swings(12, start=60_000)])
    assert [one.details["turns"] for one in found.values()] == [30, 12]


def batch(id: str, at: int, moves: list[Event]) -> Event:
    """The moves as one event that was sent at `at`."""
    places = [(one.at_ms - T0 - at, *one.facts.moves[1:]) for one in moves if one.facts is not None]
    flat = [value for place in places for value in place]
    return event("mouse_move", at, id=id, facts=Facts(moves=tuple(flat)))


def test_a_pause_in_the_batch_of_a_burst_does_not_hide_it() -> None:
    sent = batch("b", 5_000, [*swings(12), move(5_000, 0)])
    assert [one.details["turns"] for one in findings(KIND, [sent])] == [12]


def test_a_batch_that_ends_a_burst_and_begins_another_tells_of_both() -> None:
    moves = swings(30)
    events = [batch("a", 1_500, moves[:16]), batch("b", 20_000, [*moves[16:], *swings(12, start=15_000)])]
    assert {key: one.details["turns"] for key, one in bursts(KIND, events).items()} == {"a": 30, "b": 12}


def test_two_bursts_that_begin_in_one_batch_are_one_anomaly() -> None:
    sent = batch("b", 20_000, [*swings(12), *swings(12, start=15_000)])
    [found] = findings(KIND, [sent])
    assert (found.details["turns"], found.started_ms) == (24, T0 + 100)


@pytest.mark.parametrize("size", [1, 2, 5, 7, 32])
def test_it_does_not_matter_how_moves_are_batched(size: int) -> None:
    moves = [*swings(30), *swings(12, start=60_000)]
    parts = [moves[place : place + size] for place in range(0, len(moves), size)]
    found = bursts(KIND, [batch(f"b{place}", part[-1].at_ms - T0, part) for place, part in enumerate(parts)])
    assert [(one.started_ms - T0, one.details["turns"]) for one in found.values()] == [(100, 30), (60_100, 12)]


@given(st.lists(st.booleans(), min_size=32, max_size=32), st.integers(0, 3_000))
def test_batches_that_overlap_are_sorted_into_each_other(is_first: list[bool], later_ms: int) -> None:
    moves = swings(30)
    parts = [[one for one, first in zip(moves, is_first, strict=True) if first is wanted] for wanted in (True, False)]
    assume(len(parts[0]) != 1)  # one move alone is no batch: nothing is kept for one that overlaps with it
    sent = [batch(f"b{place}", 3_100 + place * later_ms, part) for place, part in enumerate(parts) if part]
    found = [one for one in bursts(KIND, sent).values() if one.status != "withdrawn"]
    assert [(one.started_ms - T0, one.last_ms - T0, one.details["turns"]) for one in found] == [(100, 3_100, 30)]


def test_a_third_batch_is_sorted_into_the_second() -> None:
    moves = swings(40)
    parts = [moves[:15], moves[15:30:2], [*moves[16:30:2], *moves[30:]]]
    sent = [batch(f"b{place}", part[-1].at_ms - T0, part) for place, part in enumerate(parts)]
    [found] = [one for one in bursts(KIND, sent).values() if one.status != "withdrawn"]
    assert (found.started_ms - T0, found.details["turns"]) == (100, 40)


def test_a_burst_that_the_points_of_another_batch_show_to_be_none_is_withdrawn() -> None:
    """Half of the points are a way to and fro; with the others every corner is a right angle."""
    ahead = [(place * 100, place % 2 * 100, 0) for place in range(12)]
    between = [(place * 100 + 50, 50, 50 - place % 2 * 100) for place in range(11)]
    halves = [ahead, between]
    sent = [
        event("mouse_move", 1_100 + place, id=f"b{place}", facts=Facts(moves=shifted(points, 1_100 + place)))
        for place, points in enumerate(halves)
    ]
    found = findings(KIND, sent)
    assert [(one.first_event_id, one.status) for one in found] == [("b0", "confirmed"), ("b0", "withdrawn")]


def test_a_burst_that_grew_by_points_that_another_batch_straightens_is_as_it_was_before_them() -> None:
    ahead = [(place * 100, place % 2 * 100, 0) for place in range(24)]
    bend = [(1_130, 150, 50), (1_160, 100, 100)]
    between = [*bend, *((place * 100 + 50, 50, place % 2 * 100 - 50) for place in range(12, 23))]
    sent = [
        event("mouse_move", at, id=f"b{place}", facts=Facts(moves=shifted(points, at)))
        for place, (at, points) in enumerate([(1_100, ahead[:12]), (2_300, ahead[12:]), (2_301, between)])
    ]
    found = findings(KIND, sent)
    assert [(one.first_event_id, one.status, one.details["turns"]) for one in found] == [
        ("b0", "confirmed", 10),
        ("b0", "confirmed", 22),
        ("b0", "confirmed", 10),
    ]
    assert found[2].last_ms == found[0].last_ms


def shifted(points: list[tuple[int, int, int]], at: int) -> tuple[int, ...]:
    return tuple(value for ms, x, y in points for value in (ms - at, x, y))


def test_of_batches_without_end_that_overlap_no_more_is_kept_than_of_one() -> None:
    made = detector(KIND)
    state: Any = None
    for number in range(100):
        moves = shifted([(place, place * 7 % 200, 0) for place in range(200)], 10_000)
        moment = moment_of(
            event("mouse_move", 10_000, id=f"b{number}", facts=Facts(moves=moves)), "mouse_move", T0 + 10_000, ()
        )
        state, _ = made.see(state, moment, Action())
    assert len(state.batch.points()) == 200


def test_the_points_of_a_batch_may_come_in_any_order() -> None:
    assert len(findings(KIND, [batch("b", 1_200, swings(10)[::-1])])) == 1
