"""The rows of the plain service on their way into ClickHouse: a list in memory, inserted from a background task."""

import asyncio
import contextlib
from datetime import datetime
from typing import Any, Final, NamedTuple

import clickhouse_connect

FULL_ROWS: Final = 1_000
INTERVAL_S: Final = 5.0
_CREATE: Final = """
CREATE TABLE events (
    event_id String, session_id String, user_id String, event_type LowCardinality(String),
    timestamp DateTime64(3, 'UTC'), url String, path String,
    title String, referrer String, screen_name String, payload String
) ENGINE = MergeTree PARTITION BY toYYYYMM(timestamp) ORDER BY (session_id, timestamp)
"""


class TableRow(NamedTuple):
    event_id: str
    session_id: str
    user_id: str
    event_type: str
    timestamp: datetime
    url: str
    path: str
    title: str
    referrer: str
    screen_name: str
    payload: str


class Table:
    """`add` never waits. `run` is the background task: it inserts what is there when there are FULL_ROWS, and every
    INTERVAL_S; more when an insert took so long that more have gathered."""

    def __init__(self, folder: str) -> None:
        self._client: Any = clickhouse_connect.get_client(interface="chdb", path=folder)
        self._client.command(_CREATE)
        self._waiting: list[TableRow] = []
        self._full = asyncio.Event()
        self._lock = asyncio.Lock()  # one statement at a time

    def add(self, rows: list[TableRow]) -> None:
        self._waiting += rows
        if len(self._waiting) >= FULL_ROWS:
            self._full.set()

    async def run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):  # a few rows must not wait longer either
                await asyncio.wait_for(self._full.wait(), INTERVAL_S)
            async with self._lock:
                await self._flush()

    async def _flush(self) -> None:
        rows, self._waiting = self._waiting, []
        self._full.clear()
        if rows:
            await asyncio.to_thread(self._client.insert, "events", rows, column_names=TableRow._fields)

    async def counts(self) -> dict[str, int]:
        """What is stored, after everything that waited."""
        async with self._lock:
            await self._flush()
            found = await asyncio.to_thread(self._client.query, "SELECT count(), uniqExact(session_id) FROM events")
        total, sessions = found.result_rows[0]
        return {"total": total, "unique_sessions": sessions}
