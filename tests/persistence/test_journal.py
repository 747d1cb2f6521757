import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import JournalDamaged, JournalFenced, JournalLocked, OperatorError
from persistence.journal import FILE, Frame, Journal, JournalReader


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path)
    yield opened
    opened.close()


def fill(journal: Journal, count: int, *, body: bytes = b"body") -> None:
    for number in range(count):
        journal.append("batch", number, body, b"outcome")


def spoil(folder: Path, statement: str) -> None:
    db = sqlite3.connect(folder / FILE)
    with db:
        db.execute(statement)
    db.close()


def dump(folder: Path) -> list[str]:
    db = sqlite3.connect(folder / FILE)
    found = list(db.iterdump())
    db.close()
    return found


# -- frames -----------------------------------------------------------------------------------------------------------


def test_frames_come_back_in_order_as_they_were_written(journal: Journal) -> None:
    assert journal.append("batch", 5, b"a", b"b") == 1
    assert journal.append("tick", 6, b"c", b"") == 2
    assert journal.frames(0) == [Frame(1, "batch", 1, 5, b"a", b"b"), Frame(2, "tick", 1, 6, b"c", b"")]
    assert [frame.seq for frame in journal.frames(1)] == [2]


def test_a_page_of_frames_ends_at_either_bound(journal: Journal) -> None:
    fill(journal, 5, body=b"x" * 100)
    assert [frame.seq for frame in journal.frames(0, max_frames=2)] == [1, 2]
    assert [frame.seq for frame in journal.frames(0, max_bytes=110)] == [1, 2]


def test_numbers_go_on_after_a_restart_and_the_epoch_grows(tmp_path: Path) -> None:
    for epoch in (1, 2, 3):
        journal = Journal(tmp_path)
        assert (journal.epoch, journal.append("batch", 0, b"", b"")) == (epoch, epoch)
        assert journal.frames(epoch - 1)[0].epoch == epoch
        journal.close()


def test_a_journal_keeps_its_name(tmp_path: Path) -> None:
    names = set()
    for _ in range(2):
        journal = Journal(tmp_path)
        names.add(journal.journal_id)
        journal.close()
    assert len(names) == 1


def test_a_frame_that_was_changed_is_named(tmp_path: Path, journal: Journal) -> None:
    fill(journal, 3)
    spoil(tmp_path, "UPDATE frames SET body = x'626f6479ff' WHERE seq = 2")
    with pytest.raises(JournalDamaged, match="frame 2 does not match its checksum"):
        journal.frames(0)
    assert [frame.seq for frame in journal.frames(2)] == [3]


@pytest.mark.parametrize("column", ["kind", "epoch", "received_ms", "outcome"])
def test_no_part_of_a_frame_can_change_unseen(tmp_path: Path, journal: Journal, column: str) -> None:
    fill(journal, 1)
    spoil(tmp_path, f"UPDATE frames SET {column} = x'37'" if column == "outcome" else f"UPDATE frames SET {column} = 7")
    with pytest.raises(JournalDamaged, match="frame 1 "):
        journal.frames(0)


@pytest.mark.parametrize("after_seq", [0, 1, 2])
def test_a_missing_frame_is_named_wherever_the_reading_begins(tmp_path: Path, journal: Journal, after_seq: int) -> None:
    fill(journal, 5)
    spoil(tmp_path, "DELETE FROM frames WHERE seq = 3")
    with pytest.raises(JournalDamaged, match="frames 3 to 3 are missing"):
        journal.frames(after_seq)


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, whatever its name says" * 100)
    with pytest.raises(JournalDamaged, match="restore the folder"):
        Journal(tmp_path)


# -- who may write ----------------------------------------------------------------------------------------------------


