"""The processes on a data folder, as they would run: when one ends, what is left of it is on the disk."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from actors.daily_counts import DailyCounts
from actors.persister import Persister
from actors.shard import Shard
from engine.config import Config
from engine.errors import SessiondError
from persistence.flush import FlushRules
from persistence.journal import Connect, Journal, JournalReader
from persistence.plan import Plan, Source
from persistence.ports import Store
from persistence.retry import Backoff
from tests.simulation.connection import Bindings, Rows
from tests.simulation.disk import Process

_SINK: Final = "clickhouse"
# Small, so that a few events make several runs, chunks and readings.
_RULES: Final = FlushRules(
    flush_rows=4, flush_interval_ms=1_000, max_chunk_rows=6, max_run_rows=3, read_frames=3, poll_ms=100
)


class Place(NamedTuple):
    """Where and how a process runs. `connect`: on the fake disk, as this process."""

    process: Process
    folder: Path
    connect: Connect


class ShardProcess:
    """Raises what ends the process while it starts."""

    def __init__(self, place: Place, config: Config, now_ms: int, free_disk_percent: Callable[[], float]) -> None:
        self.process = place.process
        self.journal = Journal(place.folder, connect=place.connect)
        self._is_closed = False
        try:
            self.shard = Shard(
                number=0, journal=self.journal, config=config, now_ms=now_ms, free_disk_percent=free_disk_percent
            )
        except SessiondError:
            raise  # the shard has closed its journal
        except BaseException:
            self.journal.close()
            raise

    def stop(self) -> None:
        """In order."""
        self.shard.close()
        self._is_closed = True

    def end(self) -> None:
        """However it came to it: the kernel takes back what it held."""
        self.process.kill()
        if not self._is_closed:
            self.journal.close()


class PersisterProcess:
    def __init__(self, place: Place, store: Store, connect_to_read: Connect) -> None:
        self.process = place.process
        self._plan = Plan(place.folder / "sinks.db", connect=place.connect)
        try:
            reader = JournalReader(place.folder, connect=connect_to_read)
        except SessiondError:
            self._plan.close()
            raise
        self.persister = Persister(
            source=Source(_SINK, 0, reader.journal_id),
            reader=reader,
            store=store,
            plan=self._plan,
            daily=DailyCounts(sink=_SINK, plan=self._plan, store=store, interval_ms=60_000),
            rules=_RULES,
            backoff=Backoff(min_ms=1, max_ms=4),
        )

    def step(self, now_ms: int) -> None:
        """As the loop of the persisters does it."""
        try:
            self.persister.step(now_ms)
        except sqlite3.Error as error:
            self.persister.failed(error, now_ms)

    def end(self) -> None:
        self.process.kill()
        self._plan.close()


class ReadConnection:
    """A reader's own connection, which on this disk is the writer's; without a writer nothing can be read."""

    def __init__(self, writer: Callable[[], ShardProcess | None]) -> None:
        self._writer = writer

    def execute(self, sql: str, bindings: Bindings = ()) -> Rows:
        shard = self._writer()
        if shard is None or shard.process.is_dead:
            message = "unable to open database file"
            raise sqlite3.OperationalError(message)
        db: Any = shard.journal._db
        rows: Rows = db.execute(sql, bindings)
        return rows

    def close(self) -> None:
        """The writer's stays open."""


def connect_to_read(writer: Callable[[], ShardProcess | None]) -> Connect:
    return lambda _: cast(sqlite3.Connection, ReadConnection(writer))
