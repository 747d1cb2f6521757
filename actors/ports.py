"""What the gateway may ask of the engine, however it is run: Ray actors, or all in one process (tests)."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from engine.analysis import Summary
from engine.book import Book
from engine.ledger import Booked
from engine.overlay import Overlay
from engine.wire import BadRow, Control, Event, Reply
from persistence.ports import Audit, EventFilter, EventStats, SessionFilter, StatsFilter, StoredEvent


class ShardStats(msgspec.Struct):
    """What a shard says of itself after each tick. Counters start at zero with the process."""

    shard: int
    epoch: int = 0
    live: int = 0
    last_seq: int = 0
    snapshot_seq: int = 0  # a restart replays the frames after this one
    journal_bytes: int = 0
    free_disk_percent: float = 100.0
    started: int = 0
    ended: dict[str, int] = {}  # by end reason
    late: int = 0
    duplicates: int = 0
    anomalies: dict[str, int] = {}  # by type
    detector_errors: dict[str, int] = {}  # by detector
    findings_dropped: int = 0  # of sessions that hold as many anomalies as they may
    unfolded: dict[str, int] = {}  # events stored and not folded, by reason
    replay_events: int = 0  # a restart would replay about so many
    min_free_disk_percent: float = 0.0  # below it nothing is accepted
    unjudged: int = 0  # events that came later than detectors can go back
    rules_version: int = 1  # of its book of rules
    happenings: int = 0  # kept for the live stream
    happenings_bytes: int = 0
    slices_dropped: int = 0  # counts that the monitor did not take in time


class PersisterStats(msgspec.Struct):
    """What the persister says of one shard and sink."""

    shard: int
    sink: str
    done_seq: int = 0
    lag_frames: int = 0
    lag_ms: int = 0  # age of the oldest frame not yet stored, 0 = none
    rows: dict[str, int] = {}  # by table, since the process started
    errors: int = 0
    last_error: str = ""
    damage: str = ""  # what was found in the journal and only a person can mend


class LedgerReport(msgspec.Struct):
    """Sums of the ledger over whole minutes; `to_ms` None: up to now. `sinks`: every one that there is, also where
    nothing was booked."""

    sinks: list[str]
    booked: list[Booked]
    from_ms: int = 0
    to_ms: int | None = None


class ShardAudit(msgspec.Struct):
    """What a store says about one shard's journal. `sql`: the query that says so."""

    shard: int
    journal_id: str
    audit: Audit
    sql: str


class EngineHealth(msgspec.Struct):
    """`shards`: None = did not answer the last tick."""

    shards: list[ShardStats | None] = []
    sinks: list[PersisterStats] = []
    store_ok: bool = False
    store_error: str = ""
    free_disk_percent: float = 100.0  # where the data lies, also when no shard can say it


class EngineClient(Protocol):
    """One per gateway. Raises `Wait` when the work was not accepted, `ClientError` when it never can be."""

    async def ingest(
        self,
        events: Sequence[Event],
        *,
        controls: Sequence[Control] = (),
        bad_rows: Sequence[BadRow] = (),
    ) -> Reply:
        """Durable when it returns; statuses in the order of `events` and `controls`."""

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None: ...
    async def sessions(self, wanted: SessionFilter) -> list[Summary]: ...
    async def events(self, wanted: EventFilter) -> list[StoredEvent]: ...
    async def stats(self, wanted: StatsFilter) -> EventStats: ...
    async def sweep(self, project_id: str) -> int:
        """End every imported session whose gap has passed in event time; how many ended."""

    async def ledger(self, from_ms: int | None, to_ms: int | None) -> LedgerReport:
        """By receive time, in whole minutes; None = as far as it goes."""

    async def audit(self, from_ms: int | None) -> list[ShardAudit]:
        """Whether the store holds what was sent to it since a time."""

    async def rules(self) -> Book:
        """The newest book of rules that a shard has."""

    async def configure(self, project_id: str, own: Overlay, version: int | None) -> Book:
        """Set what a project has otherwise than configured, in the place of what it had set: durable in all shards when
        it returns, and the same again is harmless. Raises ClientError (400; 409 when `version` is not in force)."""

    def health(self) -> EngineHealth: ...
    def pending_events(self) -> int: ...
    def require_room(self) -> None:
        """To be asked before a body is read. Raises Wait when no events at all can be taken now."""
