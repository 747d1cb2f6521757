"""The thread around persisters: it stores what is left when it stops, and survives what nobody foresaw."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from structlog.testing import capture_logs

from actors.persister_loop import PersisterLoop
from persistence.flush import FlushRules
from persistence.memory import FailingStore, Failure, MemoryStore
from persistence.ports import Rows
from tests.actors.rig import Rig
from tests.persistence.frames import NOON_MS, small_frame

PATIENCE_S = 10


class Announcing(MemoryStore):
    """Says when a row has come."""

    def __init__(self) -> None:
        super().__init__()
        self.has_rows = threading.Event()

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        stored = super().insert(table, rows, token=token)
        self.has_rows.set()
        return stored


class Ticking:
    """A clock that every look moves on, so that waits pass without waiting."""

    def __init__(self, *, step_ms: int) -> None:
        self._now_ms = NOON_MS
        self._step_ms = step_ms

    def __call__(self) -> int:
        self._now_ms += self._step_ms
        return self._now_ms


def started(rigs: Sequence[Rig], clock: Ticking, is_away: Callable[[], bool] = lambda: False) -> PersisterLoop:
    loop = PersisterLoop(persisters=[rig.persister for rig in rigs], clock=clock, is_away=is_away)
    loop.start()
    return loop


def test_what_waits_is_stored_when_the_loop_stops(tmp_path: Path) -> None:
    store = MemoryStore()
    rules = FlushRules(flush_interval_ms=3_600_000)
    with Rig(tmp_path / "a", store, rules) as first, Rig(tmp_path / "b", store, rules) as second:
        first.write(small_frame(1))
        second.write(small_frame(2))
        loop = started([first, second], Ticking(step_ms=0))
        assert loop.stop(PATIENCE_S * 1_000)
        assert len(store.rows("events")) == 2
        assert [(stats.done_seq, stats.lag_frames) for stats in loop.stats()] == [(1, 0), (1, 0)]


def test_rows_are_stored_while_it_runs(tmp_path: Path) -> None:
    store = Announcing()
    with Rig(tmp_path, store, FlushRules(flush_rows=1)) as rig:
        rig.write(small_frame(1))
        loop = started([rig], Ticking(step_ms=10))
        assert store.has_rows.wait(PATIENCE_S)
        assert loop.stop(PATIENCE_S * 1_000)


def test_an_unforeseen_error_ends_neither_the_thread_nor_the_other_shards(tmp_path: Path) -> None:
    announcing = Announcing()
    failing = FailingStore(MemoryStore(), failures=[Failure(ZeroDivisionError("division by zero"))])
    rules = FlushRules(flush_rows=1)
    with Rig(tmp_path / "a", failing, rules) as first, Rig(tmp_path / "b", announcing, rules) as second:
        first.write(small_frame(1))
        second.write(small_frame(2))
        with capture_logs() as logs:
            loop = started([first, second], Ticking(step_ms=1))
            assert announcing.has_rows.wait(PATIENCE_S)
            assert loop.stop(PATIENCE_S * 1_000)
        assert [stats.done_seq for stats in loop.stats()] == [1, 1]
        assert [stats.errors for stats in loop.stats()] == [1, 0]
        assert logs[0]["event"] == "persister failed"


def test_a_stop_without_time_leaves_the_rest_in_the_journal(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, FlushRules(flush_interval_ms=10**15)) as rig:
        rig.write(small_frame(1))
        loop = started([rig], Ticking(step_ms=PATIENCE_S * 1_000))
        assert loop.stop(PATIENCE_S * 1_000)
        assert store.rows("events") == []
        rig.crash()
        assert rig.persister.flush(NOON_MS)
        assert len(store.rows("events")) == 1


def test_a_store_that_is_away_is_sent_nothing_until_it_is_back(tmp_path: Path) -> None:
    store, away = Announcing(), threading.Event()
    away.set()
    with (
        Rig(tmp_path / "a", store, FlushRules(flush_rows=1)) as first,
        Rig(tmp_path / "b", store, FlushRules(flush_rows=1)) as second,
    ):
        first.write(small_frame(1))
        second.write(small_frame(2))
        loop = started([first, second], Ticking(step_ms=10), away.is_set)
        waited = threading.Event()
        while [stats.lag_frames for stats in loop.stats()] != [1, 1]:
            waited.wait(0.01)
        assert not store.has_rows.is_set()
        away.clear()
        loop.retry_now()
        assert store.has_rows.wait(PATIENCE_S)
        assert loop.stop(PATIENCE_S * 1_000)
        assert len(store.rows("events")) == 2


def test_a_stop_does_not_wait_for_an_insert_that_a_store_which_is_away_does_not_answer(tmp_path: Path) -> None:
    inserting, let_go = threading.Event(), threading.Event()

    class Hanging(MemoryStore):
        def insert(self, table: str, rows: Rows, *, token: str) -> int:
            inserting.set()
            assert let_go.wait(PATIENCE_S)
            return super().insert(table, rows, token=token)

    with Rig(tmp_path, Hanging(), FlushRules(flush_rows=1)) as rig:
        rig.write(small_frame(1))
        loop = started([rig], Ticking(step_ms=1), inserting.is_set)
        assert inserting.wait(PATIENCE_S)
        started_s = time.monotonic()
        assert not loop.stop(PATIENCE_S * 1_000)
        assert time.monotonic() - started_s < PATIENCE_S / 2
        let_go.set()
        assert loop.stop(PATIENCE_S * 1_000)
