"""The process that owns the store: the persisters that fill it and the queries that read it. A plain class;
`shells.py` gives it a process. Embedded ClickHouse lets one process open its folder, so both must live here.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from actors.daily_counts import DailyCounts
from actors.persister import Persister
from actors.persister_loop import PersisterLoop
from actors.ports import LedgerReport, PersisterStats, ShardAudit
from actors.pulse import Pulse
from engine.alerting import Alert
from engine.analysis import Summary
from engine.config import Config
from engine.ledger import Booked
from persistence.again import insert_again
from persistence.alert_columns import alerts_columns, token_of
from persistence.alert_table import ALERTS
from persistence.audit import audit_sql
from persistence.columns import typed
from persistence.flush import flush_rules
from persistence.journal import JournalReader
from persistence.plan import Plan, Source
from persistence.ports import AuditFilter, EventFilter, EventStats, SessionFilter, StatsFilter, Store, StoredEvent
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
        self._sources: list[tuple[Source, int]] = []  # and the frame after which its ledger begins
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
        source = Source(SINK, shard, reader.journal_id)
        self._sources.append((source, reader.ledger_after))
        return Persister(
            source=source,
            reader=reader,
            store=self._store,
            plan=self._plan,
            daily=daily,
            rules=flush_rules(limits),
            backoff=Backoff(limits.retry_min_ms, limits.retry_max_ms),
            limits=config.journal,
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

    def ledger(self, from_ms: int, to_ms: int) -> LedgerReport:
        """What was stored of the frames that were received in the minutes of the range."""
        with self._plan.reader() as plan:
            booked = [
                Booked(source.shard, source.sink, *sums)
                for source, _ in self._sources
                for sums in plan.ledger(source, from_ms, to_ms)
            ]
        return LedgerReport([SINK], booked)

    def audit(self, since_ms: int) -> list[ShardAudit]:
        return [self._audit(source, after_seq, since_ms) for source, after_seq in self._sources]

    def _audit(self, source: Source, after_seq: int, since_ms: int) -> ShardAudit:
        """The position first: all that was done by then has to be there."""
        with self._plan.reader() as plan:
            upto_seq = plan.position(source).done_seq
        wanted = AuditFilter(source.journal_id, after_seq, upto_seq, since_ms)
        return ShardAudit(source.shard, source.journal_id, self._store.audit(wanted), audit_sql(wanted))

    def store_alerts(self, alerts: Sequence[Alert]) -> None:
        """Twice is once. Raises `Wait` while the store is away, at once when that is known."""
        self._pulse.check()
        # They are few, and this may be a retry.
        insert_again(self._store, "alerts", typed(ALERTS, alerts_columns(alerts)), token=token_of(alerts))

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
