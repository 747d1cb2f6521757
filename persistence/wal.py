"""Damage in SQLite's write-ahead log, which SQLite itself passes over in silence.

SQLite reads the log up to the last whole transaction before the first frame with a wrong checksum, and forgets what
follows: right for a torn tail, and a loss of acknowledged events when a byte flipped in the middle. Here the frames
that it did not take are looked at. The layout is https://sqlite.org/fileformat2.html#the_write_ahead_log, that of the
index https://sqlite.org/walformat.html#the_wal_index_file_format.

What counts as damage: a frame that is not what was written, and
- behind a commit frame at or after it comes another frame of the same log. Every transaction is synced before the next
  is written, so the one before was on disk, whole; or
- it differs from what was written in one byte, and the transaction is otherwise complete. The checksum is linear: one
  wrong word can be told from a torn write, and found.
What does not: anything else in the last transaction of the log. A power cut leaves the same traces there, and then the
transaction was never acknowledged. So larger damage than a byte in the last transaction is taken for a torn tail.
A header is taken to be written whole (it is 32 bytes of one sector).
"""

import mmap
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

Log: TypeAlias = bytes | mmap.mmap
Sum: TypeAlias = tuple[int, int]

_HEADER_BYTES: Final = 32
_FRAME_HEADER_BYTES: Final = 24
_MAGIC: Final = 0x377F0682  # the lowest bit: checksums are big-endian
_VERSION: Final = 3007000
_PAGE_SIZES: Final = tuple(1 << power for power in range(9, 17))
_WORD: Final = 0xFFFFFFFF
_COMMIT_MARK: Final = 1  # word of a frame: the page's number, the commit mark, then the page
_SALTS: Final = -1
_CHECKSUM: Final = -2
_MOMENTS: Final = 20  # looks at a log that is being written before its state is believed


class Damage(NamedTuple):
    """`offset_bytes`: of the first frame that SQLite does not take, 0 = the header; `transactions` were committed
    there or behind it."""

    offset_bytes: int
    transactions: int


class Flip(NamedTuple):
    """The 32-bit word of a frame in which a byte changed, and by how much (modulo 2^32)."""

    word: int
    change: int


class _Shape(NamedTuple):
    """How to read a log: `seed` is the checksum that the first frame goes on from."""

    page_bytes: int
    order: str
    salts: bytes
    seed: Sum

    @property
    def frame_bytes(self) -> int:
        return _FRAME_HEADER_BYTES + self.page_bytes


def find_damage(log: Log, valid_frames: int) -> Damage | None:
    """`valid_frames`: how many SQLite took. Costs 1 µs a frame it did not take, and 0.5 ms a page where it must look
    closer."""
    if len(log) < _HEADER_BYTES:
        return None
    shape = _shape(log)
    return _damaged_header(log) if shape is None else _Frames(log, shape).damage(valid_frames)


def _shape(log: Log) -> _Shape | None:
    """None: the header is not what was written, and SQLite takes nothing of the log."""
    magic, version, page_bytes, _, _, _, one, two = struct.unpack(">8I", log[:_HEADER_BYTES])
    order = ">" if magic & 1 else "<"
    if (magic & ~1, version) != (_MAGIC, _VERSION) or page_bytes not in _PAGE_SIZES:
        return None
    if checksum(log[:24], (0, 0), order) != (one, two):
        return None
    return _Shape(page_bytes, order, log[16:24], (one, two))


def _damaged_header(log: Log) -> Damage | None:
    """The first frame goes on from the checksum of its header: if it does, it belongs to this one."""
    for shape in _shapes(log):
        if len(log) >= _HEADER_BYTES + shape.frame_bytes:
            frames = _Frames(log, shape)
            commits = sum(frames.is_commit(number) for number in frames.own(0))
            if commits and frames.goes_on(0, shape.seed):
                return Damage(0, commits)
    return None


def _shapes(log: Log) -> Iterator[_Shape]:
    """Every header that this one can have been before one of its bytes changed."""
    stored = struct.unpack(">2I", log[24:32])
    salts = log[40:48]  # of the first frame
    for page_bytes in _PAGE_SIZES:
        for order in "<>":
            for seed in (stored, checksum(log[:24], (0, 0), order)):
                yield _Shape(page_bytes, order, salts, seed)


def checksum(data: bytes, seed: Sum, order: str) -> Sum:
    """SQLite's: of 32-bit words in pairs, going on from `seed`."""
    first, second = seed
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for one, two in zip(words, words, strict=True):
        first = (first + one + second) & _WORD
        second = (second + two + first) & _WORD
    return first, second


