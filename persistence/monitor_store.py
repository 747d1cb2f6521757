"""What the monitor keeps: the state of its rules, the alerts, and the messages about them that are still to be sent.

One SQLite file, WAL, `synchronous=FULL`: a transaction is on disk when it returns. The state of the rules is a saved
copy and the steps since then, for the copy is large and a step is small: whoever opens the file repeats them. One
process writes, which holds a lock on the folder; its threads take turns.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from persistence.alert_rows import SCHEMA as ALERTS_SCHEMA
from persistence.alert_rows import AlertRows
from persistence.lock import take_lock
from persistence.opening import connect_to_write
from persistence.outbox import SCHEMA as OUTBOX_SCHEMA
from persistence.outbox import Outbox
from persistence.sqlite_errors import translated

FILE: Final = "monitor.db"

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS saved (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS steps (number INTEGER PRIMARY KEY, step BLOB NOT NULL);
"""


class Rows:
    """The tables, for the time of a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.alerts = AlertRows(db)
        self.outbox = Outbox(db)

    def saved(self) -> bytes:
        """The state as it was saved last, b"" = never."""
        row = self._db.execute("SELECT value FROM saved WHERE name = 'board'").fetchone()
        return row[0] if row else b""

    def steps(self) -> list[bytes]:
        """Those since then, in order."""
        return [step for (step,) in self._db.execute("SELECT step FROM steps ORDER BY number").fetchall()]

    def add_step(self, step: bytes) -> None:
        self._db.execute("INSERT INTO steps (step) VALUES (?)", (step,))

    def save(self, board: bytes) -> None:
        """The state after all steps so far, which are not needed any more."""
        self._db.execute("INSERT OR REPLACE INTO saved (name, value) VALUES ('board', ?)", (board,))
        self._db.execute("DELETE FROM steps")


class MonitorStore:
    """Any number of threads. After an `OperatorError` the process must end: what the disk holds is then unknown."""

    def __init__(self, folder: Path, *, lock_wait_ms: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self._turn = threading.Lock()
        with ExitStack() as undo:
            self._lock = take_lock(folder, lock_wait_ms)
            undo.callback(os.close, self._lock)
            with translated(self._path):
                self._db = connect_to_write(self._path)
                undo.callback(self._db.close)
                self._db.execute("PRAGMA journal_mode=WAL")
                self._db.execute("PRAGMA synchronous=FULL")
                self._db.executescript(_SCHEMA + ALERTS_SCHEMA + OUTBOX_SCHEMA)
            undo.pop_all()

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """All of it or nothing, on disk at the end."""
        with self._turn, translated(self._path), self._db:
            self._db.execute("BEGIN IMMEDIATE")
            yield Rows(self._db)

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        with self._turn, translated(self._path):
            yield Rows(self._db)

    def close(self) -> None:
        with self._turn:
            self._db.close()
            os.close(self._lock)
