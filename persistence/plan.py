"""How far each sink has got in each journal, and what it was about to send: durable, so that a retry sends the same.

A chunk is planned before its first insert and done after its last one. After a crash in between, the planned bounds
are sent again under the same tokens, and the store drops what it has already: see persistence/again.py.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, NamedTuple, Self

from engine.errors import OperatorError
from persistence import ledger_rows
from persistence.journal import Connect, connect_to_read, connect_to_write
from persistence.ledger_rows import NO_PAGE, LedgerRows, Page
from persistence.sqlite_errors import translated

Day = tuple[str, str]  # project_id, YYYY-MM-DD (UTC)

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS positions (
    sink TEXT NOT NULL, journal_id TEXT NOT NULL, shard INTEGER NOT NULL,
    done_seq INTEGER NOT NULL, first_seq INTEGER, last_seq INTEGER,
    PRIMARY KEY (sink, journal_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS touched_days (
    sink TEXT NOT NULL, project_id TEXT NOT NULL, day TEXT NOT NULL,
    PRIMARY KEY (sink, project_id, day)
) WITHOUT ROWID;
"""


class Source(NamedTuple):
    """One journal on its way into one sink."""

    sink: str
    shard: int
    journal_id: str

    def token(self, table: str, chunk: "Bounds") -> str:
        """Names one insert for ever.

        The journal's id is part of it: a data folder that was deleted and made again counts from 1 again, and an old
        database would take its rows for the ones it has.
        """
        return f"{self.journal_id}:{self.shard}:{table}:{chunk.first_seq}-{chunk.last_seq}"

    @property
    def name(self) -> str:
        return f"{self.sink}:{self.journal_id}"


class Bounds(NamedTuple):
    """A chunk: the frames from `first_seq` to `last_seq`, both included."""

    first_seq: int
    last_seq: int


class Position(NamedTuple):
    """Frames up to `done_seq` are stored; `planned` may be stored in part."""

    done_seq: int
    planned: Bounds | None


class Plan:
    """One writer, which `plan` and `done` verify: they raise `OperatorError` when somebody else moved the position.

    Every call blocks for an fsync. The file stays small: one row per journal, one per day not yet counted again,
    and the ledger of the last weeks.
    """

    def __init__(self, path: Path, *, connect: Connect = connect_to_write) -> None:
        self._path = path
        with translated(self._path), ExitStack() as undo:
            self._db = connect(path)  # made in one thread, used in another; never in two at a time
            undo.callback(self._db.close)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(_SCHEMA)
            self._db.execute(ledger_rows.SCHEMA)
            undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """On disk when it is left; nothing of it is when it raises."""
        with translated(self._path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield

    def position(self, source: Source) -> Position:
        with translated(self._path):
            return _position(self._db, source)

    def plan(self, source: Source, chunk: Bounds) -> None:
        """Durable before the first insert."""
        with self._transaction():
            self._db.execute(
                "INSERT OR IGNORE INTO positions (sink, journal_id, shard, done_seq) VALUES (?, ?, ?, 0)",
                (source.sink, source.journal_id, source.shard),
            )
            changed = self._db.execute(
                "UPDATE positions SET first_seq = ?, last_seq = ?"
                " WHERE sink = ? AND journal_id = ? AND first_seq IS NULL AND done_seq < ?",
                (*chunk, source.sink, source.journal_id, chunk.first_seq),
            )
            _require_one(changed, source, chunk)

    def done(self, source: Source, chunk: Bounds, days: Iterable[Day], ledger: Page = NO_PAGE) -> None:
        """The position moves to the end of the planned chunk, its rows are booked, and its days wait to be counted
        again."""
        with self._transaction():
            changed = self._db.execute(
                "UPDATE positions SET done_seq = last_seq, first_seq = NULL, last_seq = NULL"
                " WHERE sink = ? AND journal_id = ? AND first_seq = ? AND last_seq = ?",
                (source.sink, source.journal_id, *chunk),
            )
            _require_one(changed, source, chunk)
            self._db.executemany(
                "INSERT OR IGNORE INTO touched_days (sink, project_id, day) VALUES (?, ?, ?)",
                [(source.sink, *day) for day in days],
            )
            LedgerRows(self._db, self._path, source.name).write(ledger)

    def reader(self) -> "PlanReader":
        return PlanReader(self._path)

    def touched_days(self, sink: str, limit: int) -> list[Day]:
        with translated(self._path):
            return self._db.execute(
                "SELECT project_id, day FROM touched_days WHERE sink = ? ORDER BY project_id, day LIMIT ?",
                (sink, limit),
            ).fetchall()

    def counted(self, sink: str, days: Iterable[Day]) -> None:
        """These days have been counted again."""
        with self._transaction():
            self._db.executemany(
                "DELETE FROM touched_days WHERE sink = ? AND project_id = ? AND day = ?",
                [(sink, *day) for day in days],
            )


class PlanReader:
    """What is durable, for any thread: each has a reader of its own. Use it as a context."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with translated(path):
            self._db = connect_to_read(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def position(self, source: Source) -> Position:
        with translated(self._path):
            return _position(self._db, source)

    def ledger(self, source: Source, from_ms: int, to_ms: int) -> list[tuple[str, str, int]]:
        """(project, name, count) of the minutes that begin in the range."""
        return LedgerRows(self._db, self._path, source.name).sums(from_ms, to_ms)


def _position(db: sqlite3.Connection, source: Source) -> Position:
    row = db.execute(
        "SELECT done_seq, first_seq, last_seq FROM positions WHERE sink = ? AND journal_id = ?",
        (source.sink, source.journal_id),
    ).fetchone()
    if row is None:
        return Position(done_seq=0, planned=None)
    done_seq, first_seq, last_seq = row
    return Position(done_seq, None if first_seq is None else Bounds(first_seq, last_seq))


def _require_one(changed: sqlite3.Cursor, source: Source, chunk: Bounds) -> None:
    if changed.rowcount == 1:
        return
    message = (
        f"The position of shard {source.shard} in sink `{source.sink}` was moved by somebody else while frames"
        f" {chunk.first_seq}-{chunk.last_seq} were on their way; only one persister may run on a data folder."
    )
    raise OperatorError(message)
