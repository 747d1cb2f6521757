"""The journal of one shard: the truth that state, rows and answers are derived from.

SQLite in WAL mode with `synchronous=FULL`: `append` and `save` are on disk when they return. One process writes (it
holds an flock on the folder and its epoch is in every frame), others read. A frame is never changed; frames are
deleted once the snapshot and every sink have passed them.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Final, NoReturn, TypeAlias

from engine.errors import JournalDamaged, JournalFenced, OperatorError
from persistence import ledger_rows
from persistence.frames import Frame as Frame
from persistence.frames import Frames
from persistence.journal_format import FORMAT as FORMAT
from persistence.journal_format import bring_up, check, written_format
from persistence.ledger_rows import NO_PAGE, LedgerRows, Page
from persistence.lock import take_lock
from persistence.mark import Mark
from persistence.meta import Meta
from persistence.opening import connect_to_read as connect_to_read
from persistence.opening import connect_to_write as connect_to_write
from persistence.session_rows import SessionRow, SessionRows
from persistence.sqlite_errors import MEND, translated
from persistence.wal import damage_of

Connect: TypeAlias = Callable[[Path], sqlite3.Connection]

FILE: Final = "journal.db"

# One statement: whoever took over between two would not be seen.
_APPEND: Final = """
INSERT INTO frames (seq, kind, epoch, received_ms, body, outcome, crc)
SELECT ?, ?, ?, ?, ?, ?, ? WHERE (SELECT value FROM meta WHERE name = 'epoch') = ?
"""


class Journal:
    """The writer. After an `OperatorError` from `append` or `save` the process must end: what the disk holds is
    then unknown, and only a new start reads it again (an fsync that failed once may lie the second time).

    Raises JournalDamaged without a change to any file, and JournalFenced when another one was opened since.
    """

    def __init__(self, folder: Path, *, lock_wait_ms: int = 0, connect: Connect = connect_to_write) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        with ExitStack() as undo:
            self._lock = take_lock(folder, lock_wait_ms)
            undo.callback(os.close, self._lock)
            self.mark = Mark(folder)
            undo.callback(self.mark.close)
            with translated(self._path):
                check_before_writing(self._path)
                self._db = connect(self._path)
                undo.callback(self._db.close)
                self._open()
            undo.pop_all()

    def _open(self) -> None:
        db = self._db
        db.execute("PRAGMA page_size=16384")  # a frame of 200 KB is a chain of pages: writing and freeing it is cheaper
        db.execute("PRAGMA auto_vacuum=INCREMENTAL")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA cache_size=-16384")
        written = written_format(db, self._path)
        self._meta = Meta(db, self._path)
        self._frames = Frames(db, self._meta, self._path)
        self.sessions = SessionRows(db, self._path)
        self.ledger = LedgerRows(db, self._path)
        with db:
            db.execute("BEGIN IMMEDIATE")
            bring_up(db, self._path, written)
            self.epoch = self._meta.need("epoch", int) + 1
            self._meta.put(epoch=self.epoch)
        self.journal_id = self._meta.need("journal_id", str)
        self._live_rows = self._meta.need("live_rows", int)
        self.last_seq = self._frames.last_seq()
        self.ledger_after = ledger_rows.begin(db, self.last_seq)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with translated(self._path), self._db:  # commits, or rolls back when something is raised
            self._db.execute("BEGIN IMMEDIATE")
            if self._meta.need("epoch", int) != self.epoch:
                self._fenced()
            yield

    def _fenced(self) -> NoReturn:
        message = f"{self._path} was taken over by another process; this one must end."
        raise JournalFenced(message)

    def append(self, kind: str, received_ms: int, body: bytes, outcome: bytes) -> int:
        """The sequence number of the new frame, which is on disk now."""
        frame = Frame(self.last_seq + 1, kind, self.epoch, received_ms, body, outcome)
        with translated(self._path):
            added = self._db.execute(_APPEND, (*frame, frame.checksum(), self.epoch)).rowcount
        if not added:
            self._fenced()
        self.last_seq = frame.seq
        return frame.seq

    def frames(self, after_seq: int, *, max_frames: int = 1000, max_bytes: int = 16_000_000) -> list[Frame]:
        return self._frames.read(after_seq, max_frames, max_bytes)

    def save(
        self, rows: Iterable[SessionRow], *, snapshot: bytes, as_of: int, replay_after: int, ledger: Page = NO_PAGE
    ) -> None:
        """Sessions, the shard's own state and what it counted up to `as_of`, one transaction. A restart replays the
        frames after `replay_after`."""
        with self._transaction():
            live_rows = self._live_rows + self.sessions.put(rows)
            self.ledger.write(ledger)
            self._meta.put(snapshot=snapshot, as_of=as_of, replay_after=replay_after, live_rows=live_rows)
        self._live_rows = live_rows

    def snapshot(self) -> tuple[bytes, int, int]:
        """(the shard's own state, as of which frame, replay after which frame); (b"", 0, 0) when there is none."""
        need = self._meta.need
        return need("snapshot", bytes), need("as_of", int), need("replay_after", int)

    def check_live(self, found: int) -> None:
        """Raises JournalDamaged unless so many live sessions were saved: a page that lost its place takes its rows
        with it, and none of the others says so."""
        if found != self._live_rows:
            message = f"{self._path}: table live has {found} sessions, {self._live_rows} were saved; {MEND}."
            raise JournalDamaged(message)

    def put(self, name: str, value: bytes) -> None:
        """Keep a small value beside the frames, under a name of its own."""
        with self._transaction():
            self._meta.put(**{name: value})

    def get(self, name: str) -> bytes:
        """What was kept under a name, b"" = nothing."""
        return self._meta.get(name, b"")

    def received_ms(self, seq: int) -> int | None:
        """When a frame came in; None if there is no such frame."""
        with translated(self._path):
            row = self._db.execute("SELECT received_ms FROM frames WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row else None

    def expire(self, *, slim_before_ms: int, forget_before_ms: int, limit: int = 2000) -> None:
        """Drop the state of sessions that closed before the first time, and the row before the second; so many of
        each at a time."""
        with self._transaction():
            self.sessions.slim(slim_before_ms, limit)
            self.sessions.forget(forget_before_ms, limit)

    def trim(self, upto_seq: int, *, limit: int = 500, max_bytes: int = 12_000_000) -> int:
        """Delete frames up to `upto_seq`, at most `limit` and about `max_bytes` at a time, because a megabyte takes
        3 ms in which no event is taken; returns how many."""
        with translated(self._path):
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
                self._meta.put(trimmed_seq=last)
            return count

    def shrink(self, *, keep_pages: int = 2_000, limit: int = 400) -> int:
        """Give free pages back to the disk, at most `limit` at a time; returns how many are free beyond `keep_pages`,
        which the next frames use again."""
        with translated(self._path):
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
        path = folder / FILE
        with ExitStack() as undo:
            with translated(path):
                self._db = connect(path)
                undo.callback(self._db.close)
                written = written_format(self._db, path)
            if not written:
                message = f"{path} is not a journal yet; its shard has not started."
                raise OperatorError(message)
            meta = Meta(self._db, path)
            self._frames = Frames(self._db, meta, path)
            self.journal_id = meta.need("journal_id", str)
            with translated(path):
                self.ledger_after = ledger_rows.began_after(self._db)
            undo.pop_all()

    def last_seq(self) -> int:
        return self._frames.last_seq()

    def frames(self, after_seq: int, *, max_frames: int = 1000, max_bytes: int = 16_000_000) -> list[Frame]:
        """Frames in order without gaps; raises JournalDamaged on a wrong checksum or a hole."""
        return self._frames.read(after_seq, max_frames, max_bytes)

    def close(self) -> None:
        self._db.close()


def check_before_writing(path: Path) -> None:
    """Raises JournalDamaged for what can be found without reading every row. Nothing is changed: a connection that
    may write would, when it is closed, make the part of the log that SQLite believes the whole truth."""
    if not path.exists() or not path.stat().st_size:
        return
    check_log(path)
    with translated(path), closing(connect_to_read(path)) as db:
        check(db, path, written_format(db, path))


def check_log(path: Path) -> None:
    """Raises JournalDamaged when SQLite would forget transactions behind a damaged place in its log."""
    with translated(path):
        damage = damage_of(path)
    if damage is not None:
        log = f"{path}-wal"
        message = (
            f"{log} is damaged at byte {damage.offset_bytes}, and committed transactions lie there or behind it"
            f" ({damage.transactions}); {MEND}, or accept their loss: truncate -s {damage.offset_bytes} {log}."
        )
        raise JournalDamaged(message)
