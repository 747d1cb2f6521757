"""When a chunk is due, and where it is cut."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from persistence.backlog import Backlog
from persistence.flush import FlushRules
from tests.persistence.frames import NOON_MS, frame_numbers, small_frame, unpacked

RULES = FlushRules(flush_rows=4, flush_interval_ms=1_000, max_chunk_rows=6)


def backlog_of(*sizes: int, rules: FlushRules = RULES, received_ms: int = NOON_MS, now_ms: int = NOON_MS) -> Backlog:
    backlog = Backlog(rules)
    for seq, size in enumerate(sizes, start=1):
        for frame in unpacked(small_frame(seq, events=size, received_ms=received_ms)):
            backlog.add(frame, now_ms)
    return backlog


def seqs(backlog: Backlog) -> list[int]:
    return frame_numbers(backlog.next_chunk())


def test_exactly_the_flush_rows_are_due() -> None:
    assert not backlog_of(3).is_due(NOON_MS)
    assert backlog_of(3, 1).is_due(NOON_MS)


def test_the_oldest_frame_is_due_when_it_waited_exactly_the_interval() -> None:
    assert not backlog_of(1).is_due(NOON_MS + 999)
    assert backlog_of(1).is_due(NOON_MS + 1_000)


def test_nothing_is_never_due() -> None:
    backlog = backlog_of()
    assert (backlog.is_due(NOON_MS), backlog.oldest_ms(), backlog.next_chunk()) == (False, None, [])


def test_a_frame_stamped_in_the_future_waits_from_when_it_was_read() -> None:
    backlog = backlog_of(1, received_ms=NOON_MS + 60_000)
    assert not backlog.is_due(NOON_MS + 999)
    assert backlog.is_due(NOON_MS + 1_000)


def test_a_clock_that_was_set_back_does_not_hold_rows_up() -> None:
    assert backlog_of(1).is_due(NOON_MS - 1)


def test_a_chunk_takes_whole_frames_up_to_exactly_the_most_rows() -> None:
    assert seqs(backlog_of(2, 4, 1)) == [1, 2]
    assert seqs(backlog_of(2, 5)) == [1]


def test_one_frame_above_the_limits_is_a_chunk_of_its_own() -> None:
    assert seqs(backlog_of(7, 1)) == [1]
    assert seqs(backlog_of(1, 1, rules=FlushRules(max_chunk_bytes=1))) == [1]


def test_bytes_bound_a_chunk_too() -> None:
    [one] = unpacked(small_frame(1))
    rules = FlushRules(max_chunk_bytes=2 * one.size_bytes)
    assert seqs(backlog_of(1, 1, 1, rules=rules)) == [1, 2]
    assert backlog_of(1, 1, rules=rules).is_full()


@given(st.lists(st.integers(0, 9), max_size=20))
def test_chunks_follow_each_other_and_lose_nothing(sizes: list[int]) -> None:
    backlog = backlog_of(*sizes)
    taken: list[int] = []
    while chunk := backlog.next_chunk():
        rows = sum(frame.rows for frame in chunk)
        assert rows <= RULES.max_chunk_rows or len(chunk) == 1
        taken += frame_numbers(chunk)
        backlog.drop(chunk)
    assert taken == list(range(1, len(sizes) + 1))
    assert (len(backlog), backlog.is_full(), backlog.oldest_ms()) == (0, False, None)


def test_under_load_enough_rows_wait_for_the_pace_or_for_a_full_chunk() -> None:
    paced = msgspec.structs.replace(RULES, pace_ms=400)
    backlog = backlog_of(5, rules=paced)
    assert [backlog.is_due(NOON_MS + age_ms) for age_ms in (0, 399, 400)] == [False, False, True]
    assert backlog_of(6, rules=paced).is_due(NOON_MS)
