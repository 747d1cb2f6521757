"""An engine in memory: remembers what it got, knows event ids, and answers what a test put in."""

from collections.abc import Sequence

from actors.ports import EngineHealth, LedgerReport, PersisterStats, ShardAudit, ShardStats
from engine.analysis import Summary
from engine.book import Book, Configured
from engine.errors import Wait
from engine.overlay import Overlay
from engine.wire import ACCEPTED, DUPLICATE, BadRow, Control, Event, Reply
from persistence.ports import EventFilter, EventStats, SessionFilter, StatsFilter, StoredEvent


class FakeEngine:
    """`error` is raised by every call; `late` names event ids and the status they get."""

    def __init__(self) -> None:
        self.got: list[Event] = []
        self.bad_rows: list[BadRow] = []
        self.controls: list[Control] = []
        self.summaries: list[Summary] = []
        self.stored: list[StoredEvent] = []
        self.late: dict[str, int] = {}
        self.error: Exception | None = None
        self.full: Wait | None = None
        self.wanted_sessions: list[SessionFilter] = []
        self.wanted_events: list[EventFilter] = []
        self.wanted_stats: list[StatsFilter] = []
        self.wanted_ledger: list[tuple[int | None, int | None]] = []
        self.report = LedgerReport(["clickhouse"], [])
        self.audits: list[ShardAudit] = []
        self.numbers = EventStats(0, 0, 0, [], [], [])
        self.book = Book()
        self.configured_with: list[tuple[str, Overlay, int | None]] = []
        self.state = EngineHealth(
            shards=[ShardStats(shard=0, live=3)], sinks=[PersisterStats(shard=0, sink="clickhouse")], store_ok=True
        )

    async def ingest(
        self, events: Sequence[Event], *, controls: Sequence[Control] = (), bad_rows: Sequence[BadRow] = ()
    ) -> Reply:
        self._fail()
        statuses = bytes(self._take(event) for event in events)
        self.bad_rows += bad_rows
        self.controls += controls
        return Reply(statuses, bytes(self._obey(control) for control in controls))

    def _take(self, event: Event) -> int:
        if any(known.event_id == event.event_id for known in self.got):
            return DUPLICATE
        self.got.append(event)
        return self.late.get(event.event_id, ACCEPTED)

    def _obey(self, control: Control) -> bool:
        if control.kind == "open":
            return True
        return any(event.session_id == control.session_id for event in self.got)

    def _fail(self) -> None:
        if self.error is not None:
            raise self.error

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        self._fail()
        found = [s for s in self.summaries if s.session_id == session_id and generation in (None, s.generation)]
        return max(found, key=lambda summary: summary.generation, default=None)

    async def sessions(self, wanted: SessionFilter) -> list[Summary]:
        self.wanted_sessions.append(wanted)
        newest = sorted(self.summaries, key=_place, reverse=True)
        return [s for s in newest if wanted.before is None or _place(s) < wanted.before][: wanted.limit]

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        self.wanted_events.append(wanted)
        found = sorted(self.stored, key=lambda event: (event.at_ms, event.event_id))
        after = [e for e in found if wanted.after is None or (e.at_ms, e.event_id) > wanted.after]
        return [e for e in after if e.session_id == wanted.session_id or e.user_id == wanted.user_id][: wanted.limit]

    async def stats(self, wanted: StatsFilter) -> EventStats:
        self.wanted_stats.append(wanted)
        return self.numbers

    async def sweep(self, project_id: str) -> int:
        self._fail()
        return 7

    async def ledger(self, from_ms: int | None, to_ms: int | None) -> LedgerReport:
        self._fail()
        self.wanted_ledger.append((from_ms, to_ms))
        return self.report

    async def audit(self, from_ms: int | None) -> list[ShardAudit]:
        self._fail()
        self.wanted_ledger.append((from_ms, None))
        return self.audits

    async def rules(self) -> Book:
        self._fail()
        return self.book

    async def configure(self, project_id: str, own: Overlay, version: int | None) -> Book:
        self._fail()
        self.configured_with.append((project_id, own, version))
        self.book = Configured().put(self.book, project_id, own)
        return self.book

    def health(self) -> EngineHealth:
        return self.state

    def pending_events(self) -> int:
        return 5

    def require_room(self) -> None:
        if self.full is not None:
            raise self.full


def _place(summary: Summary) -> tuple[int, str, int]:
    return (summary.started_ms, summary.session_id, summary.generation)
