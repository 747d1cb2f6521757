"""Looking through a whole journal for damage, beside the server that writes it or without one. Changes nothing."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from engine.errors import JournalDamaged
from persistence.frames import Frame, Frames
from persistence.journal import FILE, check_before_writing, check_log, connect_to_read
from persistence.journal_format import FORMAT, check_pages, check_values, written_format
from persistence.meta import Meta
from persistence.session_rows import SessionRows
from persistence.sqlite_errors import MEND, translated

_START_BYTES: Final = 64_000_000  # of frames read at every start: 0.1 s; a healthy journal holds the last seconds only


class Inspected(NamedTuple):
    """`looked_seq`: the last frame that was verified. Not `is_complete`: the time was over."""

    format: int
    journal_id: str
    frames: int
    looked_seq: int
    last_seq: int
    live: int
    ended: int
    size_bytes: int
    is_complete: bool


def check_start(folder: Path) -> None:
    """What a server looks at before it starts. Raises JournalDamaged."""
    path = folder / FILE
    if not _is_there(path):
        return
    check_before_writing(path)
    with translated(path), closing(connect_to_read(path)) as db:
        if written_format(db, path):
            size_bytes = 0
            for frame in _frames(db, path):
                size_bytes += len(frame.body) + len(frame.outcome)
                if size_bytes >= _START_BYTES:
                    break


def inspect(folder: Path, *, is_over: Callable[[], bool]) -> Inspected | None:
    """Everything, until `is_over` says that it took too long; None when there is no journal yet. Raises
    JournalDamaged, with the place and what to do."""
    path = folder / FILE
    if not _is_there(path):
        return None
    check_log(path)
    with _frozen(path) as db:
        written = written_format(db, path)
        return _inspect(db, path, written, is_over) if written else None


def positions(path: Path) -> list[tuple[str, str, int]]:
    """(sink, journal id, last frame stored) of every journal, from the plan at `path`. Raises JournalDamaged."""
    with _frozen(path) as db:
        check_pages(db, path)
        with translated(path):
            return db.execute("SELECT sink, journal_id, done_seq FROM positions").fetchall()


def _inspect(db: sqlite3.Connection, path: Path, written: int, is_over: Callable[[], bool]) -> Inspected:
    meta, rows = Meta(db, path), SessionRows(db, path)
    if written == FORMAT:
        check_values(db, path)
    check_pages(db, path)
    last_seq = Frames(db, meta, path).last_seq()
    count, looked_seq = 0, meta.get("trimmed_seq", 0)
    for frame in _frames(db, path):
        count, looked_seq = count + 1, frame.seq
        if is_over():
            break
    # Before format 3 a session had no checksum.
    live, ended = rows.verify(is_over) if written == FORMAT else (0, 0)
    is_complete = not is_over()
    if written == FORMAT and is_complete and live != meta.need("live_rows", int):
        message = f"{path}: table live has {live} sessions, {meta.need('live_rows', int)} were saved; {MEND}."
        raise JournalDamaged(message)
    size_bytes = sum(file.stat().st_size for file in path.parent.glob(FILE + "*"))
    journal_id = meta.need("journal_id", str)
    return Inspected(written, journal_id, count, looked_seq, last_seq, live, ended, size_bytes, is_complete)


def _frames(db: sqlite3.Connection, path: Path) -> Iterator[Frame]:
    """Every frame, verified."""
    meta = Meta(db, path)
    frames, seq = Frames(db, meta, path), meta.get("trimmed_seq", 0)
    while page := frames.read(seq, 1000, 16_000_000):
        yield from page
        seq = page[-1].seq


@contextmanager
def _frozen(path: Path) -> Iterator[sqlite3.Connection]:
    """One moment of the journal, whoever writes meanwhile. Where nobody does and no log is left, SQLite is kept from
    making one."""
    log = path.with_name(path.name + "-wal")
    is_still = not log.exists()
    with translated(path):
        db = _connect_to_still(path) if is_still else connect_to_read(path)
    with closing(db):
        with translated(path):
            db.execute("BEGIN")
        yield db


def _connect_to_still(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True, isolation_level=None)


def _is_there(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0
