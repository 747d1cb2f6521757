"""From the journal into the store: when, in which pieces, and every row once whatever fails in between."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.errors import DiskFull, Wait
from engine.wire import Outcome
from persistence.flush import FlushRules
from persistence.journal import FILE
from persistence.ledger_rows import NO_PAGE, Page
from persistence.memory import FailingStore, Failure, MemoryStore
from persistence.plan import Bounds, Day, Plan, Position, Source
from persistence.ports import Rows
from tests.actors.rig import Rig
from tests.persistence.frames import (
    DAY_MS,
    NOON_MS,
    small_frame,
    tick_frame,
)
from tests.persistence.picky import PickyStore, TokenStore

RULES = FlushRules(flush_rows=4, flush_interval_ms=1_000, max_chunk_rows=6)


class Crash(Exception):
    """The process ends here."""


def ids(store: MemoryStore) -> list[str]:
    return [row["event_id"] for row in store.rows("events")]


def test_rows_wait_for_company_and_go_when_the_interval_is_over(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1))
        assert rig.persister.step(NOON_MS + 950) == NOON_MS + 1_000
        assert ids(store) == []
        rig.persister.step(NOON_MS + 1_000)
        assert ids(store) == ["e1-0"]


def test_enough_rows_go_at_once(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=3), small_frame(2))
        rig.persister.step(NOON_MS)
        assert len(ids(store)) == 4


def test_an_idle_journal_is_looked_at_again_after_the_poll_interval(tmp_path: Path) -> None:
    with Rig(tmp_path, MemoryStore(), RULES) as rig:
        assert rig.persister.step(NOON_MS) == NOON_MS + RULES.poll_ms


def test_a_backlog_goes_in_chunks_one_per_step(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(*(small_frame(seq, events=3) for seq in range(1, 6)))
        lengths = []
        while rig.position().done_seq < 5:
            rig.persister.step(NOON_MS + 1_000)
            lengths.append(len(ids(store)))
        assert lengths == [6, 12, 15]


def test_frames_without_rows_move_the_position_too(tmp_path: Path) -> None:
    with Rig(tmp_path, MemoryStore(), RULES) as rig:
        rig.write(tick_frame(1, Outcome()))
        rig.persister.step(NOON_MS + 1_000)
        assert rig.position() == Position(done_seq=1, planned=None)


def test_flush_stores_everything_now_and_counts_the_days(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(*(small_frame(seq, events=5) for seq in range(1, 4)))
        assert rig.persister.flush(NOON_MS)
        assert len(ids(store)) == 15
        [daily] = store.rows("aggregated_events")
        assert (daily["date"], daily["event_type"], daily["count"]) == (NOON_MS // DAY_MS, "click", 15)
        assert rig.persister.stats(NOON_MS).lag_frames == 0


def test_flush_gives_up_between_chunks_when_told(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(*(small_frame(seq, events=6) for seq in range(1, 4)))
        assert not rig.persister.flush(NOON_MS, give_up=lambda: len(ids(store)) >= 6)
        assert rig.position().done_seq == 1


def test_flush_reports_a_store_that_is_away(tmp_path: Path) -> None:
    store = FailingStore(MemoryStore(), failures=[Failure(Wait("away"))])
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1))
        assert not rig.persister.flush(NOON_MS)
        assert rig.persister.flush(NOON_MS)


def test_a_store_that_is_away_is_asked_again_later_each_time(tmp_path: Path) -> None:
    memory = MemoryStore()
    store = FailingStore(memory, failures=[Failure(Wait("away", retry_after_ms=0))] * 3)
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4))
        failed_at_ms = [now_ms for now_ms in range(NOON_MS, NOON_MS + 4_000, 10) if has_failed(rig, now_ms)]
        waits_ms = [later - earlier for earlier, later in pairwise(failed_at_ms)]
        assert len(waits_ms) == 2
        assert 375 <= waits_ms[0] <= 510 < 750 <= waits_ms[1] <= 1_010
        assert len(ids(memory)) == 4
        assert (rig.persister.stats(NOON_MS).errors, rig.persister.stats(NOON_MS).last_error) == (3, "")


def has_failed(rig: Rig, now_ms: int) -> bool:
    before = rig.persister.stats(NOON_MS).errors
    rig.persister.step(now_ms)
    return rig.persister.stats(NOON_MS).errors > before


def test_a_store_that_names_a_longer_wait_gets_it(tmp_path: Path) -> None:
    memory = MemoryStore()
    store = FailingStore(memory, failures=[Failure(Wait("away", retry_after_ms=7_000))])
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4))
        rig.persister.step(NOON_MS)
        rig.persister.step(NOON_MS + 6_999)
        assert ids(memory) == []
        rig.persister.step(NOON_MS + 7_000)
        assert len(ids(memory)) == 4


def test_a_planned_chunk_keeps_its_bounds_when_more_frames_come(tmp_path: Path) -> None:
    store = FailingStore(MemoryStore(), failures=[Failure(Wait("away"))])
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4))
        rig.persister.step(NOON_MS)
        rig.write(small_frame(2))
        assert rig.position().planned == Bounds(1, 1)
        rig.persister.step(NOON_MS + 2_000)
        assert rig.position() == Position(done_seq=1, planned=None)


def test_what_only_a_person_can_repair_is_tried_again_after_the_longest_wait_and_said_loudly(tmp_path: Path) -> None:
    store = PickyStore(refuses={"e1-0", "e1-1", "e1-2", "e1-3"})
    with Rig(tmp_path, store, RULES) as rig, capture_logs() as logs:
        rig.write(small_frame(1, events=4), small_frame(2, events=4))
        rig.persister.step(NOON_MS)
        tried = store.inserts
        rig.persister.step(NOON_MS + 20_000)
        assert store.inserts == tried
        rig.persister.step(NOON_MS + 30_000)
        assert store.inserts > tried
        stats = rig.persister.stats(NOON_MS)
        assert (stats.last_error, stats.done_seq, stats.lag_frames) == ("`e1-0` has the wrong type.", 0, 2)
        assert [entry["log_level"] for entry in logs] == ["warning"]
        store.refuses = ()
        rig.persister.step(NOON_MS + 60_000)
        rig.persister.step(NOON_MS + 60_000)
        assert (len(ids(store)), rig.persister.stats(NOON_MS).last_error) == (8, "")


def test_a_full_disk_is_tried_again_soon_and_said_once(tmp_path: Path) -> None:
    """Also when the rows were stored and only the position could not be written: they come again under their token."""

    class FullPlan(Plan):
        refusals = 3

        def done(self, source: Source, chunk: Bounds, days: Iterable[Day], ledger: Page = NO_PAGE) -> None:
            self.refusals -= 1
            if self.refusals >= 0:
                message = "The disk is full."
                raise DiskFull(message)
            super().done(source, chunk, days, ledger)

    store = TokenStore()
    with Rig(tmp_path, store, RULES, FullPlan) as rig, capture_logs() as logs:
        rig.write(small_frame(1, events=4))
        for attempt in range(4):
            rig.persister.step(NOON_MS + attempt * 500)
        assert (len(store.stored["events"]), rig.position()) == (4, Position(done_seq=1, planned=None))
        assert (rig.persister.stats(NOON_MS).errors, len(logs)) == (3, 1)


def test_one_refused_row_is_kept_aside_and_the_rest_goes_on(tmp_path: Path) -> None:
    store = PickyStore(refuses={"e1-2"})
    with Rig(tmp_path, store, RULES) as rig, capture_logs() as logs:
        rig.write(small_frame(1, events=4))
        rig.persister.step(NOON_MS)
        stats = rig.persister.stats(NOON_MS)
        assert (stats.done_seq, stats.rows, stats.errors) == (1, {"events": 3, "bad_rows": 1}, 1)
        assert [entry["log_level"] for entry in logs] == ["error"]


def test_another_persister_on_the_same_journal_is_noticed_and_its_work_is_not_undone(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4))
        rig.persister.step(NOON_MS)
        rig.plan.plan(rig.source, Bounds(2, 2))
        rig.write(small_frame(2, events=4), small_frame(3, events=4))
        rig.persister.step(NOON_MS)
        assert "only one persister" in rig.persister.stats(NOON_MS).last_error
        rig.persister.step(NOON_MS + 30_000)
        assert rig.position() == Position(done_seq=2, planned=None)


def test_something_unforeseen_starts_over_from_what_is_durable(tmp_path: Path) -> None:
    memory = MemoryStore()
    store = FailingStore(memory, failures=[Failure(Crash("what?"), when="after")])
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4))
        with pytest.raises(Crash) as caught:
            rig.persister.step(NOON_MS)
        rig.persister.failed(caught.value, NOON_MS)
        assert rig.persister.stats(NOON_MS).last_error == "Crash: what?"
        rig.persister.step(NOON_MS + 30_000)
        assert (len(ids(memory)), rig.position().done_seq) == (4, 1)


def test_lag_is_the_age_of_the_oldest_frame_not_stored_when_it_is_asked_for(tmp_path: Path) -> None:
    store = FailingStore(MemoryStore(), failures=[Failure(Wait("away"))])
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4, received_ms=NOON_MS), small_frame(2, received_ms=NOON_MS + 300))
        rig.persister.step(NOON_MS + 400)
        stats = rig.persister.stats(NOON_MS + 400)
        assert (stats.lag_ms, stats.lag_frames) == (400, 2)
        assert rig.persister.stats(NOON_MS + 450).lag_ms == 450
        rig.persister.step(NOON_MS + 1_700)
        rig.persister.step(NOON_MS + 1_700)
        stats = rig.persister.stats(NOON_MS + 1_700)
        assert (stats.lag_ms, stats.lag_frames) == (0, 0)


def test_lag_grows_while_an_insert_hangs(tmp_path: Path) -> None:
    lags_ms = []

    class Hanging(MemoryStore):
        def insert(self, table: str, rows: Rows, *, token: str) -> int:
            lags_ms.append(rig.persister.stats(NOON_MS + 9_000).lag_ms)
            return super().insert(table, rows, token=token)

    with Rig(tmp_path, Hanging(), RULES) as rig:
        rig.write(small_frame(1, events=4))
        rig.persister.step(NOON_MS)
        assert set(lags_ms) == {9_000}


def test_while_the_store_is_away_it_is_seen_how_much_waits_and_nothing_is_sent(tmp_path: Path) -> None:
    store = PickyStore(refuses=())
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4), small_frame(2, events=4))
        assert rig.persister.look(NOON_MS + 5_000) == NOON_MS + 5_000 + RULES.poll_ms
        stats = rig.persister.stats(NOON_MS + 5_000)
        assert (store.inserts, stats.lag_frames, stats.lag_ms, stats.errors) == (0, 2, 5_000, 0)
        assert rig.position() == Position(done_seq=0, planned=None)


def test_a_store_that_is_back_ends_the_wait_for_the_next_attempt(tmp_path: Path) -> None:
    memory = MemoryStore()
    store = FailingStore(memory, failures=[Failure(Wait("away", retry_after_ms=30_000))])
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1, events=4))
        rig.persister.step(NOON_MS)
        rig.persister.step(NOON_MS + 1_000)
        assert ids(memory) == []
        rig.persister.retry_now()
        rig.persister.step(NOON_MS + 1_000)
        assert len(ids(memory)) == 4


def test_a_damaged_journal_is_said_to_be_damaged(tmp_path: Path) -> None:
    store = MemoryStore()
    with Rig(tmp_path, store, RULES) as rig:
        rig.write(small_frame(1), small_frame(2))
        with closing(sqlite3.connect(tmp_path / "shard-0" / FILE)) as db, db:
            db.execute("UPDATE frames SET body = x'00' WHERE seq = 2")
        rig.persister.step(NOON_MS)
        assert "frame 2 does not match its checksum" in rig.persister.stats(NOON_MS).damage
        assert ids(store) == []
