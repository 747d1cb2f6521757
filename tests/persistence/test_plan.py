"""What was planned survives, what is done moves once, and two writers find out about each other."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import JournalDamaged, OperatorError
from persistence.plan import Bounds, Plan, Position, Source

SOURCE = Source(sink="clickhouse", shard=2, journal_id="j1")
DAY = ("default", "2026-01-02")
DAMAGED = r"sinks\.db is damaged"


def reopened(path: Path) -> Plan:
    """As after a crash: the other connection was never closed."""
    return Plan(path)


def test_a_journal_that_was_never_sent_begins_before_its_first_frame(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        assert plan.position(SOURCE) == Position(done_seq=0, planned=None)


def test_a_planned_chunk_is_found_again_with_its_bounds(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        plan.plan(SOURCE, Bounds(1, 9))
        with reopened(tmp_path / "sinks.db") as later:
            assert later.position(SOURCE) == Position(done_seq=0, planned=Bounds(1, 9))


def test_done_moves_the_position_and_keeps_the_days_in_one_step(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        plan.plan(SOURCE, Bounds(1, 9))
        plan.done(SOURCE, Bounds(1, 9), {DAY})
        with reopened(tmp_path / "sinks.db") as later:
            assert later.position(SOURCE) == Position(done_seq=9, planned=None)
            assert later.touched_days("clickhouse", 10) == [DAY]


def test_a_day_waits_once_and_leaves_when_it_was_counted(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        for bounds in (Bounds(1, 1), Bounds(2, 2)):
            plan.plan(SOURCE, bounds)
            plan.done(SOURCE, bounds, {DAY, ("default", f"2026-02-0{bounds.first_seq}")})
        assert plan.touched_days("clickhouse", 2) == [DAY, ("default", "2026-02-01")]
        plan.counted("clickhouse", [DAY, ("default", "2026-02-01")])
        assert plan.touched_days("clickhouse", 2) == [("default", "2026-02-02")]


def test_journals_and_sinks_have_positions_of_their_own(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        plan.plan(SOURCE, Bounds(1, 9))
        for other in (SOURCE._replace(journal_id="j2"), SOURCE._replace(sink="kafka")):
            assert plan.position(other) == Position(done_seq=0, planned=None)


def test_a_second_chunk_cannot_be_planned_over_the_first(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        plan.plan(SOURCE, Bounds(1, 9))
        with pytest.raises(OperatorError, match="only one persister"):
            plan.plan(SOURCE, Bounds(1, 12))
        assert plan.position(SOURCE).planned == Bounds(1, 9)


def test_frames_that_are_done_cannot_be_planned_again(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        plan.plan(SOURCE, Bounds(1, 9))
        plan.done(SOURCE, Bounds(1, 9), ())
        with pytest.raises(OperatorError, match="only one persister"):
            plan.plan(SOURCE, Bounds(9, 12))


def test_what_was_not_planned_cannot_be_done_and_touches_no_day(tmp_path: Path) -> None:
    with Plan(tmp_path / "sinks.db") as plan:
        plan.plan(SOURCE, Bounds(1, 9))
        with pytest.raises(OperatorError, match="frames 1-5"):
            plan.done(SOURCE, Bounds(1, 5), {DAY})
        assert plan.touched_days("clickhouse", 10) == []


def test_a_file_that_is_damaged_ends_the_server_as_a_journal_does(tmp_path: Path) -> None:
    path = tmp_path / "sinks.db"
    with Plan(path) as plan:
        with closing(sqlite3.connect(path)) as damaging:
            damaging.execute("DROP TABLE positions")
        with pytest.raises(JournalDamaged, match=DAMAGED):
            plan.plan(SOURCE, Bounds(1, 9))
        with plan.reader() as reader, pytest.raises(JournalDamaged, match=DAMAGED):
            reader.position(SOURCE)
    path.write_bytes(b"what is no database" * 1_000)
    with pytest.raises(JournalDamaged, match=DAMAGED):
        Plan(path)


def test_a_token_names_journal_shard_table_and_bounds() -> None:
    assert SOURCE.token("events", Bounds(10, 12)) == "j1:2:events:10-12"