def test_a_second_writer_is_locked_out_until_the_first_one_closes(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    with pytest.raises(JournalLocked, match="in use by another process"):
        Journal(tmp_path)
    first.close()
    Journal(tmp_path).close()


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from persistence.journal import Journal;"
        "journal = Journal(Path(sys.argv[1])); journal.append('batch', 1, b'kept', b'');"
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(JournalLocked):
            Journal(tmp_path)
        holder.kill()
    journal = Journal(tmp_path)
    assert [frame.body for frame in journal.frames(0)] == [b"kept"]
    journal.close()


def test_a_journal_that_could_not_be_opened_is_not_locked(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database at all, but long enough to look at" * 100)
    for _ in range(2):
        with pytest.raises(JournalDamaged):
            Journal(tmp_path)


def test_a_writer_whose_lock_is_gone_writes_nothing_once_another_one_has_opened(tmp_path: Path) -> None:
    """As on a network file system whose locks do not work."""
    old = Journal(tmp_path)
    fill(old, 5)
    (tmp_path / "lock").unlink()
    new = Journal(tmp_path)
    new.trim(3)
    writes: list[Callable[[], object]] = [
        lambda: old.append("batch", 0, b"", b""),
        lambda: old.save([], snapshot=b"old", as_of=5, replay_after=5),
        lambda: old.expire(slim_before_ms=0, forget_before_ms=0),
        lambda: old.trim(5),
    ]
    before = dump(tmp_path)
    for write in writes:
        with pytest.raises(JournalFenced, match="taken over by another process"):
            write()
    assert dump(tmp_path) == before
    assert new.append("batch", 0, b"mine", b"") == 6
    assert [(frame.seq, frame.epoch, frame.body) for frame in new.frames(5)] == [(6, 2, b"mine")]
    old.close()
    new.close()


# -- letting go -------------------------------------------------------------------------------------------------------


def test_trimmed_frames_are_gone_and_their_numbers_are_not_used_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    fill(journal, 5)
    assert journal.trim(3, limit=2) == 2
    assert journal.trim(3, limit=2) == 1
    assert journal.trim(3) == 0
    assert [frame.seq for frame in journal.frames(0)] == [4, 5]
    assert journal.trim(99) == 2
    journal.close()
    again = Journal(tmp_path)
    assert (again.last_seq, again.frames(0), again.append("batch", 0, b"", b"")) == (5, [], 6)
    again.close()


def test_trimming_takes_large_frames_a_few_at_a_time_but_always_one(journal: Journal) -> None:
    fill(journal, 5, body=b"x" * 1_000)
    assert [journal.trim(5, max_bytes=2_100) for _ in range(4)] == [2, 2, 1, 0]
    fill(journal, 2, body=b"x" * 5_000)
    assert [journal.trim(7, max_bytes=2_100) for _ in range(3)] == [1, 1, 0]


def test_trimming_gives_the_disk_back(journal: Journal, tmp_path: Path) -> None:
    fill(journal, 200, body=b"x" * 50_000)
    full_bytes = journal.size_bytes()
    while journal.trim(200) or journal.shrink(keep_pages=0):
        pass
    db = sqlite3.connect(tmp_path / FILE)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    db.close()
    assert journal.size_bytes() < full_bytes / 5


# -- reading from another process -------------------------------------------------------------------------------------


def test_a_reader_in_another_process_sees_what_was_appended(journal: Journal, tmp_path: Path) -> None:
    fill(journal, 2)
    code = (
        "import sys; from pathlib import Path; from persistence.journal import JournalReader;"
        "reader = JournalReader(Path(sys.argv[1]));"
        "[print([f.seq for f in reader.frames(0)], reader.last_seq(), flush=True) for _ in sys.stdin]"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        for expected in (b"[1, 2] 2\n", b"[1, 2, 3] 3\n"):
            other.stdin.write(b"look\n")
            other.stdin.flush()
            assert other.stdout.readline() == expected
            fill(journal, 1)
        other.stdin.close()


def test_a_reader_sees_a_hole_but_not_what_was_trimmed(journal: Journal, tmp_path: Path) -> None:
    fill(journal, 5)
    reader = JournalReader(tmp_path)
    journal.trim(2)
    assert [frame.seq for frame in reader.frames(0)] == [3, 4, 5]
    spoil(tmp_path, "DELETE FROM frames WHERE seq = 3")
    with pytest.raises(JournalDamaged, match="frames 3 to 3"):
        reader.frames(0)
    reader.close()


def test_a_reader_knows_the_journal_by_its_name_and_cannot_write(journal: Journal, tmp_path: Path) -> None:
    reader = JournalReader(tmp_path)
    assert (reader.journal_id, reader.last_seq()) == (journal.journal_id, 0)
    reader.close()


def test_there_is_nothing_to_read_before_the_journal_is_made(tmp_path: Path) -> None:
    with pytest.raises(OperatorError, match="cannot be read"):
        JournalReader(tmp_path)
    sqlite3.connect(tmp_path / FILE).close()
    with pytest.raises(OperatorError):
        JournalReader(tmp_path)
