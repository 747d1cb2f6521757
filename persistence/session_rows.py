"""The saved sessions of a journal, one row each. Queries only; `journal.py` owns the transactions."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS live (
    key TEXT PRIMARY KEY, generation INTEGER NOT NULL, session_id TEXT NOT NULL, as_of INTEGER NOT NULL,
    started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, state BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS ended (
    key TEXT NOT NULL, generation INTEGER NOT NULL, session_id TEXT NOT NULL, as_of INTEGER NOT NULL,
    started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL, state BLOB,
    PRIMARY KEY (key, generation));
CREATE INDEX IF NOT EXISTS ended_started ON ended (key, started_ms);
CREATE INDEX IF NOT EXISTS ended_made ON ended (session_id) WHERE session_id GLOB 'sn_*';
CREATE INDEX IF NOT EXISTS ended_closed ON ended (closed_ms);
CREATE INDEX IF NOT EXISTS ended_whole ON ended (closed_ms) WHERE state IS NOT NULL;
"""

# A live session is saved again and again: its row stays where it is, and no index changes.
_PUT_LIVE: Final = """
INSERT INTO live VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    generation = excluded.generation, session_id = excluded.session_id, as_of = excluded.as_of,
    started_ms = excluded.started_ms, last_ms = excluded.last_ms, state = excluded.state
"""

_AROUND: Final = """
SELECT * FROM (SELECT * FROM ended WHERE key = :key AND started_ms <= :at AND closed_ms >= :since
    ORDER BY started_ms DESC LIMIT 1)
UNION ALL
SELECT * FROM (SELECT * FROM ended WHERE key = :key AND started_ms > :at AND closed_ms >= :since
    ORDER BY started_ms LIMIT 1)
"""

# Each has an index that holds only what it looks for.
SLIM: Final = """
UPDATE ended SET state = NULL WHERE rowid IN
    (SELECT rowid FROM ended WHERE state IS NOT NULL AND closed_ms < ? ORDER BY closed_ms LIMIT ?)
"""
FORGET: Final = """
DELETE FROM ended WHERE rowid IN
    (SELECT rowid FROM ended WHERE closed_ms < ? ORDER BY closed_ms LIMIT ?)
"""


class SessionRow(NamedTuple):
    """A session as of frame `as_of`. `closed_ms` 0: it is live. `state` None: only its generation is remembered."""

    key: str
    generation: int
    session_id: str
    as_of: int
    started_ms: int
    last_ms: int
    closed_ms: int
    state: bytes | None


class SessionRows:
    """Ended sessions of a key never overlap in time, so the neighbours of a time are all that can take an event."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, rows: Iterable[SessionRow]) -> None:
        """All of one `as_of`, which never goes down from call to call."""
        live, ended = [], []
        for row in rows:
            if row.closed_ms:
                ended.append(row)
            else:
                live.append((*row[:6], row.state))
        self._db.executemany("DELETE FROM live WHERE key = ? AND generation = ?", (row[:2] for row in ended))
        self._db.executemany("INSERT OR REPLACE INTO ended VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ended)
        self._db.executemany(_PUT_LIVE, live)

    def live(self) -> Iterator[bytes]:
        """The state of every live session."""
        for (state,) in self._db.execute("SELECT state FROM live ORDER BY rowid"):
            yield state

    def keys_saved_after(self, seq: int) -> dict[str, int]:
        """The keys saved after frame `seq`, each with the frame its rows are complete up to."""
        saved = dict(self._db.execute("SELECT key, as_of FROM live WHERE as_of > ?", (seq,)).fetchall())
        # Every save gives an ended row the next rowid, so the rows from the end on are the last that were saved.
        for key, as_of in self._db.execute("SELECT key, as_of FROM ended ORDER BY rowid DESC"):
            if as_of <= seq:
                break
            saved[key] = max(as_of, saved.get(key, 0))
        return saved

    def has_ended(self, key: str) -> bool:
        return self._db.execute("SELECT 1 FROM ended WHERE key = ? LIMIT 1", (key,)).fetchone() is not None

    def around(self, key: str, at_ms: int, since_ms: int) -> list[SessionRow]:
        """The last ended one that began at or before a time and the first that began after it."""
        return [SessionRow(*row) for row in self._db.execute(_AROUND, {"key": key, "at": at_ms, "since": since_ms})]

    def latest(self, key: str, limit: int) -> list[SessionRow]:
        """Ended ones, the last that began first."""
        query = "SELECT * FROM ended WHERE key = ? ORDER BY started_ms DESC LIMIT ?"
        return [SessionRow(*row) for row in self._db.execute(query, (key, limit))]

    def highest(self, key: str, since_ms: int) -> int:
        """The highest generation of the ended ones that closed at or after `since_ms`, 0 = none."""
        query = "SELECT generation FROM ended WHERE key = ? AND closed_ms >= ? ORDER BY generation DESC LIMIT 1"
        row = self._db.execute(query, (key, since_ms)).fetchone()
        return row[0] if row else 0

    def find(self, key: str, session_id: str, generation: int | None) -> list[SessionRow]:
        """One ended session or none; without `generation` the one that began last."""
        query = (
            "SELECT * FROM ended WHERE key = ? AND session_id = ? AND coalesce(generation = ?, 1) "
            "ORDER BY started_ms DESC LIMIT 1"
        )
        return [SessionRow(*row) for row in self._db.execute(query, (key, session_id, generation))]

    def key_of(self, session_id: str) -> str | None:
        """The key of a session whose id the engine made."""
        query = "SELECT key FROM ended WHERE session_id = ? AND session_id GLOB 'sn_*'"
        row = self._db.execute(query, (session_id,)).fetchone()
        return row[0] if row else None

    def slim(self, before_ms: int, limit: int) -> int:
        """Drop the state of sessions that closed before a time; of how many."""
        return self._db.execute(SLIM, (before_ms, limit)).rowcount

    def forget(self, before_ms: int, limit: int) -> int:
        """Drop sessions that closed before a time; how many."""
        return self._db.execute(FORGET, (before_ms, limit)).rowcount
