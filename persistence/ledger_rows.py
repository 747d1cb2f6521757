"""The rows of the delivery ledger, in a journal or beside the positions of the sinks. Queries only; who owns the file
owns the transactions, so that what is counted and what counts it change together.

Each count stands in the row of its minute and in that of its hour: a month is then some thousand rows to add up, in a
process that also takes events, instead of a quarter of a million.
"""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from engine.ledger import MINUTE_MS, Entry
from persistence.sqlite_errors import translated

HOUR_MS: Final = 60 * MINUTE_MS

# `source`: whose ledger it is, when a file holds several.
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS ledger (
    span_ms INTEGER NOT NULL, start_ms INTEGER NOT NULL, source TEXT NOT NULL, project_id TEXT NOT NULL,
    name TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (span_ms, start_ms, source, project_id, name)
) WITHOUT ROWID
"""
_BEGIN: Final = "CREATE TABLE IF NOT EXISTS ledger_begin (one INTEGER PRIMARY KEY CHECK (one = 1), after_seq INTEGER)"
_HAS_BEGUN: Final = "SELECT 1 FROM sqlite_master WHERE name = 'ledger_begin'"
_ADD: Final = """
INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (span_ms, start_ms, source, project_id, name) DO UPDATE SET count = count + excluded.count
"""
_FORGET: Final = "DELETE FROM ledger WHERE span_ms = ? AND start_ms < ?"
_SOME: Final = """
SELECT project_id, name, count FROM ledger WHERE source = :source AND span_ms = {span_ms}
AND start_ms >= :{first} AND start_ms < :{end}
"""
_SUMS: Final = f"""
SELECT project_id, name, sum(count) FROM (
    {_SOME.format(span_ms=MINUTE_MS, first="from_ms", end="first_hour_ms")}
    UNION ALL {_SOME.format(span_ms=HOUR_MS, first="first_hour_ms", end="end_hour_ms")}
    UNION ALL {_SOME.format(span_ms=MINUTE_MS, first="end_hour_ms", end="to_ms")}
) GROUP BY project_id, name
"""


def begin(db: sqlite3.Connection, last_seq: int) -> int:
    """The frame after which the ledger of a journal counts: the last one of the version that had none. Shard and sinks
    begin at the same frame, or the sinks would have stored what the shard never counted."""
    with db:
        db.execute("BEGIN IMMEDIATE")
        db.execute(SCHEMA)
        db.execute(_BEGIN)
        db.execute("INSERT OR IGNORE INTO ledger_begin VALUES (1, ?)", (last_seq,))
    return began_after(db)


def began_after(db: sqlite3.Connection) -> int:
    """As `begin` said; 0 where it was never called."""
    if db.execute(_HAS_BEGUN).fetchone() is None:
        return 0
    [(after_seq,)] = db.execute("SELECT after_seq FROM ledger_begin")
    return int(after_seq)


class Page(NamedTuple):
    """What is added at once; `forget_before_ms`: minutes that begin before it go, whosever they are."""

    entries: Mapping[Entry, int]
    forget_before_ms: int = 0


NO_PAGE: Final = Page({})


class LedgerRows:
    def __init__(self, db: sqlite3.Connection, path: Path, source: str = "") -> None:
        self._db = db
        self._path = path
        self._source = source

    def write(self, page: Page) -> None:
        for span_ms in (MINUTE_MS, HOUR_MS):
            rows = [
                (span_ms, minute_ms - minute_ms % span_ms, self._source, project_id, name, count)
                for (minute_ms, project_id, name), count in page.entries.items()
            ]
            self._db.executemany(_ADD, rows)
            self._db.execute(_FORGET, (span_ms, page.forget_before_ms))

    def sums(self, from_ms: int, to_ms: int) -> list[tuple[str, str, int]]:
        """(project, name, count) of the minutes that begin in the range."""
        first_hour_ms = min(from_ms + -from_ms % HOUR_MS, to_ms)
        wanted = {
            "source": self._source,
            "from_ms": from_ms,
            "first_hour_ms": first_hour_ms,
            "end_hour_ms": max(first_hour_ms, to_ms - to_ms % HOUR_MS),
            "to_ms": to_ms,
        }
        with translated(self._path):
            return self._db.execute(_SUMS, wanted).fetchall()
