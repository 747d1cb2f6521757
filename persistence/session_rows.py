"""The saved sessions of a journal, one row each, with checksums. Queries only; `journal.py` owns the transactions.

A row without a checksum was written by format 2. Raises JournalDamaged for one that is not what was written.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import msgspec
import xxhash

from engine.errors import JournalDamaged
from persistence.sqlite_errors import ERRORS, MEND, translated, translation

TABLES: Final = (
    """
CREATE TABLE IF NOT EXISTS live (
    key TEXT PRIMARY KEY, generation INTEGER NOT NULL, session_id TEXT NOT NULL, as_of INTEGER NOT NULL,
    started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, state BLOB NOT NULL, checksum INTEGER)
""",
    """
CREATE TABLE IF NOT EXISTS ended (
    key TEXT NOT NULL, generation INTEGER NOT NULL, session_id TEXT NOT NULL, as_of INTEGER NOT NULL,
    started_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL, state BLOB,
    checksum INTEGER, state_checksum INTEGER, PRIMARY KEY (key, generation))
""",
    "CREATE INDEX IF NOT EXISTS ended_started ON ended (key, started_ms)",
    "CREATE INDEX IF NOT EXISTS ended_made ON ended (session_id) WHERE session_id GLOB 'sn_*'",
    "CREATE INDEX IF NOT EXISTS ended_closed ON ended (closed_ms)",
    "CREATE INDEX IF NOT EXISTS ended_whole ON ended (closed_ms) WHERE state IS NOT NULL",
)
FROM_2: Final = (
    "ALTER TABLE live ADD COLUMN checksum INTEGER",
    "ALTER TABLE ended ADD COLUMN checksum INTEGER",
    "ALTER TABLE ended ADD COLUMN state_checksum INTEGER",
)

# A live session is saved again and again: its row stays where it is, and no index changes.
_PUT_LIVE: Final = """
INSERT INTO live VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET
    generation = excluded.generation, session_id = excluded.session_id, as_of = excluded.as_of,
    started_ms = excluded.started_ms, last_ms = excluded.last_ms, state = excluded.state, checksum = excluded.checksum
"""

_AROUND: Final = """
SELECT * FROM (SELECT * FROM ended WHERE key = :key AND started_ms <= :at AND closed_ms >= :since
    AND last_ms >= started_ms
    ORDER BY started_ms DESC LIMIT 1)
UNION ALL
SELECT * FROM (SELECT * FROM ended WHERE key = :key AND started_ms > :at AND closed_ms >= :since
    AND last_ms >= started_ms
    ORDER BY started_ms LIMIT 1)
"""

# Each has an index that holds only what it looks for.
SLIM: Final = """
UPDATE ended SET state = NULL, state_checksum = NULL WHERE rowid IN
    (SELECT rowid FROM ended WHERE state IS NOT NULL AND closed_ms < ? ORDER BY closed_ms LIMIT ?)
"""
FORGET: Final = """
DELETE FROM ended WHERE rowid IN
    (SELECT rowid FROM ended WHERE closed_ms < ? ORDER BY closed_ms LIMIT ?)
