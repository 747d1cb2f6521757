"""What may wait for a shard is bounded, and who is refused comes back at a time of its own."""

from itertools import pairwise

import pytest

from actors.room import Room
from engine.config import Engine
from engine.errors import Wait

LIMITS = Engine(max_pending_events=100, max_pending_bytes=1_000)


def filled(events: int, size_bytes: int) -> Room:
    room = Room(LIMITS)
    room.enter(events, size_bytes)
    return room


@pytest.mark.parametrize(("events", "size_bytes"), [(51, 1), (1, 501)])
def test_beyond_either_bound_nothing_enters(events: int, size_bytes: int) -> None:
    room = filled(50, 500)
    with pytest.raises(Wait, match="50 events of 500 bytes wait") as caught:
        room.enter(events, size_bytes)
    assert (caught.value.status, caught.value.code) == (503, "overloaded")
    assert (room.events, room.bytes) == (50, 500)


def test_up_to_the_bounds_it_enters() -> None:
    room = filled(50, 500)
    room.enter(50, 500)
    assert (room.events, room.bytes) == (100, 1_000)


def test_what_is_larger_than_a_bound_enters_when_nothing_waits() -> None:
    room = filled(101, 1_001)
    room.leave(101, 1_001)
    assert (room.events, room.bytes) == (0, 0)


@pytest.mark.parametrize(("events", "size_bytes"), [(90, 10), (10, 900)])
def test_after_a_refusal_it_is_full_until_a_quarter_is_free(events: int, size_bytes: int) -> None:
    room = filled(events, size_bytes)
    assert not room.is_full
    with pytest.raises(Wait):
        room.enter(90, 900)
    assert room.is_full
    room.leave(events // 9, size_bytes // 9)
    assert room.is_full
    room.leave(events // 9, size_bytes // 9)
    assert not room.is_full


def test_neighbours_in_a_row_of_refused_ones_come_back_at_different_times() -> None:
    room = Room(LIMITS)
    times_ms = [room.refusal().retry_after_ms for _ in range(9)]
    assert {times_ms.count(at_ms) for at_ms in times_ms} == {3}
    assert all(first != second for first, second in pairwise(times_ms))
