"""What the ring keeps and tells."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.happening import Happening, Position
from engine.ring import END, Ring


def happening(seq: int, place: int = 0, page: str = "/") -> Happening:
    return Happening("session_start", seq, place, 0, "default", f"s{seq}", page=page)


def ring(*frames: tuple[int, int], **bounds: int) -> Ring:
    """Frames as (number, how many happenings)."""
    made = Ring(Position(0, END), **bounds)
    for seq, count in frames:
        made.add(seq, [happening(seq, place) for place in range(count)])
    return made


def test_who_asks_for_the_first_time_is_told_where_the_end_is_and_nothing_else() -> None:
    told = ring((1, 2), (4, 0)).after(None, 100)
    assert (told.position, told.items, told.has_gap) == (Position(4, END), [], False)


def test_a_page_goes_on_where_the_one_before_ended_even_inside_a_frame() -> None:
    kept = ring((1, 3), (2, 1))
    first = kept.after(Position(0, END), 2)
    second = kept.after(first.position, 2)
    assert [item.position for item in first.items + second.items] == [(1, 0), (1, 1), (1, 2), (2, 0)]
    assert kept.after(second.position, 2).items == []


def test_what_was_forgotten_is_said_as_a_gap_and_the_oldest_kept_come_first() -> None:
    kept = ring(*((seq, 1) for seq in range(1, 11)), max_items=3)
    told = kept.after(Position(2, 0), 100)
    assert (told.has_gap, [item.seq for item in told.items]) == (True, [8, 9, 10])
    assert not kept.after(Position(7, 0), 100).has_gap


def test_the_ring_is_bounded_in_bytes_too() -> None:
    kept = Ring(Position(0, END), max_bytes=10_000)
    for seq in range(1, 100):
        kept.add(seq, [happening(seq, page="/" * 2_000)])
    assert kept.size_bytes <= 10_000
    assert len(kept) == 3


@pytest.mark.parametrize("seq", [5, 1_000])
def test_a_position_of_another_journal_is_a_gap(seq: int) -> None:
    assert ring((1, 1), (2, 1)).after(Position(seq, 0), 10).has_gap


@given(st.lists(st.integers(0, 3), max_size=20), st.integers(1, 4))
def test_reading_in_pages_tells_everything_once_and_in_order(counts: list[int], limit: int) -> None:
    kept = ring(*((seq, count) for seq, count in enumerate(counts, 1)))
    position, seen = Position(0, END), []
    while items := (told := kept.after(position, limit)).items:
        assert not told.has_gap
        seen += [item.position for item in items]
        position = told.position
    assert seen == [(seq, place) for seq, count in enumerate(counts, 1) for place in range(count)]
