"""Real SQLite on the fake disk, in the clothes of `sqlite3`."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.simulation.connection import connect
from tests.simulation.disk import Crashed, FakeDisk, Fault, Kind

PATH = Path("/data/some.db")


Open = Callable[[FakeDisk], sqlite3.Connection]


@pytest.fixture
def opened() -> Iterator[Open]:
    with ExitStack() as opening:

        def open_it(disk: FakeDisk) -> sqlite3.Connection:
            db = connect(disk.process("one"))(PATH)
            opening.callback(db.close)
            return with_table(db)

        yield open_it


def with_table(db: sqlite3.Connection) -> sqlite3.Connection:
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, text TEXT)")
    return db


def numbers(db: sqlite3.Connection) -> list[int]:
    return [n for (n,) in db.execute("SELECT n FROM t ORDER BY n")]


def test_rows_come_back_as_sqlite3_gives_them(opened: Open) -> None:
    db = opened(FakeDisk())
    db.executemany("INSERT INTO t VALUES (?, ?)", ((n, str(n)) for n in range(3)))
    assert db.execute("SELECT * FROM t WHERE n = :n", {"n": 2}).fetchone() == (2, "2")
    assert db.execute("SELECT * FROM t WHERE n > 9").fetchone() is None
    assert db.execute("DELETE FROM t WHERE n < 2").rowcount == 2
    assert db.execute("SELECT n FROM t").fetchall() == [(2,)]


def test_a_transaction_is_whole_or_not_at_all(opened: Open) -> None:
    db = opened(FakeDisk())
    for n, error in ((1, KeyError()), (2, None)):
        with suppress(KeyError), db:
            db.execute("BEGIN IMMEDIATE")
            db.execute("INSERT INTO t (n) VALUES (?)", (n,))
            if error:
                raise error
    assert numbers(db) == [2]


def test_what_was_committed_survives_a_power_cut(opened: Open) -> None:
    disk = FakeDisk()
    opened(disk).execute("INSERT INTO t (n) VALUES (1)")
    disk.cut_power(None)
    assert numbers(opened(disk)) == [1]


def test_without_a_sync_at_each_commit_it_would_not(opened: Open) -> None:
    disk = FakeDisk()
    db = opened(disk)
    db.execute("PRAGMA synchronous=OFF")
    db.execute("INSERT INTO t (n) VALUES (1)")
    disk.cut_power(None)
    assert numbers(opened(disk)) == []


def test_what_a_killed_process_committed_is_durable_before_the_next_one_builds_on_it(opened: Open) -> None:
    disk = FakeDisk()
    db = opened(disk)
    disk.arm(Fault("sync-forgets"))
    with pytest.raises(sqlite3.OperationalError):
        db.execute("INSERT INTO t (n) VALUES (1)")
    db = opened(disk)
    found = numbers(db)
    db.execute("INSERT INTO t (n) VALUES (2)")
    disk.cut_power(None)
    assert numbers(opened(disk)) == [*found, 2]


@pytest.mark.parametrize(
    ("kind", "message"),
    [("full", "database or disk is full"), ("write", "disk I/O error"), ("sync", "disk I/O error")],
)
def test_errors_of_the_disk_are_those_of_sqlite3(opened: Open, kind: Kind, message: str) -> None:
    disk = FakeDisk()
    db = opened(disk)
    disk.arm(Fault(kind))
    with pytest.raises(sqlite3.OperationalError, match=message):
        db.execute("INSERT INTO t (n) VALUES (1)")


def test_a_broken_rule_of_a_table_is_an_integrity_error(opened: Open) -> None:
    db = opened(FakeDisk())
    db.execute("INSERT INTO t (n) VALUES (1)")
    with pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO t (n) VALUES (1)")


def test_a_file_of_something_else_is_no_database(opened: Open) -> None:
    disk = FakeDisk()
    disk.process("other").open(str(PATH)).write(b"something else" * 100, 0)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        opened(disk)


def test_a_process_that_dies_in_a_statement_says_no_more(opened: Open) -> None:
    disk = FakeDisk()
    db = opened(disk)
    disk.arm(Fault("kill"))
    with pytest.raises(Crashed):
        db.execute("INSERT INTO t (n) VALUES (1)")
    assert numbers(opened(disk)) == []
