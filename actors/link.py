"""The ways to a shard and to the store, whatever lies between: a Ray call, or a plain call in the same process."""

from collections.abc import Sequence
from typing import Protocol

from actors.ports import LedgerReport, PersisterStats, ShardAudit, ShardStats
from engine.alerting import Alert
from engine.analysis import Summary
from engine.happening import Told
from engine.ledger import Booked
from engine.live import Live, LiveFilter
from engine.slices import Slice
from persistence.ports import EventFilter, EventStats, SessionFilter, StatsFilter, StoredEvent


class LinkLost(Exception):
    """No answer: the other side died, hangs or restarts. Whether the call was done is unknown."""


class ShardLink(Protocol):
    """Calls run one at a time, in the order they were made. Any of them may raise LinkLost."""

    async def apply(self, payload: bytes) -> bytes:
        """`Shard.apply`; raises Wait and BatchGap as it does."""

    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats: ...
    async def sweep(self, project_id: str, now_ms: int) -> int:
        """`Shard.sweep`: some at a time, 0 = there are no more."""

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None: ...
    async def sessions(self, wanted: SessionFilter) -> list[Summary]: ...
    async def ledger(self, from_ms: int, to_ms: int) -> list[Booked]: ...
    async def rules(self) -> bytes:
        """`Shard.rules`: its book."""

    async def configure(self, book: bytes, now_ms: int) -> int:
        """`Shard.configure`: take this book if it is newer; the version of the one it has then."""

    async def happenings(self, after: tuple[int, int] | None, limit: int) -> Told: ...
    async def live(self, wanted: LiveFilter, now_ms: int) -> Live: ...

    async def slices(self, acked_seq: int) -> list[Slice]:
        """`Shard.slices`: what the monitor has not acked."""


class StoreLink(Protocol):
    """Queries, and what the persisters say of themselves. Raises Wait and LinkLost."""

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None: ...
    async def sessions(self, wanted: SessionFilter) -> list[Summary]: ...
    async def events(self, wanted: EventFilter) -> list[StoredEvent]: ...
    async def stats(self, wanted: StatsFilter) -> EventStats: ...
    async def sinks(self) -> list[PersisterStats]: ...
    async def ledger(self, from_ms: int, to_ms: int) -> LedgerReport: ...
    async def audit(self, since_ms: int) -> list[ShardAudit]: ...
    async def store_alerts(self, alerts: Sequence[Alert]) -> None: ...
    async def ping(self) -> None: ...
