"""The journal of one shard: the truth that state, rows and answers are derived from.

SQLite in WAL mode with `synchronous=FULL`: `append` and `save` are on disk when they return. One process writes (it
holds an flock on the folder and its epoch is in every frame), others read. A frame is never changed; frames are
deleted once the snapshot and every sink have passed them.
"""

import fcntl
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias, TypeVar
from zlib import crc32

from engine.errors import JournalDamaged, JournalLocked, OperatorError
from persistence import ledger_rows
from persistence.disk import write_error
from persistence.ledger_rows import NO_PAGE, LedgerRows, Page
from persistence.mark import Mark
from persistence.session_rows import SCHEMA, SessionRow, SessionRows

T = TypeVar("T")

Connect: TypeAlias = Callable[[Path], sqlite3.Connection]

FORMAT: Final = 2  # 1 was never released
FILE: Final = "journal.db"

_META: Final = "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID"
_FRAMES: Final = """
CREATE TABLE IF NOT EXISTS frames (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, epoch INTEGER NOT NULL, received_ms INTEGER NOT NULL,
    crc INTEGER NOT NULL, body BLOB NOT NULL, outcome BLOB NOT NULL);
"""


class Frame(NamedTuple):
    """`kind`: batch, tick, start or sweep; `body`: what came in, `outcome`: what it did (engine.wire.Outcome)."""

    seq: int
    kind: str
    epoch: int
    received_ms: int
    body: bytes
    outcome: bytes


def _checksum(frame: Frame) -> int:
    head = f"{frame.seq} {frame.kind} {frame.epoch} {frame.received_ms}"
    return crc32(frame.outcome, crc32(frame.body, crc32(head.encode())))


def _read_frames(db: sqlite3.Connection, after_seq: int, max_frames: int, max_bytes: int) -> list[Frame]:
    frames: list[Frame] = []
    size_bytes = 0
    rows = db.execute(
        "SELECT seq, kind, epoch, received_ms, body, outcome, crc FROM frames WHERE seq > ? ORDER BY seq LIMIT ?",
        (after_seq, max_frames),
    )
    for *fields, crc in rows:
        frame = Frame(*fields)
        if _checksum(frame) != crc:
            message = f"Frame {frame.seq} does not match its checksum; restore the folder from a copy."
            raise JournalDamaged(message)
        if frames:
            _check_hole(frames[-1].seq, frame.seq)
        frames.append(frame)
        size_bytes += len(frame.body) + len(frame.outcome)
        if size_bytes >= max_bytes:
            break
    if frames:
        # Looked up after the frames: what was deleted before they were read is in this number already.
        _check_hole(max(after_seq, _meta(db, "trimmed_seq", 0)), frames[0].seq)
    return frames


def _check_hole(before_seq: int, seq: int) -> None:
    if seq > before_seq + 1:
        message = f"Frames {before_seq + 1} to {seq - 1} are missing; restore the folder from a copy."
        raise JournalDamaged(message)


def _meta(db: sqlite3.Connection, name: str, default: T) -> T:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row[0] if row else default


