"""The ports: what a store must do, and the shapes that queries speak.

Ranges are half-open, `[from_ms, to_ms)`. A cursor is an opaque text: hand back what the last page gave.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

import msgspec

from engine.analysis import Summary

if TYPE_CHECKING:  # most who import this file only ask: they need no Arrow
    import pyarrow as pa

Rows: TypeAlias = "pa.Table"  # rows of one table of the database: a column per column that says something


class SessionFilter(msgspec.Struct, frozen=True):
    project_id: str
    state: Literal["", "live", "ended"] = ""
    user_id: str = ""
    anomaly: str = ""  # an anomaly type
    from_ms: int | None = None  # of started_ms
    to_ms: int | None = None
    limit: int = 100
    # Newest first: only sessions after this place in (started_ms desc, session_id desc, generation desc).
    before: tuple[int, str, int] | None = None

    def page(self, limit: int, before: tuple[int, str, int] | None) -> "SessionFilter":
        return msgspec.structs.replace(self, limit=limit, before=before)


class EventFilter(msgspec.Struct, frozen=True):
    """Raw events of one session (`session_id`), of one user (`user_id`), or of several sessions (`sessions`: each an
    id and a generation; () = of any)."""

    project_id: str
    session_id: str = ""
    generation: int | None = None
    user_id: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    order: Literal["asc", "desc"] = "asc"
    limit: int = 1000
    after: tuple[int, str] | None = None  # place in (at_ms, event_id), in the direction of `order`
    sessions: tuple[tuple[str, int], ...] = ()
    fields: tuple[str, ...] = ()  # which of `StoredEvent.fields` are read, () = all: each costs the store as it is read


class StatsFilter(msgspec.Struct, frozen=True):
    project_id: str
    from_ms: int
    to_ms: int
    interval: Literal["hour", "day"] = "hour"


class StoredEvent(msgspec.Struct):
    """One raw event as stored; `fields` holds every other column that is not empty."""

    event_id: str
    session_id: str
    generation: int
    user_id: str
    event_type: str
    at_ms: int
    payload: str  # JSON text, "" = none
    fields: dict[str, Any] = {}


class DailyCount(msgspec.Struct):
    event_type: str
    date: str  # YYYY-MM-DD, UTC
    count: int


class EventStats(msgspec.Struct):
    total: int
    unique_users: int
    unique_sessions: int
    by_type: list[tuple[str, int]]  # most frequent first
    series: list[tuple[int, int]]  # start of the interval in ms, count
    daily: list[DailyCount]


class AuditFilter(msgspec.Struct, frozen=True):
    """Frames of one journal that a sink has done: those after `after_seq` up to `upto_seq`. Rows are counted of chunks
    that were received since `since_ms`. A chunk that begins earlier was planned by a version that named no journal in
    its rows: it closes a gap, no more."""

    journal_id: str
    after_seq: int
    upto_seq: int
    since_ms: int = 0


class Audit(msgspec.Struct, frozen=True):
    """See `persistence/audit.py`. Runs of frames with both ends included; days as 20260102."""

    ranges: int  # chunks
    first_seq: int
    last_seq: int
    expected: int  # rows of `events` that were sent
    found: int
    doubled: int
    replaced: int
    lost: int
    gaps: list[tuple[int, int]] = []
    repeated: list[tuple[int, int]] = []  # sent twice: the sink's position had been lost
    lost_days: list[tuple[int, int]] = []  # day, rows

    @property
    def is_sound(self) -> bool:
        return not (self.gaps or self.lost or self.doubled)


class Store(Protocol):
    """ClickHouse, or the fake in `persistence/memory.py`. Blocking; safe to call from several threads.

    Every reader sees each event and each session once, whatever was inserted twice, and the highest version only.
    """

    def migrate(self) -> int:
        """Bring the schema up to date; the version it is at now."""

    def insert(self, table: str, rows: Rows, *, token: str) -> int:
        """Insert the rows once: the same `token` again is a no-op. Returns the rows sent."""

    def lacking(self, table: str, rows: Rows) -> Rows:
        """Those of the rows that the table does not hold, in this version or a higher one."""

    def refresh_daily(self, days: Sequence[tuple[str, str]]) -> None:
        """Compute `aggregated_events` again for these (project_id, YYYY-MM-DD)."""

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None: ...
    def sessions(self, wanted: SessionFilter) -> list[Summary]: ...
    def events(self, wanted: EventFilter) -> list[StoredEvent]: ...
    def stats(self, wanted: StatsFilter) -> EventStats: ...
    def audit(self, wanted: AuditFilter) -> Audit:
        """Whether what was sent is there."""

    def ping(self) -> None:
        """Raise if a query cannot be answered now."""

    def close(self) -> None: ...
