"""A store in memory that ships: for tests, for trying things out, and for rehearsing failures.

It passes the same contract suite as ClickHouse. It keeps every row; nothing here is durable.
"""

import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec

from engine.analysis import Summary
from persistence import memory_audit
from persistence.columns import plain
from persistence.lacking import Identity, identities, identity, lacking
from persistence.ports import (
    Audit,
    AuditFilter,
    DailyCount,
    EventFilter,
    EventStats,
    Rows,
    SessionFilter,
    StatsFilter,
    Store,
    StoredEvent,
)
from persistence.stored_events import stored_event
from persistence.summary_rows import DAY_MS, summary_of
from persistence.table import Table
from persistence.tables import TABLES, default_of, table_named

Row = dict[str, Any]

HOUR_MS: Final = 3_600_000
INTERVAL_MS: Final = {"hour": HOUR_MS, "day": DAY_MS}


class MemoryStore:
    """The `Store` port over dictionaries. `token_window`: how many tokens a table remembers, as the database does."""

    def __init__(self, *, token_window: int = 10_000) -> None:
        self._lock = threading.Lock()
        self._rows: dict[str, dict[object, Row]] = {name: {} for name in TABLES}
        self._tokens: dict[str, deque[str]] = {name: deque(maxlen=token_window) for name in TABLES}

    def migrate(self) -> int:
        return 1

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        target = table_named(table)
        target.require(rows.column_names)
        with self._lock:
            if rows.num_rows and token not in self._tokens[table]:
                self._tokens[table].append(token)
                self._add(target, _filled(target, rows))
        return int(rows.num_rows)

    def lacking(self, table: str, rows: Rows) -> Rows:
        target = table_named(table)
        found: dict[Identity, int] = {}
        with self._lock:
            for row in self._rows[table].values():
                key, version = identity(target, row), row[target.version] if target.version else 0
                found[key] = max(version, found.get(key, -1))
        return lacking(rows, identities(target, rows), found)

    def refresh_daily(self, days: Sequence[tuple[str, str]]) -> None:
        with self._lock:
            wanted = {(project_id, _day_of(date)) for project_id, date in days}
            counts = Counter(
                (row["project_id"], row["timestamp"] // DAY_MS, row["event_type"])
                for row in self._rows["events"].values()
            )
            daily = self._rows["aggregated_events"]
            for key in [key for key, row in daily.items() if (row["project_id"], row["date"]) in wanted]:
                del daily[key]
            for (project_id, day, event_type), count in counts.items():
                if (project_id, day) in wanted:
                    row = {"project_id": project_id, "date": day, "event_type": event_type, "count": count}
                    daily[project_id, day, event_type] = row

    def rows(self, table: str) -> list[Row]:
        """What a reader of `table` sees: each key once. For tests."""
        with self._lock:
            return list(self._rows[table].values())

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        found = [
            row
            for row in self.rows("sessions")
            if (row["project_id"], row["session_id"]) == (project_id, session_id)
            and generation in (None, row["generation"])
        ]
        return summary_of(max(found, key=lambda row: int(row["generation"]))) if found else None

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        found = [row for row in self.rows("sessions") if _session_matches(row, wanted)]
        found.sort(key=_session_place, reverse=True)
        return [summary_of(row) for row in found[: wanted.limit]]

    def events(self, wanted: EventFilter) -> list[StoredEvent]:
        found = [row for row in self.rows("events") if _event_matches(row, wanted)]
        found.sort(key=_event_place, reverse=wanted.order == "desc")
        return [stored_event(row, wanted.fields) for row in found[: wanted.limit]]

    def stats(self, wanted: StatsFilter) -> EventStats:
        found = [
            row
            for row in self.rows("events")
            if row["project_id"] == wanted.project_id and _is_within(row["timestamp"], wanted.from_ms, wanted.to_ms)
        ]
        by_type = Counter(row["event_type"] for row in found)
        step_ms = INTERVAL_MS[wanted.interval]
        daily = Counter((_date(row["timestamp"]), row["event_type"]) for row in found)
        return EventStats(
            total=len(found),
            unique_users=len({row["user_id"] for row in found if row["user_id"]}),
            unique_sessions=len({(row["session_id"], row["generation"]) for row in found}),
            by_type=sorted(by_type.items(), key=lambda pair: (-pair[1], pair[0])),
            series=sorted(Counter(row["timestamp"] // step_ms * step_ms for row in found).items()),
            daily=[DailyCount(event_type=kind, date=date, count=n) for (date, kind), n in sorted(daily.items())],
        )

    def audit(self, wanted: AuditFilter) -> Audit:
        return memory_audit.audit(self.rows("deliveries"), self.rows("events"), wanted)

    def ping(self) -> None:
        """Always there."""

    def close(self) -> None:
        """Nothing to release."""

    def _add(self, table: Table, rows: Iterable[Row]) -> None:
        kept = self._rows[table.name]
        for row in rows:
            key: object = tuple(row[name] for name in table.key) if table.key else len(kept)
            old = kept.get(key)
            if old is None or row[table.version] >= old[table.version]:
                kept[key] = row


class Failure(msgspec.Struct, frozen=True):
    """`when="after"`: the rows are stored and the answer is lost, which the caller cannot tell from `before`.
    `torn`: the token is known from then on, and the rows are not there, as in a database that was killed meanwhile."""

    error: Exception
    when: Literal["before", "after", "torn"] = "before"


class FailingStore:
    """A store whose next writes (`insert`, `refresh_daily`) fail as told, one entry per call; None = that one works."""

    def __init__(self, store: Store, *, failures: Iterable[Failure | None] = ()) -> None:
        self._store = store
        self._failures = deque(failures)
        self._torn: set[tuple[str, str]] = set()  # tables and tokens

    def fail_next(self, *failures: Failure | None) -> None:
        self._failures.extend(failures)

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        failure = self._next()
        _raise_if(failure, "before")
        if failure is not None and failure.when == "torn":
            self._torn.add((table, token))
            raise failure.error
        stored = rows.num_rows if (table, token) in self._torn else self._store.insert(table, rows, token=token)
        _raise_if(failure, "after")
        return stored

    def lacking(self, table: str, rows: Rows) -> Rows:
        return self._store.lacking(table, rows)

    def refresh_daily(self, days: Sequence[tuple[str, str]]) -> None:
        failure = self._next()
        _raise_if(failure, "before")
        self._store.refresh_daily(days)
        _raise_if(failure, "after")

    def migrate(self) -> int:
        return self._store.migrate()

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        return self._store.session(project_id, session_id, generation)

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return self._store.sessions(wanted)

    def events(self, wanted: EventFilter) -> list[StoredEvent]:
        return self._store.events(wanted)

    def stats(self, wanted: StatsFilter) -> EventStats:
        return self._store.stats(wanted)

    def audit(self, wanted: AuditFilter) -> Audit:
        return self._store.audit(wanted)

    def ping(self) -> None:
        self._store.ping()

    def close(self) -> None:
        self._store.close()

    def _next(self) -> Failure | None:
        return self._failures.popleft() if self._failures else None


def _raise_if(failure: Failure | None, when: str) -> None:
    if failure is not None and failure.when == when:
        raise failure.error


def _filled(table: Table, rows: Rows) -> Iterator[Row]:
    defaults = {name: default_of(kind) for name, kind in table.columns.items()}
    for row in plain(rows):
        yield defaults | {name: value for name, value in row.items() if value is not None}


def _day_of(date: str) -> int:
    """Days since 1970-01-01, as the type Date counts."""
    return int(datetime.fromisoformat(date).replace(tzinfo=UTC).timestamp() * 1000) // DAY_MS


def _date(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")


def _is_within(at_ms: int, from_ms: int | None, to_ms: int | None) -> bool:
    return (from_ms is None or at_ms >= from_ms) and (to_ms is None or at_ms < to_ms)


def _session_place(row: Row) -> tuple[int, str, int]:
    return row["started_at"], row["session_id"], row["generation"]


def _session_matches(row: Row, wanted: SessionFilter) -> bool:
    return (
        row["project_id"] == wanted.project_id
        and wanted.state in ("", row["state"])
        and wanted.user_id in ("", row["user_id"])
        and (not wanted.anomaly or wanted.anomaly in row["anomaly_types"])
        and _is_within(row["started_at"], wanted.from_ms, wanted.to_ms)
        and (wanted.before is None or _session_place(row) < wanted.before)
    )


def _event_place(row: Row) -> tuple[int, str]:
    return row["timestamp"], row["event_id"]


def _event_matches(row: Row, wanted: EventFilter) -> bool:
    return (
        row["project_id"] == wanted.project_id
        and wanted.session_id in ("", row["session_id"])
        and wanted.generation in (None, row["generation"])
        and wanted.user_id in ("", row["user_id"])
        and (not wanted.sessions or (row["session_id"], row["generation"]) in wanted.sessions)
        and _is_within(row["timestamp"], wanted.from_ms, wanted.to_ms)
        and _is_after(_event_place(row), wanted)
    )


def _is_after(place: tuple[int, str], wanted: EventFilter) -> bool:
    if wanted.after is None:
        return True
    return place > wanted.after if wanted.order == "asc" else place < wanted.after
