"""Drains the journal of one shard into one store: read, plan, insert, done; one unit of work per `step`.

Nothing is ever skipped: what the store does not take now is sent again, with the same bounds and tokens, until it does.
"""

from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from actors.daily_counts import DailyCounts
from actors.ports import PersisterStats
from engine.config import Journal
from engine.errors import DiskFull, JournalDamaged, OperatorError, Wait
from engine.ledger import forget_before
from persistence.chunk import chunk_of
from persistence.delivery import Delivery
from persistence.flush import FlushRules
from persistence.intake import Intake
from persistence.journal import JournalReader
from persistence.ledger_rows import Page
from persistence.plan import Plan, Source
from persistence.ports import Store
from persistence.retry import Backoff
from persistence.unpacked import Unpacked

_LIMITS: Final = Journal()
_log = structlog.get_logger(__name__)


class Persister:
    """Driven by one thread; `stats` may be called from any. Blocks for the store's answer, never sleeps.

    Holds at most one chunk and one reading beyond it, whatever the journal holds.
    """

    def __init__(
        self,
        *,
        source: Source,
        reader: JournalReader,
        store: Store,
        plan: Plan,
        daily: DailyCounts,
        rules: FlushRules,
        backoff: Backoff,
        limits: Journal = _LIMITS,
    ) -> None:
        self.shard = source.shard
        self._source = source
        self._store = store
        self._plan = plan
        self._daily = daily
        self._rules = rules
        self._backoff = backoff
        self._limits = limits
        self._ledger_after = reader.ledger_after
        self._intake = Intake(reader, shard=source.shard, rules=rules)
        self._backlog = self._intake.backlog
        self._delivery: Delivery | None = None  # planned, and not done
        self._is_resumed = False
        self._done_seq = 0
        self._failures = 0  # in a row
        self._retry_ms = 0
        self._errors = 0
        self._last_error = ""
        self._damage = ""
        self._rows: dict[str, int] = {}
        self._waiting_since_ms: int | None = None  # when the oldest frame came that is not stored
        self._stats = PersisterStats(shard=source.shard, sink=source.sink)

    def step(self, now_ms: int) -> int:
        """One unit of work; when to come again (Unix ms): at once when that is not after `now_ms`."""
        if now_ms >= self._retry_ms and self._advance(now_ms, is_forced=False):
            self._count_days(lambda: self._daily.step(now_ms))
        self._note()
        return self._next_wake_ms(now_ms)

    def look(self, now_ms: int) -> int:
        """While the store is away: see how much waits, send nothing. When to come again."""
        if now_ms >= self._retry_ms:
            self._attempt(lambda: self._read(now_ms), now_ms)
        self._note()
        return now_ms + self._rules.poll_ms

    def retry_now(self) -> None:
        """The store is back: what waited for another attempt need not wait any longer."""
        self._failures = self._retry_ms = 0

    def flush(self, now_ms: int, *, give_up: Callable[[], bool] = lambda: False) -> bool:
        """Store everything that the journal holds. False when the store did not take it or `give_up` said so.

        What is left stays in the journal for the next start.
        """
        before_seq = -1
        while before_seq != self._done_seq:
            before_seq = self._done_seq
            if give_up() or not self._advance(now_ms, is_forced=True):
                self._note()
                return False
        is_counted = self._count_days(self._daily.flush)
        self._note()
        return is_counted

    def failed(self, error: Exception, now_ms: int) -> None:
        """Something unforeseen came out of `step` or `flush`: start over from what is durable, after a long wait."""
        self._start_over(f"{type(error).__name__}: {error}", self._longest_ms(now_ms))
        self._note()

    def stats(self, now_ms: int) -> PersisterStats:
        """As of the last step, but for the age of what waits: a step may take as long as the store lets it wait.
        `last_error` is "" again once the store works again."""
        since_ms = self._waiting_since_ms
        lag_ms = 0 if since_ms is None else max(0, now_ms - since_ms)
        return msgspec.structs.replace(self._stats, lag_ms=lag_ms)

    def close(self) -> None:
        self._intake.close()

    def _advance(self, now_ms: int, *, is_forced: bool) -> bool:
        if not self._attempt(lambda: self._work(now_ms, is_forced=is_forced), now_ms):
            return False
        self._failures = self._retry_ms = 0
        self._last_error = ""
        return True

    def _attempt(self, work: Callable[[], None], now_ms: int) -> bool:
        try:
            work()
        except Wait as error:
            self._failures += 1
            delay_ms = self._backoff.delay_ms(self._failures, self._seed())
            self._back_off(error.message, now_ms + max(delay_ms, error.retry_after_ms))
            return False
        except DiskFull as error:
            # Room can return at any moment; what else a person must repair takes longer.
            self._start_over(error.message, now_ms + self._backoff.delay_ms(1, self._seed()))
            return False
        except OperatorError as error:
            self._damage = error.message if isinstance(error, JournalDamaged) else ""
            self._start_over(error.message, self._longest_ms(now_ms))
            return False
        return True

    def _work(self, now_ms: int, *, is_forced: bool) -> None:
        self._read(now_ms)
        if self._delivery is None and (is_forced or self._backlog.is_due(now_ms)):
            self._plan_next()
        if self._delivery is not None:
            self._note()  # the store may take its time
            self._send(self._delivery)

    def _read(self, now_ms: int) -> None:
        if not self._is_resumed:
            self._resume()
        if self._delivery is None:
            self._intake.read(now_ms)

    def _resume(self) -> None:
        """Begin where the plan says: a chunk that was planned is sent again as it was, stored or not."""
        position = self._plan.position(self._source)
        planned = self._intake.resume(position)
        self._delivery = self._delivery_of(planned, is_resumed=True) if planned else None
        self._done_seq = position.done_seq
        self._is_resumed = True

    def _plan_next(self) -> None:
        frames = self._backlog.next_chunk()
        if not frames:
            return
        delivery = self._delivery_of(frames)
        self._plan.plan(self._source, delivery.chunk.bounds)
        self._delivery = delivery
        self._backlog.drop(frames)

    def _delivery_of(self, frames: list[Unpacked], *, is_resumed: bool = False) -> Delivery:
        return Delivery(
            store=self._store,
            source=self._source,
            chunk=chunk_of(frames),
            max_refusals=self._rules.max_refusals,
            is_resumed=is_resumed,
        )

    def _send(self, delivery: Delivery) -> None:
        delivery.run()
        bounds = delivery.chunk.bounds
        page = Page(delivery.ledger(self._ledger_after), forget_before(delivery.chunk.newest_ms, self._limits))
        self._plan.done(self._source, bounds, delivery.chunk.days, page)
        self._delivery = None
        self._done_seq = bounds.last_seq
        for table, rows in delivery.rows.items():
            self._rows[table] = self._rows.get(table, 0) + rows
        for reason in delivery.refused:
            self._errors += 1
            _log.error("row refused, kept in bad_rows", shard=self._source.shard, reason=reason)

    def _count_days(self, count: Callable[[], None]) -> bool:
        """A failure here does not hold up the rows; `daily` says itself when it tries again."""
        try:
            count()
        except (Wait, OperatorError) as error:
            self._errors += 1
            _log.warning("daily counts failed", sink=self._source.sink, error=error.message)
            return False
        return True

    def _longest_ms(self, now_ms: int) -> int:
        return now_ms + self._backoff.longest_ms(self._seed())

    def _start_over(self, error: str, retry_ms: int) -> None:
        # What is planned and done is looked up again: after a failed commit only the disk knows.
        self._is_resumed = False
        self._back_off(error, retry_ms)

    def _back_off(self, error: str, retry_ms: int) -> None:
        self._retry_ms = retry_ms
        self._errors += 1
        if error != self._last_error:  # an outage is one line, not one for each attempt
            _log.warning("sink does not take rows", shard=self._source.shard, sink=self._source.sink, error=error)
        self._last_error = error

    def _seed(self) -> str:
        return f"{self._source.sink}:{self._source.shard}"

    def _next_wake_ms(self, now_ms: int) -> int:
        if self._retry_ms > now_ms:
            return min(self._retry_ms, now_ms + self._rules.poll_ms)
        if self._backlog.is_due(now_ms):
            return now_ms
        poll_ms = now_ms + self._rules.poll_ms
        oldest_ms = self._backlog.oldest_ms()
        return poll_ms if oldest_ms is None else min(poll_ms, oldest_ms + self._rules.flush_interval_ms)

    def _oldest_ms(self) -> int | None:
        return self._delivery.chunk.oldest_ms if self._delivery else self._backlog.oldest_ms()

    def _note(self) -> None:
        self._waiting_since_ms = self._oldest_ms()
        self._stats = PersisterStats(
            shard=self._source.shard,
            sink=self._source.sink,
            done_seq=self._done_seq,
            lag_frames=max(0, self._intake.last_seq - self._done_seq),
            rows=dict(self._rows),
            errors=self._errors,
            last_error=self._last_error or self._daily.last_error,
            damage=self._damage,
        )
