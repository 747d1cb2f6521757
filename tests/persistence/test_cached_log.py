import sqlite3
from pathlib import Path

import pytest

from persistence.cached_log import make_durable
from persistence.journal import FILE, Journal, connect_to_write


def test_a_log_is_written_again_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "some.db-wal"
    content = bytes(range(256)) * 8_193  # more than two blocks
    log.write_bytes(content)
    make_durable(tmp_path / "some.db")
    assert log.read_bytes() == content


def test_a_database_without_a_log_needs_nothing(tmp_path: Path) -> None:
    make_durable(tmp_path / "some.db")
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_cannot_be_written_is_an_error_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "some.db-wal").mkdir()
    with pytest.raises(sqlite3.OperationalError, match="Is a directory"):
        connect_to_write(tmp_path / "some.db")


def test_a_killed_journal_opens_with_what_its_log_holds(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "killed")
    journal.append("batch", 1, b"body", b"")
    (tmp_path / "copy").mkdir()
    for name in (FILE, f"{FILE}-wal"):
        (tmp_path / "copy" / name).write_bytes((tmp_path / "killed" / name).read_bytes())
    journal.close()
    again = Journal(tmp_path / "copy")
    assert [frame.body for frame in again.frames(0)] == [b"body"]
    again.close()