class _Frames:
    """The frames of a log whose header is known; numbers count from 0."""

    def __init__(self, log: Log, shape: _Shape) -> None:
        self._log = log
        self._shape = shape
        self.count = (len(log) - _HEADER_BYTES) // shape.frame_bytes

    def damage(self, valid_frames: int) -> Damage | None:
        if valid_frames >= self.count or not (self.own(valid_frames) or self._is_salt_flipped(valid_frames)):
            return None
        bad = self._first_bad(valid_frames)
        if bad is None:
            return None
        flips = self._flips(bad)
        commits = [number for number in self.own(bad + 1) if self.is_commit(number)]
        if self._was_commit(bad, flips):
            commits.insert(0, bad)
        if self._is_followed(commits) or (flips and commits and self._is_whole(bad, commits[0])):
            return Damage(self._offset(bad), len(commits))
        return None

    def own(self, begin: int) -> list[int]:
        """The frames from `begin` on that were written since the log began anew."""
        return [number for number in range(begin, self.count) if self._salts(number) == self._shape.salts]

    def is_commit(self, number: int) -> bool:
        return self._log[self._offset(number) + 4 : self._offset(number) + 8] != bytes(4)

    def goes_on(self, number: int, seed: Sum) -> bool:
        return self._computed(number, seed) == self._stored(number)

    def _first_bad(self, begin: int) -> int | None:
        for number in range(begin, self.count):
            if self._salts(number) != self._shape.salts or not self.goes_on(number, self._seed(number)):
                return number
        return None

    def _is_followed(self, commits: list[int]) -> bool:
        """Whether a frame goes on from a commit. Those that do not are left over from a transaction that was torn or
        killed, and then written over in part."""
        return any(
            after < self.count and self._salts(after) == self._shape.salts and self.goes_on(after, self._seed(after))
            for after in (commit + 1 for commit in commits)
        )

    def _is_whole(self, bad: int, commit: int) -> bool:
        """Every frame of the transaction behind the bad one goes on from the one before, whichever checksum of the
        bad one is right."""
        for number in range(bad + 1, commit + 1):
            seeds = [self._seed(number)]
            if number == bad + 1:
                seeds.append(self._computed(bad, self._seed(bad)))
            if self._salts(number) != self._shape.salts or not any(self.goes_on(number, seed) for seed in seeds):
                return False
        return True

    def _flips(self, number: int) -> list[Flip]:
        """The changes of one byte that a frame may have seen; none: it is not what one byte makes of it."""
        if self._is_salt_flipped(number):
            return [Flip(_SALTS, 0)]
        if self._salts(number) != self._shape.salts:
            return []
        computed, stored = self._computed(number, self._seed(number)), self._stored(number)
        return find_flips(stored, computed, (8 + self._shape.page_bytes) // 4)

    def _was_commit(self, number: int, flips: list[Flip]) -> bool:
        if not flips and self._salts(number) != self._shape.salts:
            return False
        mark = self._log[self._offset(number) + 4 : self._offset(number) + 8]
        [changed] = struct.unpack(self._shape.order + "I", mark)
        marks = [flip.change if flip.word == _COMMIT_MARK else 0 for flip in flips] or [0]
        return any((changed - change) & _WORD for change in marks)

    def _is_salt_flipped(self, number: int) -> bool:
        """The checksum does not cover the salts."""
        if number >= self.count:
            return False
        differences = sum(a != b for a, b in zip(self._salts(number), self._shape.salts, strict=True))
        return differences == 1 and self.goes_on(number, self._seed(number))

    def _offset(self, number: int) -> int:
        return _HEADER_BYTES + number * self._shape.frame_bytes

    def _salts(self, number: int) -> bytes:
        return self._log[self._offset(number) + 8 : self._offset(number) + 16]

    def _stored(self, number: int) -> Sum:
        first, second = struct.unpack(">2I", self._log[self._offset(number) + 16 : self._offset(number) + 24])
        return first, second

    def _seed(self, number: int) -> Sum:
        return self._stored(number - 1) if number else self._shape.seed

    def _computed(self, number: int, seed: Sum) -> Sum:
        begin = self._offset(number)
        page = self._log[begin + _FRAME_HEADER_BYTES : begin + self._shape.frame_bytes]
        return checksum(page, checksum(self._log[begin : begin + 8], seed, self._shape.order), self._shape.order)


def find_flips(stored: Sum, computed: Sum, words: int) -> list[Flip]:
    """The changes of one byte that explain the difference of two checksums; none: it was more than a byte.

    A change of d in the first word of a pair adds (d, d), in the second one (0, d); each later pair turns (a, b) into
    (a + b, a + 2b). Followed backwards, the true place shows by its form; a larger change has that form somewhere once
    in 10^12 times. The highest byte of a word may have several places, one of which is the true one.
    """
    first, second = (computed[0] - stored[0]) & _WORD, (computed[1] - stored[1]) & _WORD
    found = [Flip(_CHECKSUM, 0)] if second == 0 and _is_byte(first) else []
    for word in range(words - 2, -1, -2):
        if first in (0, second) and _is_byte(second):
            found.append(Flip(word if first else word + 1, second))
        first, second = (2 * first - second) & _WORD, (second - first) & _WORD
    return found


def _is_byte(difference: int) -> bool:
    """Whether two words that differ by this much may differ in one byte only."""
    signed = difference - (_WORD + 1) if difference > _WORD // 2 else difference
    return signed != 0 and any(not signed % (1 << shift) and abs(signed >> shift) < 256 for shift in (0, 8, 16, 24))


def damage_of(path: Path) -> Damage | None:
    """Of the log of the database `path`. Nothing is changed, and no connection may be open in this process: closing
    the index file drops the locks that SQLite holds on it. Raises sqlite3.Error when the database cannot be opened.
    """
    log_path = path.with_name(path.name + "-wal")
    if not log_path.exists() or log_path.stat().st_size <= _HEADER_BYTES:
        return None
    found = None
    for _ in range(_MOMENTS):
        index = _index(path)
        with log_path.open("rb") as file, closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as log:
            found = find_damage(log, index[0])
        if found is None or index == _index(path):
            break  # else somebody wrote meanwhile
    return found


def _index(path: Path) -> tuple[int, bytes]:
    """How many frames SQLite takes, and the salts of the log that it counted them in."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)) as db:
        db.execute("PRAGMA busy_timeout=5000")
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # recovers the log, unless somebody has it open
    header = path.with_name(path.name + "-shm").read_bytes()[:48]
    return struct.unpack_from("=I", header, 16)[0], header[32:40]
