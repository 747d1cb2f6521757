"""The alerts that the monitor keeps, and the order in which they changed.

Queries only; `monitor_store.py` owns the connection and its transactions.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from engine.alerting import Alert

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS alerts (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, rule TEXT NOT NULL, state TEXT NOT NULL,
    started_ms INTEGER NOT NULL, version INTEGER NOT NULL, stored_version INTEGER NOT NULL, alert BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alerts_in_order ON alerts (project_id, started_ms, id);
CREATE INDEX IF NOT EXISTS alerts_by_state ON alerts (state, started_ms);
CREATE INDEX IF NOT EXISTS alerts_unstored ON alerts (started_ms) WHERE stored_version < version;
CREATE TABLE IF NOT EXISTS changes (position INTEGER PRIMARY KEY AUTOINCREMENT, alert BLOB NOT NULL);
"""
KEPT_CHANGES: Final = 10_000

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Alert).decode

Place = tuple[int, str]  # (started_ms, id)


class AlertFilter(msgspec.Struct, frozen=True):
    """Newest first: only those after the place `before` in (started_ms desc, id desc)."""

    project_id: str
    state: Literal["", "firing", "resolved"] = ""
    rule: str = ""
    from_ms: int | None = None  # of started_ms
    to_ms: int | None = None
    limit: int = 100
    before: Place | None = None


class Change(msgspec.Struct, frozen=True):
    """An alert as it was after it changed. Positions grow; between two of them may be a hole."""

    position: int
    alert: Alert


class Changes(msgspec.Struct, frozen=True):
    """`position`: ask from here next time. `has_gap`: something after the position asked from is not known any more."""

    position: int
    items: list[Change] = []
    has_gap: bool = False


class AlertRows:
    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, alert: Alert) -> None:
        """The alert as it is now. One version may be put twice."""
        encoded = _encode(alert)
        self._db.execute(
            "INSERT INTO alerts (id, project_id, rule, state, started_ms, version, stored_version, alert)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, ?) ON CONFLICT (id) DO UPDATE SET"
            " state = excluded.state, version = excluded.version, alert = excluded.alert",
            (alert.id, alert.project_id, alert.rule, alert.state, alert.started_ms, alert.version, encoded),
        )
        self._db.execute("INSERT INTO changes (alert) VALUES (?)", (encoded,))

    def get(self, alert_id: str) -> Alert | None:
        row = self._db.execute("SELECT alert FROM alerts WHERE id = ?", (alert_id,)).fetchone()
        return _decode(row[0]) if row else None

    def page(self, wanted: AlertFilter) -> list[Alert]:
        clauses, values = _clauses(wanted)
        sql = f"SELECT alert FROM alerts WHERE {' AND '.join(clauses)} ORDER BY started_ms DESC, id DESC LIMIT ?"
        return [_decode(row) for (row,) in self._db.execute(sql, (*values, wanted.limit)).fetchall()]

    def firing(self) -> list[Alert]:
        rows = self._db.execute("SELECT alert FROM alerts WHERE state = 'firing' ORDER BY started_ms, id")
        return [_decode(row) for (row,) in rows.fetchall()]

    def count(self, state: str) -> int:
        return int(self._db.execute("SELECT count(*) FROM alerts WHERE state = ?", (state,)).fetchone()[0])

    # -- the order of changes -------------------------------------------------------------------------------------

    def changes(self, after: int, limit: int) -> list[Change]:
        rows = self._db.execute(
            "SELECT position, alert FROM changes WHERE position > ? ORDER BY position LIMIT ?", (after, limit)
        )
        return [Change(position, _decode(alert)) for position, alert in rows.fetchall()]

    def positions(self) -> tuple[int, int]:
        """(first, last) of the changes that are kept; (last + 1, last) when none is."""
        first, last = self._db.execute("SELECT min(position), max(position) FROM changes").fetchone()
        if last is None:
            row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
            last = row[0] if row else 0
        return (last + 1 if first is None else first), last

    # -- into the store -------------------------------------------------------------------------------------------

    def unstored(self, limit: int) -> list[Alert]:
        """Those of which the store has no version, or an older one."""
        rows = self._db.execute(
            "SELECT alert FROM alerts WHERE stored_version < version ORDER BY started_ms LIMIT ?", (limit,)
        )
        return [_decode(row) for (row,) in rows.fetchall()]

    def stored(self, versions: Iterable[tuple[str, int]]) -> None:
        """(id, version) that the store has now."""
        self._db.executemany(
            "UPDATE alerts SET stored_version = max(stored_version, ?) WHERE id = ?",
            [(version, alert_id) for alert_id, version in versions],
        )

    # -- bounds ---------------------------------------------------------------------------------------------------

    def trim(self, *, keep: int, before_ms: int) -> list[str]:
        """Forget resolved alerts that began before a time, and the oldest of those beyond `keep` in all; their ids."""
        beyond = max(0, int(self._db.execute("SELECT count(*) FROM alerts").fetchone()[0]) - keep)
        rows = self._db.execute(
            "SELECT id FROM (SELECT id, started_ms, row_number() OVER (ORDER BY started_ms, id) AS place FROM alerts"
            " WHERE state = 'resolved') WHERE started_ms < ? OR place <= ?",
            (before_ms, beyond),
        )
        ids: list[str] = [row[0] for row in rows.fetchall()]
        self._db.executemany("DELETE FROM alerts WHERE id = ?", [(alert_id,) for alert_id in ids])
        self._db.execute(
            "DELETE FROM changes WHERE position <= (SELECT max(position) FROM changes) - ?", (KEPT_CHANGES,)
        )
        return ids


def _clauses(wanted: AlertFilter) -> tuple[Sequence[str], Sequence[int | str]]:
    """Conditions, and their values."""
    chosen: list[tuple[str, int | str | None]] = [
        ("project_id = ?", wanted.project_id),
        ("state = ?", wanted.state or None),
        ("rule = ?", wanted.rule or None),
        ("started_ms >= ?", wanted.from_ms),
        ("started_ms < ?", wanted.to_ms),
    ]
    clauses = [clause for clause, value in chosen if value is not None]
    values = [value for _, value in chosen if value is not None]
    if wanted.before is not None:
        clauses.append("(started_ms, id) < (?, ?)")
        values += wanted.before
    return clauses, values
