"""Carries what the shards counted to the monitor, once a second, and its alerts into the store; asks it for requests.

Nothing here is on the way of events: a monitor that is away costs nobody an ack, its counts wait in the shards.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from actors.alert_ports import AlertRecord, MonitorHealth, MonitorStats
from actors.link import LinkLost, ShardLink, StoreLink
from actors.monitor_link import MonitorLink
from actors.questions import Questions
from actors.silence import Silence
from engine.config import Engine
from engine.errors import SessiondError
from engine.slices import Slice
from persistence.alert_rows import AlertFilter, Changes

_FEED_S: Final = 1.0
_STORE_S: Final = 5.0
_STORE_ALERTS: Final = 500  # in one insert
_AWAY: Final = "The monitor does not answer; what it has to count waits in the shards."

_log = structlog.get_logger(__name__)


class Feeder:
    """Implements `Alerts`. `start` in a running event loop, once the shards are there; `stop` before they end."""

    def __init__(
        self,
        *,
        shards: Sequence[ShardLink],
        store: StoreLink,
        monitor: MonitorLink,
        limits: Engine,
        now_ms: Callable[[], int],
    ) -> None:
        self._shards = shards
        self._store = store
        self._monitor = monitor
        self._limits = limits
        self._now_ms = now_ms
        self._questions = Questions(limits.call_timeout_ms)
        self._acked_seqs = [0] * len(shards)
        self._silence = Silence()
        self._health = MonitorHealth(is_on=True, error="The monitor has not answered yet.")
        self._tasks: list[asyncio.Task[None]] = []
        self._fault = ""
        self._position = 0
        self._answered = asyncio.Event()

    def start(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._feed_on()), loop.create_task(self._store_on())]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._questions.close()

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """By `stop`, or by something that nobody foresaw, which must not go unseen."""
        if not task.cancelled():
            self._fault = "The monitor is fed no more: an error that is in the log; restart the server."
            _log.error("the monitor is fed no more", exc_info=task.exception())

    async def _feed_on(self) -> None:
        while True:
            await asyncio.sleep(0 if await self.feed() else _FEED_S)

    async def _store_on(self) -> None:
        while True:
            await asyncio.sleep(_STORE_S)
            await self.store()

    # -- counts ---------------------------------------------------------------------------------------------------

    async def feed(self) -> bool:
        """One round; whether shards hold more than they gave."""
        numbers = range(len(self._shards))
        pages = await asyncio.gather(*(self._slices(number) for number in numbers))
        stats = await self._fed([one for page in pages for one in page])
        if stats is None:
            self._health.lag_ms = self._lag_ms(pages)
            return False
        self._health.stats, self._health.error, self._health.lag_ms = stats, "", 0
        self._position = stats.position
        self._answered.set()
        for number, page in enumerate(pages):
            if page:
                self._acked_seqs[number] = page[-1].upto_seq
        return any(len(page) > 1 for page in pages)

    async def _slices(self, number: int) -> Sequence[Slice]:
        """Nothing of a shard that is away: its counts come when it is back."""
        try:
            async with asyncio.timeout(self._limits.call_timeout_ms / 1000):
                return await self._shards[number].slices(self._acked_seqs[number])
        except (LinkLost, TimeoutError, SessiondError):
            return ()

    async def _fed(self, slices: Sequence[Slice]) -> MonitorStats | None:
        before_ms = self._silence.absent_ms
        try:
            async with asyncio.timeout(self._limits.call_timeout_ms / 1000):
                stats = await self._monitor.feed(slices, self._now_ms())
        except LinkLost:
            self._silence.lost(self._limits.tick_ms)
            self._health.error = _AWAY
        except TimeoutError:
            self._silence.timed_out(self._limits.call_timeout_ms)
            self._health.error = _AWAY
            self._kill_if_hung()
        except SessiondError as error:
            self._health.error = error.message
            self._answered.set()
        else:
            self._silence.answered()
            if before_ms:
                _log.info("the monitor answers again")
            return stats
        if not before_ms and self._silence.absent_ms:
            _log.warning("the monitor does not answer")
        return None

    def _kill_if_hung(self) -> None:
        if self._silence.hung_ms >= self._limits.hang_ms:
            _log.error("the monitor hangs; it is killed and starts anew")
            self._silence.killed()
            self._monitor.kill()

    def _lag_ms(self, pages: Sequence[Sequence[Slice]]) -> int:
        oldest_ms = min((page[0].at_ms for page in pages if page), default=None)
        return 0 if oldest_ms is None else max(0, self._now_ms() - oldest_ms)

    # -- alerts into the store ------------------------------------------------------------------------------------

    async def store(self) -> None:
        """Those of which the store has an older version, or none. What fails is tried again in the next round; twice
        stored is once."""
        try:
            async with asyncio.timeout(self._limits.call_timeout_ms / 1000):
                alerts = await self._monitor.unstored(_STORE_ALERTS)
                if alerts:
                    await self._store.store_alerts(alerts)
                    await self._monitor.stored([(alert.id, alert.version) for alert in alerts])
        except (LinkLost, TimeoutError):
            self._health.store_error = "The monitor or the store does not answer."
        except SessiondError as error:
            self._health.store_error = error.message
        else:
            self._health.store_error = ""

    # -- questions ------------------------------------------------------------------------------------------------

    async def alerts(self, wanted: AlertFilter) -> list[AlertRecord]:
        return await self._questions.ask(self._monitor.alerts(wanted))

    async def alert(self, project_id: str, alert_id: str) -> AlertRecord | None:
        return await self._questions.ask(self._monitor.alert(project_id, alert_id))

    async def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None:
        return await self._questions.ask(self._monitor.ack(project_id, alert_id, by, note))

    async def position(self) -> int | None:
        """Of the last change of an alert that is known here, a second old at most. After a start the first answer of
        the monitor is waited for; None = none came in time."""
        try:
            async with asyncio.timeout(self._limits.call_timeout_ms / 1000):
                await self._answered.wait()
        except TimeoutError:
            return None
        return self._position

    async def happenings(self, after: int | None, limit: int) -> Changes:
        """How alerts changed after a position; see `Monitor.happenings`."""
        return await self._questions.ask(self._monitor.happenings(after, limit))

    def monitor_health(self) -> MonitorHealth:
        self._health.error = self._fault or self._health.error
        return self._health
