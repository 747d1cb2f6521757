from hypothesis import given
from hypothesis import strategies as st

from engine.timers import SPAN_MS, Timers


def filled(*entries: tuple[int, str]) -> Timers:
    timers = Timers()
    for due_ms, key in entries:
        timers.push(due_ms, key)
    return timers


def test_spans_come_in_order_and_not_before_they_begin() -> None:
    timers = filled((2 * SPAN_MS, "b"), (SPAN_MS, "a"), (2 * SPAN_MS + 1, "c"))
    assert list(timers.begun(SPAN_MS - 1)) == []
    assert list(timers.begun(2 * SPAN_MS - 1)) == [["a"]]
    assert list(timers.begun(2 * SPAN_MS)) == [["b", "c"]]
    assert len(timers) == 0


def test_what_was_not_read_stays() -> None:
    timers = filled((0, "a"), (SPAN_MS, "b"))
    assert next(timers.begun(SPAN_MS)) == ["a"]
    assert len(timers) == 1
    assert list(timers.begun(SPAN_MS)) == [["b"]]


@given(st.lists(st.integers(0, 10_000), max_size=50), st.integers(0, 10_000))
def test_all_that_are_due_come_and_none_that_is_a_span_away(dues_ms: list[int], now_ms: int) -> None:
    timers = filled(*((due_ms, str(place)) for place, due_ms in enumerate(dues_ms)))
    taken = {int(key) for keys in timers.begun(now_ms) for key in keys}
    assert {place for place, due_ms in enumerate(dues_ms) if due_ms <= now_ms} <= taken
    assert all(dues_ms[place] < now_ms + SPAN_MS for place in taken)
    assert len(timers) == len(dues_ms) - len(taken)