def _last_seq(db: sqlite3.Connection) -> int:
    """The highest number that was given, also when its frame is deleted."""
    highest = db.execute("SELECT max(seq) FROM frames").fetchone()[0]
    return max(highest or 0, _meta(db, "trimmed_seq", 0))


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """SQLite's errors become ours: a damaged file is one thing, a disk that does not write another."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "malformed" in str(error) or "not a database" in str(error):
            message = f"{path} is damaged ({error}); restore the folder from a copy."
            raise JournalDamaged(message) from error
        raise write_error(path, error) from error


def connect_to_write(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False)


def connect_to_read(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA busy_timeout=5000")
    return db


class Journal:
    """The writer. After an `OperatorError` from `append` or `save` the process must end: what the disk holds is
    then unknown, and only a new start reads it again (an fsync that failed once may lie the second time)."""

    def __init__(self, folder: Path, *, lock_wait_ms: int = 0, connect: Connect = connect_to_write) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        with ExitStack() as undo:
            self._lock = take_lock(folder, lock_wait_ms)
            undo.callback(os.close, self._lock)
            self.mark = Mark(folder)
            undo.callback(self.mark.close)
            with _translated(self._path):
                self._db = connect(self._path)
                undo.callback(self._db.close)
                self._open()
            undo.pop_all()
        self.sessions = SessionRows(self._db)
        self.ledger = LedgerRows(self._db)

    def _open(self) -> None:
        db = self._db
        db.execute("PRAGMA page_size=16384")  # a frame of 200 KB is a chain of pages: writing and freeing it is cheaper
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA cache_size=-16384")
        db.execute(_META)
        written = _meta(db, "format", FORMAT)
        if written != FORMAT:
            message = f"{self._path} has format {written}, this version reads {FORMAT}; "
            message += "start the version that wrote it, or begin with an empty data folder."
            raise JournalDamaged(message)
        self.epoch: int = _meta(db, "epoch", 0) + 1
        self.journal_id: str = _meta(db, "journal_id", secrets.token_hex(8))
        db.executescript(_FRAMES + SCHEMA)
        with self._transaction():
            self._put_meta(format=FORMAT, epoch=self.epoch, journal_id=self.journal_id)
        self.last_seq: int = _last_seq(db)
        self.ledger_after = ledger_rows.begin(db, self.last_seq)

    def _put_meta(self, **values: int | str | bytes) -> None:
        self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._db:  # commits, or rolls back when something is raised
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def append(self, kind: str, received_ms: int, body: bytes, outcome: bytes) -> int:
        """The sequence number of the new frame, which is on disk now."""
        frame = Frame(self.last_seq + 1, kind, self.epoch, received_ms, body, outcome)
        with _translated(self._path):
            self._db.execute(
                "INSERT INTO frames (seq, kind, epoch, received_ms, body, outcome, crc) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*frame, _checksum(frame)),
            )
        self.last_seq = frame.seq
        return frame.seq

    def frames(self, after_seq: int, *, max_frames: int = 1000, max_bytes: int = 16_000_000) -> list[Frame]:
        with _translated(self._path):
            return _read_frames(self._db, after_seq, max_frames, max_bytes)

    def save(
        self, rows: Iterable[SessionRow], *, snapshot: bytes, as_of: int, replay_after: int, ledger: Page = NO_PAGE
    ) -> None:
        """Sessions, the shard's own state and what it counted up to `as_of`, one transaction. A restart replays the
        frames after `replay_after`."""
        with _translated(self._path), self._transaction():
            self.sessions.put(rows)
            self.ledger.write(ledger)
            self._put_meta(snapshot=snapshot, as_of=as_of, replay_after=replay_after)

    def snapshot(self) -> tuple[bytes, int, int]:
        """(the shard's own state, as of which frame, replay after which frame); (b"", 0, 0) when there is none."""
        return _meta(self._db, "snapshot", b""), _meta(self._db, "as_of", 0), _meta(self._db, "replay_after", 0)

    def put(self, name: str, value: bytes) -> None:
        """Keep a small value beside the frames, under a name of its own."""
        with _translated(self._path), self._transaction():
            self._put_meta(**{name: value})

    def get(self, name: str) -> bytes:
        """What was kept under a name, b"" = nothing."""
        return _meta(self._db, name, b"")

    def received_ms(self, seq: int) -> int | None:
        """When a frame came in; None if there is no such frame."""
        row = self._db.execute("SELECT received_ms FROM frames WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row else None

    def expire(self, *, slim_before_ms: int, forget_before_ms: int, limit: int = 2000) -> None:
        """Drop the state of sessions that closed before the first time, and the row before the second; so many of
        each at a time."""
        with _translated(self._path), self._transaction():
            self.sessions.slim(slim_before_ms, limit)
            self.sessions.forget(forget_before_ms, limit)

    def trim(self, upto_seq: int, *, limit: int = 500, max_bytes: int = 12_000_000) -> int:
        """Delete frames up to `upto_seq`, at most `limit` and about `max_bytes` at a time, because a megabyte takes
        3 ms in which no event is taken; returns how many."""
        with _translated(self._path):
            sizes = self._db.execute(  # does not read the blobs
                "SELECT seq, length(body) + length(outcome) FROM frames WHERE seq <= ? ORDER BY seq LIMIT ?",
                (min(upto_seq, self.last_seq), limit),
            ).fetchall()
            if not sizes:
                return 0
            ends = accumulate(size_bytes for _, size_bytes in sizes)
            count: int = max(1, sum(end <= max_bytes for end in ends))
            last = sizes[count - 1][0]
            with self._transaction():
                self._db.execute("DELETE FROM frames WHERE seq <= ?", (last,))
                self._put_meta(trimmed_seq=last)
            return count

    def shrink(self, *, keep_pages: int = 2_000, limit: int = 400) -> int:
        """Give free pages back to the disk, at most `limit` at a time; returns how many are free beyond `keep_pages`,
        which the next frames use again."""
        with _translated(self._path):
            spare = int(self._db.execute("PRAGMA freelist_count").fetchone()[0]) - keep_pages
            if spare <= 0:
                return 0
            # As a script: a statement without columns is stepped once only, which would free a single page.
            self._db.executescript(f"PRAGMA incremental_vacuum({min(spare, limit)})")
            return spare

    def size_bytes(self) -> int:
        return sum(file.stat().st_size for file in self._path.parent.glob(FILE + "*"))

    def close(self) -> None:
        self._db.close()
        self.mark.close()
        os.close(self._lock)


class JournalReader:
    """Reads a journal that another process may be writing to. Reads are short: a long one would keep the WAL."""

    def __init__(self, folder: Path, *, connect: Connect = connect_to_read) -> None:
        self._path = folder / FILE
        with _translated(self._path):
            self._db = connect(self._path)
            self.journal_id: str = _meta(self._db, "journal_id", "")
            self.ledger_after = ledger_rows.began_after(self._db)
        if not self.journal_id:
            self._db.close()
            message = f"{self._path} is not a journal yet; its shard has not started."
            raise OperatorError(message)

    def last_seq(self) -> int:
        with _translated(self._path):
            return _last_seq(self._db)

    def frames(self, after_seq: int, *, max_frames: int = 1000, max_bytes: int = 16_000_000) -> list[Frame]:
        """Frames in order without gaps; raises JournalDamaged on a wrong checksum or a hole."""
        with _translated(self._path):
            return _read_frames(self._db, after_seq, max_frames, max_bytes)

    def close(self) -> None:
        self._db.close()


def take_lock(folder: Path, wait_ms: int) -> int:
    """An flock that the kernel frees when its process dies, however it dies."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    deadline = time.monotonic() + wait_ms / 1000
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                message = f"{folder} is in use by another process; stop it, or choose another data folder."
                raise JournalLocked(message) from None
            time.sleep(0.05)
        else:
            return descriptor