"""


class SessionRow(NamedTuple):
    """A session as of frame `as_of`. `closed_ms` 0: it is live. `state` None: only its generation is remembered.
    `last_ms` 0: no event came, and late ones go elsewhere."""

    key: str
    generation: int
    session_id: str
    as_of: int
    started_ms: int
    last_ms: int
    closed_ms: int
    state: bytes | None


_encode: Final = msgspec.msgpack.Encoder().encode
_digest: Final = xxhash.xxh3_64_intdigest
_MASK: Final = 0xFFFFFFFF


def _head_checksum(row: SessionRow) -> int:
    return int(_digest(_encode(row[:7])) & _MASK)


def _state_checksum(state: bytes | None) -> int | None:
    return None if state is None else int(_digest(state) & _MASK)


class SessionRows:
    """Ended sessions of a key never overlap in time, so the neighbours of a time are all that can take an event."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db = db
        self._path = path

    def put(self, rows: Iterable[SessionRow]) -> int:
        """All of one `as_of`, which never goes down from call to call. By how many the live rows grew.

        A live session's checksum is of what a restart reads of it: the state holds what the other columns say.
        """
        live, ended = [], []
        for row in rows:
            if row.closed_ms:
                ended.append((*row, _head_checksum(row), _state_checksum(row.state)))
            else:
                state = row.state or b""
                live.append((*row[:6], state, _digest(state, row.as_of) & _MASK))
        gone = self._db.executemany("DELETE FROM live WHERE key = ? AND generation = ?", (row[:2] for row in ended))
        self._db.executemany("INSERT OR REPLACE INTO ended VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", ended)
        # A new row gets the highest number and one more: counting does not have to look at the rows.
        before = self._highest_live()
        self._db.executemany(_PUT_LIVE, live)
        return self._highest_live() - before - max(gone.rowcount, 0)

    def _highest_live(self) -> int:
        return int(self._db.execute("SELECT max(rowid) FROM live").fetchone()[0] or 0)

    def live(self) -> Iterator[tuple[int, bytes]]:
        """Every live session: the frame its state is complete up to, and the state."""
        with translated(self._path):
            # Written out, because a restart reads a hundred thousand; the cast, because a byte that changed may have
            # made a blob a text of the same bytes.
            for row in self._db.execute("SELECT as_of, CAST(state AS BLOB), checksum FROM live ORDER BY rowid"):
                as_of, state, checksum = row
                try:
                    if _digest(state, as_of) & _MASK != checksum and checksum is not None:
                        self._refuse_live(row)
                except TypeError:  # what was a number is none any more
                    self._refuse_live(row)
                yield as_of, state

    def _refuse_live(self, wrong: tuple[Any, ...]) -> NoReturn:
        query = "SELECT key FROM live WHERE (as_of, CAST(state AS BLOB), checksum) IS (?, ?, ?)"
        self._refuse("live", next((key for (key,) in self._db.execute(query, wrong)), "?"))

    def _refuse(self, table: str, key: object) -> NoReturn:
        message = f"{self._path}: the session {key!r} in table {table} does not match its checksum; {MEND}."
        raise JournalDamaged(message)

    def ended_after(self, seq: int) -> dict[str, int]:
        """The keys whose ended sessions were saved after frame `seq`, each with the frame they are complete up to."""
        saved: dict[str, int] = {}
        # Every save gives an ended row the next rowid, so the rows from the end on are the last that were saved.
        with translated(self._path):
            for found in self._db.execute("SELECT * FROM ended ORDER BY rowid DESC"):
                row = self._checked(found)
                if row.as_of <= seq:
                    break
                saved[row.key] = max(row.as_of, saved.get(row.key, 0))
        return saved

    def has_ended(self, key: str) -> bool:
        return bool(self._rows("SELECT 1 FROM ended WHERE key = ? LIMIT 1", (key,)))

    def around(self, key: str, at_ms: int, since_ms: int) -> list[SessionRow]:
        """The last ended one that began at or before a time and the first that began after it."""
        return self._ended(_AROUND, {"key": key, "at": at_ms, "since": since_ms})

    def latest(self, key: str, limit: int) -> list[SessionRow]:
        """Ended ones, the last that began first."""
        return self._ended("SELECT * FROM ended WHERE key = ? ORDER BY started_ms DESC LIMIT ?", (key, limit))

    def highest(self, key: str, since_ms: int) -> int:
        """The highest generation of the ended ones that closed at or after `since_ms`, 0 = none."""
        query = "SELECT * FROM ended WHERE key = ? AND closed_ms >= ? ORDER BY generation DESC LIMIT 1"
        return max((row.generation for row in self._ended(query, (key, since_ms))), default=0)

    def find(self, key: str, session_id: str, generation: int | None) -> list[SessionRow]:
        """One ended session or none; without `generation` the one that began last."""
        query = (
            "SELECT * FROM ended WHERE key = ? AND session_id = ? AND coalesce(generation = ?, 1) "
            "ORDER BY started_ms DESC LIMIT 1"
        )
        return self._ended(query, (key, session_id, generation))

    def key_of(self, session_id: str) -> str | None:
        """The key of a session whose id the engine made."""
        query = "SELECT * FROM ended WHERE session_id = ? AND session_id GLOB 'sn_*' LIMIT 1"
        return next((row.key for row in self._ended(query, (session_id,))), None)

    def slim(self, before_ms: int, limit: int) -> int:
        """Drop the state of sessions that closed before a time; of how many."""
        return self._db.execute(SLIM, (before_ms, limit)).rowcount

    def forget(self, before_ms: int, limit: int) -> int:
        """Drop sessions that closed before a time; how many."""
        return self._db.execute(FORGET, (before_ms, limit)).rowcount

    def verify(self, is_over: Callable[[], bool]) -> tuple[int, int]:
        """Read rows until `is_over`; how many live and how many ended sessions that were."""
        live = sum(1 for _ in takewhile(lambda _: not is_over(), self.live()))
        with translated(self._path):
            rows = self._db.execute("SELECT * FROM ended")
            return live, sum(1 for row in takewhile(lambda _: not is_over(), rows) if self._checked(row))

    def _ended(self, query: str, values: Any) -> list[SessionRow]:
        return [self._checked(row) for row in self._rows(query, values)]

    def _rows(self, query: str, values: Any) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, values).fetchall()
        except ERRORS as error:
            raise translation(self._path, error) from error

    def _checked(self, found: tuple[Any, ...]) -> SessionRow:
        row = SessionRow(*found[:8])
        checksum, state_checksum = found[8:] or (None, None)
        if checksum is None and None not in row[:7]:
            return row
        # The type: a byte that changed may have made a blob a text of the same bytes.
        is_blob = row.state is None or isinstance(row.state, bytes)
        if _head_checksum(row) != checksum or not is_blob or _state_checksum(row.state) != state_checksum:
            self._refuse("ended", row.key)
        return row
