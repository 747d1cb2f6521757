"""When there is too little room: asked of a real file system, and what SQLite's errors mean."""

import sqlite3
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from engine.config import Journal
from engine.errors import DiskFull, OperatorError
from persistence.disk import Disk, write_error


def test_it_says_how_much_is_free(tmp_path: Path) -> None:
    disk = Disk(tmp_path, Journal())
    assert 0 < disk.free_percent() <= 100
    assert disk.free_bytes() > 0


def test_the_larger_of_the_two_limits_is_the_floor(tmp_path: Path) -> None:
    in_percent = Disk(tmp_path, Journal(min_free_disk_percent=7, min_free_disk_bytes=1))
    assert in_percent.floor_percent() == 7
    in_bytes = Disk(tmp_path, Journal(min_free_disk_percent=0, min_free_disk_bytes=10**18))
    assert in_bytes.floor_percent() > 100


class Filling(Disk):
    """Has room again after some looks."""

    def __init__(self, folder: Path, full_looks: int) -> None:
        super().__init__(folder, Journal())
        self._full_looks = full_looks

    def free_bytes(self) -> int:
        self._full_looks -= 1
        return 0 if self._full_looks >= 0 else 10**9


def test_a_start_waits_for_room_and_says_so_once(tmp_path: Path) -> None:
    pauses: list[None] = []
    with capture_logs() as logs:
        Filling(tmp_path, 5).wait_for_room(pause=lambda: pauses.append(None))
    assert len(pauses) == 4
    assert [entry["event"] for entry in logs] == [
        "the disk is full; waiting until there is room",
        "there is room on the disk again",
    ]


def test_with_room_nothing_is_waited_for_or_said(tmp_path: Path) -> None:
    with capture_logs() as logs:
        Filling(tmp_path, 0).wait_for_room(pause=lambda: pytest.fail("waited"))
    assert logs == []


def test_a_database_that_may_not_grow_is_a_full_disk(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "small.db", isolation_level=None)
    db.execute("CREATE TABLE t (x BLOB)")
    db.execute("PRAGMA max_page_count=4")
    with pytest.raises(sqlite3.OperationalError) as full:
        db.execute("INSERT INTO t VALUES (zeroblob(1000000))")
    db.close()
    assert isinstance(write_error(tmp_path / "small.db", full.value), DiskFull)


def test_any_other_error_is_not(tmp_path: Path) -> None:
    found = write_error(tmp_path, sqlite3.OperationalError("disk I/O error"))
    assert (type(found), str(tmp_path) in found.message) == (OperatorError, True)
