"""The process that owns the store: the persisters that fill it and the queries that read it. A plain class;
`remote.py` gives it a process. Embedded ClickHouse lets one process open its folder, so both must live here.
"""

from collections.abc import Callable
from pathlib import Path

from actors.daily_counts import DailyCounts
from actors.persister import Persister
from actors.persister_loop import PersisterLoop
from actors.ports import PersisterStats
from actors.pulse import Pulse
from engine.config import Config
from engine.wire import Summary
from persistence.flush import flush_rules
from persistence.journal import JournalReader
from persistence.plan import Plan, Source
from persistence.ports import EventFilter, EventStats, SessionFilter, StatsFilter, Store, StoredEvent
from persistence.retry import Backoff

SINK = "clickhouse"


class StoreKeeper:
    """Any number of threads may query. `journals`: the folder of each shard, in order."""

    def __init__(
        self, *, store: Store, plan: Plan, journals: list[Path], config: Config, clock: Callable[[], int]
    ) -> None:
        self._store = store
        self._plan = plan
        limits = config.clickhouse
        daily = DailyCounts(sink=SINK, plan=plan, store=store, interval_ms=limits.aggregate_interval_ms)
        self._persisters = [
            self._persister(shard, JournalReader(folder), daily, config) for shard, folder in enumerate(journals)
        ]
        self._loop = PersisterLoop(
            persisters=self._persisters, clock=clock, is_away=lambda: bool(self._pulse.trouble())
        )
        self._pulse = Pulse(store=store, clock=clock, on_return=self._loop.retry_now)
        self._pulse.start()
        self._loop.start()

    def _persister(self, shard: int, reader: JournalReader, daily: DailyCounts, config: Config) -> Persister:
        limits = config.clickhouse
        return Persister(
            source=Source(SINK, shard, reader.journal_id),
            reader=reader,
            store=self._store,
            plan=self._plan,
            daily=daily,
            rules=flush_rules(limits),
            backoff=Backoff(limits.retry_min_ms, limits.retry_max_ms),
        )

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        return self._store.session(project_id, session_id, generation)

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return self._store.sessions(wanted)

    def events(self, wanted: EventFilter) -> list[StoredEvent]:
        return self._store.events(wanted)

    def stats(self, wanted: StatsFilter) -> EventStats:
        return self._store.stats(wanted)

    def sinks(self) -> list[PersisterStats]:
        return self._loop.stats()

    def ping(self) -> None:
        """Raises `Wait` when the store does not answer; says so at once, because it was asked before."""
        self._pulse.check()

    def close(self, timeout_ms: int) -> None:
        """Store what the journals hold, for at most `timeout_ms`, and let go of everything."""
        self._pulse.stop()
        if not self._loop.stop(timeout_ms):
            return  # an insert is still under way: what it uses stays open, and the process ends with it
        for persister in self._persisters:
            persister.close()
        self._store.close()
        self._plan.close()
