"""The ClickHouse store: embedded in the data folder, or a server; the same SQL above both.

Embedded, one process owns the folder. Every method blocks and may be called from several threads.
"""

import io
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from engine.analysis import Summary
from engine.config import ClickHouse
from persistence.audit import audit_of, audit_query
from persistence.connection import ClientPool, open_client
from persistence.lacking import identities, identity, lacking, queries
from persistence.migrations import migrate, shipped_migrations
from persistence.ports import (
    Audit,
    AuditFilter,
    DailyCount,
    EventFilter,
    EventStats,
    Rows,
    SessionFilter,
    StatsFilter,
    StoredEvent,
)
from persistence.queries import (
    Query,
    counts_query,
    events_query,
    refresh_query,
    session_query,
    sessions_query,
    uniques_query,
)
from persistence.store_errors import our_errors
from persistence.stored_events import stored_event
from persistence.summary_rows import summary_of
from persistence.tables import table_named

_MAX_CLIENTS: Final = 4  # one inserts, the others answer queries
_PING_MS: Final = 5_000  # who cannot answer `SELECT 1` in this time cannot work
_CLOSE_MS: Final = 1_000  # for statements under way when the store is closed

# One insert is one block of one thread, or its deduplication token would not cover all of it.
_INSERT_SETTINGS: Final = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    "input_format_null_as_default": 1,
    "max_insert_threads": 1,
    "max_threads": 1,
    "optimize_on_insert": 0,  # merges and FINAL drop duplicates anyway: an eighth less CPU here
    "max_partitions_per_insert_block": 0,  # an import may hold years
}

_AS_INTEGERS: Final = {"DateTime*": "int", "Date*": "int"}


class ClickHouseStore:
    """The `Store` port. `path`: the folder of the embedded database; not used when `config.url` names a server.

    Nothing is opened before the first call. Raises `Wait` while ClickHouse cannot work (unreachable, out of time,
    memory or parts), `OperatorError` when it never will (schema, types, rights), `ClientError` for an answer too large.
    """

    def __init__(self, config: ClickHouse, *, path: str = "") -> None:
        self._config = config
        self._path = path
        self._pool = ClientPool(self._open, limit=_MAX_CLIENTS, wait_ms=config.timeout_ms)
        self._ping_pool = ClientPool(self._open_to_ping, limit=1, wait_ms=_PING_MS)
        self._version = 0  # of the schema; 0 = not brought up to date yet
        self._migration = threading.Lock()

    def migrate(self) -> int:
        with self._migration, our_errors():
            self._version = self._version or self._migrated()
            return self._version

    def _migrated(self) -> int:
        # Not from the pool: those clients have chosen a database, which may not exist yet.
        client = open_client(self._config, path=self._path)
        try:
            return migrate(client, self._config.database, shipped_migrations())
        finally:
            client.close()

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        table_named(table).require(rows.column_names)
        if not rows.num_rows:
            return 0
        with self._pool.client() as client:
            client.raw_insert(
                table,
                rows.column_names,
                _as_block(rows),
                settings={**_INSERT_SETTINGS, "insert_deduplication_token": token},
                fmt="ArrowStream",
            )
        return int(rows.num_rows)

    def lacking(self, table: str, rows: Rows) -> Rows:
        target = table_named(table)
        wanted = identities(target, rows)
        found = [row for query in queries(target, wanted) for row in self._named_rows(query)]
        return lacking(rows, wanted, {identity(target, row): row["highest"] for row in found})

    def refresh_daily(self, days: Sequence[tuple[str, str]]) -> None:
        for (project_id, _), dates in _by_month(days).items():
            query = refresh_query(project_id, dates)
            with self._pool.client() as client:
                client.command(query.sql, parameters=dict(query.parameters), settings=dict(query.settings))

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        found = self._named_rows(session_query(project_id, session_id, generation))
        return summary_of(found[0]) if found else None

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return [summary_of(row) for row in self._named_rows(sessions_query(wanted))]

    def events(self, wanted: EventFilter) -> list[StoredEvent]:
        return [stored_event(row, wanted.fields) for row in self._named_rows(events_query(wanted))]

    def stats(self, wanted: StatsFilter) -> EventStats:
        [(users, sessions)] = self._rows(uniques_query(wanted))
        return _stats(self._rows(counts_query(wanted)), users=users, sessions=sessions)

    def audit(self, wanted: AuditFilter) -> Audit:
        return audit_of(self._named_rows(audit_query(wanted))[0])

    def ping(self) -> None:
        """With a client of its own: it must say how the store is also when all others wait for an answer."""
        with self._ping_pool.client() as client:
            client.query("SELECT 1")

    def close(self) -> None:
        self._ping_pool.close(_CLOSE_MS)
        self._pool.close(_CLOSE_MS)

    def _open(self) -> Client:
        """The schema first: a server that was away at the start is brought up to date when it comes back."""
        self.migrate()
        client = open_client(self._config, path=self._path)
        client.database = self._config.database
        return client

    def _open_to_ping(self) -> Client:
        if not self._config.url:
            self.migrate()  # opens the folder, which must not happen twice at a time
        impatient = msgspec.structs.replace(self._config, timeout_ms=min(self._config.timeout_ms, _PING_MS))
        return open_client(impatient, path=self._path)

    def _rows(self, query: Query) -> Sequence[Sequence[Any]]:
        with self._pool.client() as client:
            found = client.query(query.sql, parameters=dict(query.parameters), settings=dict(query.settings))
            rows: Sequence[Sequence[Any]] = found.result_rows
            return rows

    def _named_rows(self, query: Query) -> list[dict[str, Any]]:
        with self._pool.client() as client:
            found = client.query(
                query.sql,
                parameters=dict(query.parameters),
                settings=dict(query.settings),
                query_formats=_AS_INTEGERS,
            )
            return list(found.named_results())


def _as_block(rows: Rows) -> bytes:
    """An Arrow stream of one batch, which ClickHouse takes as one block."""
    stream = io.BytesIO()
    with pa.ipc.new_stream(stream, rows.schema) as writer:
        writer.write_table(rows.combine_chunks())
    return stream.getvalue()


def _by_month(days: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """{(project, YYYY-MM): dates}: a month is a partition, so each is read once."""
    months: dict[tuple[str, str], list[str]] = defaultdict(list)
    for project_id, date in sorted(set(days)):
        months[project_id, date[:7]].append(date)
    return months


def _stats(counts: Iterable[Sequence[Any]], *, users: int, sessions: int) -> EventStats:
    """`counts`: rows of (start of the interval in ms, event type, count)."""
    by_type: Counter[str] = Counter()
    series: Counter[int] = Counter()
    daily: Counter[tuple[str, str]] = Counter()
    for at_ms, event_type, count in counts:
        by_type[event_type] += count
        series[at_ms] += count
        daily[_date(at_ms), event_type] += count
    return EventStats(
        total=sum(by_type.values()),
        unique_users=users,
        unique_sessions=sessions,
        by_type=sorted(by_type.items(), key=lambda pair: (-pair[1], pair[0])),
        series=sorted(series.items()),
        daily=[DailyCount(event_type=kind, date=date, count=n) for (date, kind), n in sorted(daily.items())],
    )


def _date(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d")
