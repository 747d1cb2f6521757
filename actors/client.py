"""The engine as the gateway sees it: which shard to ask, when to ask the store, what they said last."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import msgspec
import structlog

from actors.link import LinkLost, ShardLink, StoreLink
from actors.listing import merge
from actors.pipe import ShardPipe
from actors.ports import EngineHealth, LedgerReport, PersisterStats, ShardAudit, ShardStats
from actors.questions import Questions
from actors.settling import Settling
from actors.silence import Silence
from engine import slots
from engine.analysis import Summary
from engine.book import Book
from engine.config import Config
from engine.errors import JournalDamaged, SessiondError, Wait
from engine.ledger import DAY_MS, MINUTE_MS, minute_of
from engine.overlay import Overlay
from engine.wire import BadRow, Control, Event, Reply
from persistence.disk import Disk
from persistence.ports import EventFilter, EventStats, SessionFilter, StatsFilter, StoredEvent

_NO_END_MS: Final = 2**62
_SHARD_PAGE: Final = 200  # sessions a shard lists in one call: a longer one would hold up the events behind it

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class Client:
    """Implements `EngineClient` over links. `tick` is called by `ticker.py`, all else by requests of one event loop."""

    def __init__(
        self,
        *,
        shards: Sequence[ShardLink],
        store: StoreLink,
        config: Config,
        now_ms: Callable[[], int],
        disk: Disk | None = None,
    ) -> None:
        self._disk = disk
        self._is_disk_full = False
        self._shards = shards
        self._store = store
        self._config = config
        self._now_ms = now_ms
        timeout_ms = config.clickhouse.timeout_ms
        self._to_shards = [Questions(timeout_ms) for _ in shards]
        self._to_store = Questions(timeout_ms)
        self._settling = Settling(shards, self._to_shards, config, now_ms)
        self._pipes = [ShardPipe(link, config.engine, now_ms) for link in shards]
        self._shard_stats: list[ShardStats | None] = [None] * len(shards)
        self._silences = [Silence() for _ in shards]
        self._sinks: list[PersisterStats] = []
        self._store_error = "not asked yet"
        self._store_is_away = False
        self._damage: JournalDamaged | None = None

    # -- events ---------------------------------------------------------------------------------------------------

    async def ingest(
        self,
        events: Sequence[Event],
        *,
        controls: Sequence[Control] = (),
        bad_rows: Sequence[BadRow] = (),
    ) -> Reply:
        if self._is_disk_full:
            # A shard that had to write would have ended, and its next process waits for room.
            message = "The disk is full; nothing is accepted until there is room."
            raise Wait(message, "disk_full", 5000)
        if len(self._pipes) == 1:
            return await self._pipes[0].send(events, controls, bad_rows)
        return await self._scatter(events, controls, bad_rows)

    async def _scatter(self, events: Sequence[Event], controls: Sequence[Control], bad_rows: Sequence[BadRow]) -> Reply:
        """To every shard its part; the answers put back in the order of the request. Refused whole when a part of it
        could not be taken."""
        by_event = [self._shard_of_event(event) for event in events]
        by_control = [self._shard_of(control.project_id, control.session_id) for control in controls]
        shards = sorted({*by_event, *by_control, *([0] if bad_rows else [])})
        for shard in shards:
            if self._pipes[shard].room.is_full:
                raise self._pipes[shard].room.refusal()
        sent = [
            self._pipes[shard].send(
                [event for event, owner in zip(events, by_event, strict=True) if owner == shard],
                [control for control, owner in zip(controls, by_control, strict=True) if owner == shard],
                bad_rows if shard == shards[0] else (),
            )
            for shard in shards
        ]
        replies = dict(zip(shards, await _settled(sent), strict=True))
        statuses = {shard: iter(reply.statuses) for shard, reply in replies.items()}
        done = {shard: iter(reply.controls) for shard, reply in replies.items()}
        return Reply(bytes(next(statuses[s]) for s in by_event), bytes(next(done[s]) for s in by_control))

    def _shard_of_event(self, event: Event) -> int:
        if event.session_id:
            return self._shard_of(event.project_id, event.session_id)
        slot = slots.slot_of(slots.user_key(event.project_id, event.user_id))
        return slots.shard_of(slot, len(self._shards))

    def _shard_of(self, project_id: str, session_id: str) -> int:
        return slots.shard_of(slots.slot_of_session(project_id, session_id), len(self._shards))

    def pending_events(self) -> int:
        return sum(pipe.room.events for pipe in self._pipes)

    def require_room(self) -> None:
        for pipe in self._pipes:
            if not pipe.room.is_full:
                return
        raise self._pipes[0].room.refusal()

    async def sweep(self, project_id: str) -> int:
        return sum(await asyncio.gather(*(self._sweep(number, project_id) for number in range(len(self._shards)))))

    async def _sweep(self, number: int, project_id: str) -> int:
        now_ms, total = self._now_ms(), 0
        while count := await self._to_shards[number].ask(self._shards[number].sweep(project_id, now_ms)):
            total += count
        return total

    # -- queries --------------------------------------------------------------------------------------------------

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        number = self._shard_of(project_id, session_id)
        asked = self._shards[number].session(project_id, session_id, generation)
        found = await self._to_shards[number].ask(asked)
        return found or await self._stored(lambda: self._store.session(project_id, session_id, generation))

    async def sessions(self, wanted: SessionFilter) -> list[Summary]:
        pages = [self._shard_sessions(number, wanted) for number in range(len(self._shards))]
        if wanted.state != "live":
            pages.append(self._stored(lambda: self._store.sessions(wanted)))
        return merge(await asyncio.gather(*pages), wanted.limit)

    async def _shard_sessions(self, number: int, wanted: SessionFilter) -> list[Summary]:
        found: list[Summary] = []
        before = wanted.before
        while (left := wanted.limit - len(found)) > 0:
            asked = self._shards[number].sessions(wanted.page(min(left, _SHARD_PAGE), before))
            page = await self._to_shards[number].ask(asked)
            found += page
            if len(page) < _SHARD_PAGE:
                break
            before = (page[-1].started_ms, page[-1].session_id, page[-1].generation)
        return found

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        return await self._stored(lambda: self._store.events(wanted))

    async def stats(self, wanted: StatsFilter) -> EventStats:
        return await self._stored(lambda: self._store.stats(wanted))

    async def _stored(self, ask: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What the store answers. While it is known to be away nobody waits for its timeout."""
        if self._store_is_away:
            raise Wait(self._store_error, "store_unavailable")
        return await self._to_store.ask(ask())

    async def ledger(self, from_ms: int | None, to_ms: int | None) -> LedgerReport:
        """The sinks first, so that none has stored what its shard does not speak of."""
        kept_ms = self._now_ms() - self._config.journal.ledger_days * DAY_MS
        first_ms = minute_of(kept_ms if from_ms is None else max(from_ms, kept_ms))
        end_ms = None if to_ms is None else minute_of(to_ms - 1) + MINUTE_MS
        upto_ms = _NO_END_MS if end_ms is None else end_ms
        report = await self._to_store.ask(self._store.ledger(first_ms, upto_ms))
        asked = zip(self._to_shards, self._shards, strict=True)
        pages = await asyncio.gather(*(to.ask(shard.ledger(first_ms, upto_ms)) for to, shard in asked))
        booked = [*report.booked, *(one for page in pages for one in page)]
        return LedgerReport(report.sinks, booked, first_ms, end_ms)

    async def audit(self, from_ms: int | None) -> list[ShardAudit]:
        limits = self._config.session
        known_ms = min(limits.late_ms + limits.remember_ms, self._config.journal.ledger_days * DAY_MS)
        # Beyond it an old event that comes again is a new one for the shard, and replaces its row unnoticed.
        oldest_ms = self._now_ms() - known_ms
        since_ms = oldest_ms if from_ms is None else max(from_ms, oldest_ms)
        return await self._stored(lambda: self._store.audit(since_ms))

    async def rules(self) -> Book:
        return await self._settling.book()

    async def configure(self, project_id: str, own: Overlay, version: int | None) -> Book:
        return await self._settling.put(project_id, own, version)

    # -- looking after it -----------------------------------------------------------------------------------------

    def health(self) -> EngineHealth:
        sinks = [self._with_new_frames(sink) for sink in self._sinks]
        error = self._store_error
        free_percent = self._disk.free_percent() if self._disk else 100.0
        return EngineHealth(list(self._shard_stats), sinks, not error, error, free_percent)

    def _with_new_frames(self, sink: PersisterStats) -> PersisterStats:
        """A persister that waits for its store does not see what comes in meanwhile; the shard says it."""
        shard = self._shard_stats[sink.shard]
        if shard is None:
            return sink
        return msgspec.structs.replace(sink, lag_frames=max(sink.lag_frames, shard.last_seq - sink.done_seq))

    def longest_absence_ms(self) -> int:
        """How long the shard that was silent longest has not answered a tick."""
        return max(silence.absent_ms for silence in self._silences)

    def hung(self) -> list[int]:
        """The shards that are there but have answered nothing for `engine.hang_ms`; each is named once per that time,
        for whoever asks kills it."""
        found = [n for n, silence in enumerate(self._silences) if silence.hung_ms >= self._config.engine.hang_ms]
        for number in found:
            self._silences[number].killed()
        return found

    def damage(self) -> JournalDamaged | None:
        """What a shard or a persister found in a journal. It stays: a person must act, and the server must end."""
        return self._damage

    async def tick(self) -> None:
        """One tick of every shard; those that do not answer in time show as None in `health`."""
        self._is_disk_full = self._disk is not None and self._disk.is_full()
        now_ms = self._now_ms()
        ticks = [self._tick_shard(number, link, now_ms) for number, link in enumerate(self._shards)]
        await asyncio.gather(*ticks)
        self._settling.tick(self._shard_stats)

    async def _tick_shard(self, number: int, link: ShardLink, now_ms: int) -> None:
        limits, silence = self._config.engine, self._silences[number]
        stats, before_ms = None, silence.absent_ms
        try:
            async with asyncio.timeout(limits.call_timeout_ms / 1000):
                stats = await link.tick(now_ms, self._stored_by_all(number))
        except LinkLost:
            silence.lost(limits.tick_ms)
        except TimeoutError:
            silence.timed_out(limits.call_timeout_ms)
        except JournalDamaged as error:
            self._damage = error
        if stats is not None or self._is_disk_full:  # then it waits for room, as every new process would
            silence.answered()
        if silence.absent_ms and not before_ms:
            _log.warning("a shard does not answer", shard=number)
        elif stats is not None and before_ms:
            _log.info("a shard answers again", shard=number, absent_ms=before_ms, epoch=stats.epoch, live=stats.live)
        self._shard_stats[number] = stats

    def _stored_by_all(self, shard: int) -> int:
        return min((sink.done_seq for sink in self._sinks if sink.shard == shard), default=0)

    async def ask_store(self) -> None:
        """Ask the persisters how they are, and what the store's process knows of the store."""
        error, is_away = "", False
        try:
            async with asyncio.timeout(self._config.engine.call_timeout_ms / 1000):
                self._sinks = await self._store.sinks()
                self._look_for_damage()
                await self._store.ping()
        except (LinkLost, TimeoutError):
            error = "The store process does not answer."
        except SessiondError as failure:
            error, is_away = failure.message, True
            if isinstance(failure, JournalDamaged):
                self._damage = failure
        self._store_error, self._store_is_away = error, is_away

    def _look_for_damage(self) -> None:
        for sink in self._sinks:
            if sink.damage:
                self._damage = JournalDamaged(sink.damage)

    async def close(self) -> None:
        await self._settling.close()
        await asyncio.gather(*(pipe.close() for pipe in self._pipes))
        await asyncio.gather(*(questions.close() for questions in (*self._to_shards, self._to_store)))


async def _settled(sends: Sequence[Coroutine[Any, Any, Reply]]) -> list[Reply]:
    """All replies, or a Wait when every part has its outcome: who sends again must not meet a part still under way."""
    outcomes = await asyncio.gather(*sends, return_exceptions=True)
    replies = [outcome for outcome in outcomes if isinstance(outcome, Reply)]
    for outcome in outcomes:
        if isinstance(outcome, Wait) and replies:
            message = f"{outcome.message} A part of the request was taken: send all of it again."
            raise Wait(message, outcome.code, outcome.retry_after_ms, outcome.status)
        if isinstance(outcome, BaseException):
            raise outcome
    return replies
