"""Days whose events changed are counted again: once an interval, after a crash too, and never in the way of rows."""

from pathlib import Path

from structlog.testing import capture_logs

from engine.errors import OperatorError
from persistence.flush import FlushRules
from persistence.memory import FailingStore, Failure, MemoryStore
from tests.actors.rig import Rig
from tests.persistence.frames import DAY_MS, NOON_MS, batch_frame, event, small_frame

RULES = FlushRules(flush_rows=4, flush_interval_ms=1_000, max_chunk_rows=6)


def test_touched_days_are_counted_again_once_an_interval(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        counts = []
        for seq, now_ms in enumerate((NOON_MS, NOON_MS + 59_999, NOON_MS + 60_000), start=1):
            rig.write(small_frame(seq, events=4))
            rig.persister.step(now_ms)
            counts.append([row["count"] for row in store.rows("aggregated_events")])
        assert counts == [[4], [4], [12]]


def test_days_touched_before_a_crash_are_counted_after_it(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4), small_frame(2, events=4))
        rig.persister.step(NOON_MS)
        rig.persister.step(NOON_MS)
        rig.crash()
        rig.persister.step(NOON_MS + 1)
        assert [row["count"] for row in store.rows("aggregated_events")] == [8]


def test_a_failing_count_does_not_hold_up_rows_and_is_reported_until_it_works(tmp_path: Path) -> None:
    memory = MemoryStore()
    store = FailingStore(memory, failures=[None, None, Failure(OperatorError("no rights"))])
    with Rig(tmp_path, store, RULES) as rig, capture_logs():
        rig.write(small_frame(1, events=4))
        rig.persister.step(NOON_MS)
        rig.write(small_frame(2, events=4))
        rig.persister.step(NOON_MS + 10)
        assert len(memory.rows("events")) == 8
        assert rig.persister.stats(NOON_MS).last_error == "Daily counts: no rights"
        rig.persister.step(NOON_MS + 60_000)
        assert rig.persister.stats(NOON_MS).last_error == ""
        assert [row["count"] for row in memory.rows("aggregated_events")] == [8]


def test_many_days_are_counted_a_part_per_step(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, FlushRules()) as rig:
        rig.write(batch_frame(1, [event(f"e{day}", at_ms=NOON_MS + day * DAY_MS) for day in range(40)]))
        rig.persister.step(NOON_MS + 1_000)
        assert len(store.rows("aggregated_events")) == 31
        rig.persister.step(NOON_MS + 1_000)
        assert len(store.rows("aggregated_events")) == 40
