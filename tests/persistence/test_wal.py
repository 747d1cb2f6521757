"""What SQLite forgets of a damaged write-ahead log is noticed, and a torn tail is not taken for damage."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persistence.wal import Damage, checksum, damage_of, find_damage, find_flips

PAGE = 1024
FRAME = 24 + PAGE
# Transactions of one, two and five frames, and then the process is gone.
PROGRAM = f"""
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA page_size={PAGE}")
db.execute("PRAGMA journal_mode=WAL")
db.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, body BLOB)")
for number in range(int(sys.argv[2])):
    db.execute("INSERT INTO t VALUES (?, ?)", (number, os.urandom((10, 900, 4000)[number % 3])))
os._exit(0)
"""


def written(folder: Path, rows: int = 30) -> Path:
    path = folder / "a.db"
    subprocess.run([sys.executable, "-c", PROGRAM, str(path), str(rows)], check=True)
    return path


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("log"))


class Log:
    """A copy of a database with its log, damaged by a test."""

    def __init__(self, whole: Path, folder: Path) -> None:
        self.path = folder / whole.name
        self.file = folder / f"{whole.name}-wal"
        for name in (whole.name, f"{whole.name}-wal"):
            shutil.copyfile(whole.with_name(name), folder / name)
        self.data = bytearray(self.file.read_bytes())
        self.frames = (len(self.data) - 32) // FRAME
        marks = [self.data[32 + n * FRAME + 4 : 32 + n * FRAME + 8] for n in range(self.frames)]
        self.commits = [number for number, mark in enumerate(marks) if any(mark)]

    def damage(self) -> Damage | None:
        self.file.write_bytes(self.data)
        return damage_of(self.path)

    def rows(self) -> int:
        with closing(sqlite3.connect(self.path)) as db:
            found: int = db.execute("SELECT count(*) FROM t").fetchone()[0]
            return found

    def cut(self, frames: int, more_bytes: int = 0) -> None:
        del self.data[32 + frames * FRAME + more_bytes :]


@pytest.fixture
def log(whole: Path, tmp_path: Path) -> Log:
    return Log(whole, tmp_path)


def test_a_whole_log_is_whole_and_looking_changes_nothing(log: Log) -> None:
    before = (log.path.read_bytes(), bytes(log.data))
    assert log.damage() is None
    assert (log.path.read_bytes(), log.file.read_bytes()) == before
    assert log.rows() == 30


def test_no_log_and_an_empty_one_are_whole(log: Log) -> None:
    log.file.unlink()
    assert damage_of(log.path) is None
    log.data.clear()
    assert log.damage() is None


@pytest.mark.parametrize("cut_bytes", [1, 23, 24, 500, FRAME - 1])
def test_a_tail_that_was_cut_is_torn(log: Log, cut_bytes: int) -> None:
    for last in (log.frames - 1, log.commits[-2] + 1):
        log.cut(last, cut_bytes)
        assert log.damage() is None


def test_a_last_transaction_of_which_a_page_never_came_is_torn(log: Log) -> None:
    last = [number for number in range(log.commits[-2] + 1, log.commits[-1] + 1)]
    assert len(last) > 2
    for number in last:
        one = bytearray(log.data)
        at = 32 + number * FRAME
        one[at : at + FRAME] = bytes(FRAME)
        assert find_damage(bytes(one), log.commits[-2] + 1) is None
        one[at : at + FRAME] = log.data[at : at + FRAME]
        one[at + 512 : at + FRAME] = bytes(FRAME - 512)
        assert find_damage(bytes(one), log.commits[-2] + 1) is None


def test_frames_of_an_older_log_behind_the_end_are_no_damage(log: Log) -> None:
    log.damage()
    with closing(sqlite3.connect(log.path, isolation_level=None)) as db:
        db.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        db.execute("DELETE FROM t WHERE n = 3")
        again = log.file.read_bytes()
        (log.path.parent / "b.db").write_bytes(log.path.read_bytes())
    (log.path.parent / "b.db-wal").write_bytes(again)
    assert len(again) == len(log.data)
    assert damage_of(log.path.parent / "b.db") is None


def test_a_byte_in_the_middle_names_the_place_and_what_lies_behind(log: Log) -> None:
    sixth = log.commits[5]
    at = 32 + sixth * FRAME
    log.data[at + 24 + 100] ^= 1
    damage = log.damage()
    assert damage == Damage(at, len(log.commits) - 5)
    log.cut(sixth)  # what the message says: accept the loss
    assert log.damage() is None
    assert log.rows() == 4  # the first transaction made the table


def test_a_larger_hole_in_the_middle_is_damage(log: Log) -> None:
    at = 32 + log.commits[3] * FRAME
    log.data[at : at + 3 * FRAME] = bytes(3 * FRAME)
    damage = log.damage()
    assert damage is not None
    assert damage.offset_bytes == at


@given(place=st.integers(0, 2**20), change=st.integers(1, 255))
def test_no_byte_changes_unseen(whole: Path, place: int, change: int) -> None:
    data = bytearray(whole.with_name(f"{whole.name}-wal").read_bytes())
    place %= len(data)
    data[place] ^= change
    taken = taken_by_sqlite(whole, bytes(data))
    frame = (place - 32) // FRAME
    damage = find_damage(bytes(data), taken)
    assert damage is not None
    assert damage.offset_bytes == (0 if place < 32 else 32 + frame * FRAME)


@pytest.mark.parametrize("field", range(32))
def test_no_byte_of_the_header_changes_unseen(whole: Path, field: int) -> None:
    data = bytearray(whole.with_name(f"{whole.name}-wal").read_bytes())
    for change in (1, 0x80, 0xFF):
        data[field] ^= change
        damage = find_damage(bytes(data), 0)
        assert damage is not None
        assert damage.offset_bytes == 0
        data[field] ^= change


@pytest.mark.parametrize("field", range(24))
def test_no_byte_of_a_frame_header_changes_unseen_even_in_the_last_two_transactions(log: Log, field: int) -> None:
    for number in range(log.commits[-3] + 1, log.frames):
        at = 32 + number * FRAME
        for change in (1, 0xFF, log.data[at + field]):  # the last one makes it 0: a commit mark disappears
            data = bytearray(log.data)
            data[at + field] ^= change
            if not change:
                continue
            first = max(commit + 1 for commit in log.commits if commit < number)
            damage = find_damage(bytes(data), first)
            assert damage is not None
            assert damage.offset_bytes == at


def taken_by_sqlite(whole: Path, data: bytes) -> int:
    """How many frames SQLite takes of a log: up to the last commit before the first wrong checksum."""
    original = whole.with_name(f"{whole.name}-wal").read_bytes()
    frames = (len(data) - 32) // FRAME
    if data[:32] != original[:32]:
        return 0
    taken = 0
    for number in range(frames):
        at = 32 + number * FRAME
        if data[at : at + FRAME] != original[at : at + FRAME]:
            break
        if any(data[at + 4 : at + 8]):
            taken = number + 1
    return taken


@given(st.binary(min_size=64, max_size=64), st.integers(0, 63), st.integers(1, 255), st.sampled_from("<>"))
def test_a_changed_byte_is_found_by_its_checksum(data: bytes, place: int, change: int, order: str) -> None:
    changed = bytearray(data)
    changed[place] ^= change
    flips = find_flips(checksum(data, (1, 2), order), checksum(bytes(changed), (1, 2), order), 16)
    assert place // 4 in [flip.word for flip in flips]


@given(st.binary(min_size=64, max_size=64), st.binary(min_size=64, max_size=64))
def test_other_data_is_not_a_changed_byte(data: bytes, other: bytes) -> None:
    places = [place for place in range(64) if data[place] != other[place]]
    if len({place // 4 for place in places}) > 1:
        assert find_flips(checksum(data, (0, 0), "<"), checksum(other, (0, 0), "<"), 16) == []
