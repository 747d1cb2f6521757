"""Links without Ray: shards and store in this process. Ships for tests and tools; the answers are the same."""

from collections.abc import Sequence

from actors.ports import LedgerReport, PersisterStats, ShardAudit, ShardStats
from actors.shard import Shard
from actors.storekeeper import StoreKeeper
from engine.alerting import Alert
from engine.analysis import Summary
from engine.happening import Told
from engine.ledger import Booked
from engine.live import Live, LiveFilter
from engine.slices import Slice
from persistence.ports import EventFilter, EventStats, SessionFilter, StatsFilter, StoredEvent


class LocalShardLink:
    def __init__(self, shard: Shard) -> None:
        self._shard = shard

    async def apply(self, payload: bytes) -> bytes:
        return self._shard.apply(payload)

    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        return self._shard.tick(now_ms, sinks_done_seq)

    async def sweep(self, project_id: str, now_ms: int) -> int:
        return self._shard.sweep(project_id, now_ms)

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        return self._shard.session(project_id, session_id, generation)

    async def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return self._shard.sessions(wanted)

    async def ledger(self, from_ms: int, to_ms: int) -> list[Booked]:
        return self._shard.ledger(from_ms, to_ms)

    async def rules(self) -> bytes:
        return self._shard.rules()

    async def configure(self, book: bytes, now_ms: int) -> int:
        return self._shard.configure(book, now_ms)

    async def happenings(self, after: tuple[int, int] | None, limit: int) -> Told:
        return self._shard.happenings(after, limit)

    async def live(self, wanted: LiveFilter, now_ms: int) -> Live:
        return self._shard.live(wanted, now_ms)

    async def slices(self, acked_seq: int) -> list[Slice]:
        return self._shard.slices(acked_seq)


class LocalStoreLink:
    def __init__(self, keeper: StoreKeeper) -> None:
        self._keeper = keeper

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        return self._keeper.session(project_id, session_id, generation)

    async def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return self._keeper.sessions(wanted)

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        return self._keeper.events(wanted)

    async def stats(self, wanted: StatsFilter) -> EventStats:
        return self._keeper.stats(wanted)

    async def sinks(self) -> list[PersisterStats]:
        return self._keeper.sinks()

    async def ledger(self, from_ms: int, to_ms: int) -> LedgerReport:
        return self._keeper.ledger(from_ms, to_ms)

    async def audit(self, since_ms: int) -> list[ShardAudit]:
        return self._keeper.audit(since_ms)

    async def store_alerts(self, alerts: Sequence[Alert]) -> None:
        self._keeper.store_alerts(alerts)

    async def ping(self) -> None:
        self._keeper.ping()
