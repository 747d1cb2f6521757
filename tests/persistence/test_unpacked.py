"""Frames are flattened in runs; how they are grouped changes no row."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import JournalDamaged
from engine.wire import DUPLICATE, Click, Outcome
from persistence.chunk import chunk_of
from persistence.columns import plain
from persistence.flush import FlushRules
from persistence.journal import Frame
from persistence.unpacked import unpack
from tests.persistence.frames import NOON_MS, batch_frame, event, frame_numbers, small_frame

SIZES = st.lists(st.integers(0, 6), min_size=1, max_size=12)


def frames(sizes: Sequence[int]) -> list[Frame]:
    """Some have clicks, some a duplicate, some nothing."""
    made = []
    for seq, size in enumerate(sizes, start=1):
        events = [event(f"e{seq}-{index}") for index in range(size)]
        for one in events[seq % 3 :: 3]:
            one.click = Click(seq, size)
        statuses = bytes([DUPLICATE if seq % 4 == 0 and not index else 0 for index in range(size)])
        outcome = Outcome(statuses=statuses, generations=[1] * size)
        made.append(batch_frame(seq, events, outcome=outcome, received_ms=NOON_MS + seq))
    return made


def rows(read: Sequence[Frame], rules: FlushRules) -> dict[str, list[dict[str, Any]]]:
    """What is null in a column is as good as left out."""
    chunk = chunk_of(list(unpack(read, 0, rules)))
    return {
        table: [{name: value for name, value in row.items() if value is not None} for row in plain(found)]
        for table, found in chunk.tables.items()
    }


def zeros_out(tables: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """And so is what the database puts there anyway."""
    return {t: [{k: v for k, v in row.items() if v or k.startswith("click")} for row in r] for t, r in tables.items()}


@given(SIZES, st.integers(1, 30))
def test_any_grouping_gives_the_same_rows(sizes: list[int], max_run_rows: int) -> None:
    read = frames(sizes)
    alone = rows(read, FlushRules(max_run_rows=1))
    assert zeros_out(rows(read, FlushRules(max_run_rows=max_run_rows))) == zeros_out(alone)


@given(SIZES, st.integers(1, 30))
def test_runs_hold_every_frame_once_and_stay_within_the_bound_where_a_frame_does(
    sizes: list[int], max_run_rows: int
) -> None:
    runs = list(unpack(frames(sizes), 0, FlushRules(max_run_rows=max_run_rows)))
    assert frame_numbers(runs) == list(range(1, len(sizes) + 1))
    assert all(run.rows <= max_run_rows or run.first_seq == run.last_seq for run in runs)
    assert [run.oldest_ms for run in runs] == [NOON_MS + run.first_seq for run in runs]


def test_a_run_stays_within_the_bytes_of_a_chunk() -> None:
    rules = FlushRules(max_chunk_bytes=1)
    assert len(list(unpack([small_frame(1), small_frame(2)], 0, rules))) == 2


def test_a_frame_that_does_not_decode_is_named() -> None:
    broken = Frame(2, "batch", 1, NOON_MS, b"\xc1", b"")
    with pytest.raises(JournalDamaged, match="Frame 2"):
        list(unpack([small_frame(1), broken], 0, FlushRules()))
