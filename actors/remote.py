"""The only file that imports ray: the node that runs the shells as actors, and the links to them.

A shard is a sync actor without concurrency, so that its calls run one at a time and in order, and Ray never retries a
call: a retry would reorder.
"""

# isort: off
import actors.ray_settings  # noqa: F401 - before ray, which reads the environment when it is imported
# isort: on

import asyncio
import contextlib
import logging
import shutil
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any, Final

import ray
import xxhash
from ray.exceptions import RayError, RayTaskError

from actors.alert_ports import AlertRecord, MonitorStats
from actors.link import LinkLost
from actors.ports import LedgerReport, PersisterStats, ShardAudit, ShardStats
from actors.shells import MonitorShell, ShardShell, StoreShell
from engine.alerting import Alert
from engine.analysis import Summary
from engine.config import Config
from engine.errors import SessiondError
from engine.happening import Told
from engine.ledger import Booked
from engine.live import Live, LiveFilter
from engine.slices import Slice
from persistence.alert_rows import AlertFilter, Changes
from persistence.ports import EventFilter, EventStats, SessionFilter, StatsFilter, StoredEvent

_QUERY_THREADS: Final = 4
_CARE: Final = "care"  # threads of the store for what must be answered while every query hangs
_CARE_THREADS: Final = 2
_MAX_PENDING_CALLS: Final = 1000
_OBJECT_STORE_BYTES: Final = 150_000_000
_VITAL: Final = frozenset({"gcs_server", "raylet"})
_SAVING_MS: Final = 2_000  # what shards get at least to save their sessions; the rest is replayed


async def _answer(call: Any) -> Any:
    """The result of a Ray call; our own errors as they were raised, whatever Ray itself raises as LinkLost: who calls
    would end for it otherwise, and nobody would call again."""
    try:
        return await call
    except RayTaskError as error:
        if isinstance(error.cause, SessiondError):
            raise error.cause from None
        raise
    except RayError as error:
        raise LinkLost(str(error)) from error


async def _at_most(timeout_ms: float, call: Awaitable[None]) -> None:
    """Not longer: a process that waits to start, for room on its disk, answers no call."""
    with contextlib.suppress(LinkLost, TimeoutError):
        async with asyncio.timeout(timeout_ms / 1000):
            await call


class RayShardLink:
    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def apply(self, payload: bytes) -> bytes:
        answer: bytes = await _answer(self._actor.apply.remote(payload))
        return answer

    async def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        answer: ShardStats = await _answer(self._actor.tick.remote(now_ms, sinks_done_seq))
        return answer

    async def sweep(self, project_id: str, now_ms: int) -> int:
        answer: int = await _answer(self._actor.sweep.remote(project_id, now_ms))
        return answer

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        answer: Summary | None = await _answer(self._actor.session.remote(project_id, session_id, generation))
        return answer

    async def sessions(self, wanted: SessionFilter) -> list[Summary]:
        answer: list[Summary] = await _answer(self._actor.sessions.remote(wanted))
        return answer

    async def ledger(self, from_ms: int, to_ms: int) -> list[Booked]:
        answer: list[Booked] = await _answer(self._actor.ledger.remote(from_ms, to_ms))
        return answer

    async def rules(self) -> bytes:
        answer: bytes = await _answer(self._actor.rules.remote())
        return answer

    async def configure(self, book: bytes, now_ms: int) -> int:
        answer: int = await _answer(self._actor.configure.remote(book, now_ms))
        return answer

    async def happenings(self, after: tuple[int, int] | None, limit: int) -> Told:
        answer: Told = await _answer(self._actor.happenings.remote(after, limit))
        return answer

    async def live(self, wanted: LiveFilter, now_ms: int) -> Live:
        answer: Live = await _answer(self._actor.live.remote(wanted, now_ms))
        return answer

    async def slices(self, acked_seq: int) -> list[Slice]:
        answer: list[Slice] = await _answer(self._actor.slices.remote(acked_seq))
        return answer

    def kill(self) -> None:
        ray.kill(self._actor, no_restart=False)

    async def close(self) -> None:
        await _answer(self._actor.close.remote())

    async def process_id(self) -> int:
        answer: int = await _answer(self._actor.process_id.remote())
        return answer


class RayStoreLink:
    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        answer: Summary | None = await _answer(self._actor.session.remote(project_id, session_id, generation))
        return answer

    async def sessions(self, wanted: SessionFilter) -> list[Summary]:
        answer: list[Summary] = await _answer(self._actor.sessions.remote(wanted))
        return answer

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        answer: list[StoredEvent] = await _answer(self._actor.events.remote(wanted))
        return answer

    async def stats(self, wanted: StatsFilter) -> EventStats:
        answer: EventStats = await _answer(self._actor.stats.remote(wanted))
        return answer

    async def sinks(self) -> list[PersisterStats]:
        answer: list[PersisterStats] = await _answer(self._actor.sinks.options(concurrency_group=_CARE).remote())
        return answer

    async def ledger(self, from_ms: int, to_ms: int) -> LedgerReport:
        answer: LedgerReport = await _answer(self._actor.ledger.options(concurrency_group=_CARE).remote(from_ms, to_ms))
        return answer

    async def audit(self, since_ms: int) -> list[ShardAudit]:
        answer: list[ShardAudit] = await _answer(self._actor.audit.remote(since_ms))
        return answer

    async def store_alerts(self, alerts: Sequence[Alert]) -> None:
        await _answer(self._actor.store_alerts.remote(alerts))

    async def ping(self) -> None:
        await _answer(self._actor.ping.options(concurrency_group=_CARE).remote())

    async def close(self, timeout_ms: int) -> None:
        await _answer(self._actor.close.options(concurrency_group=_CARE).remote(timeout_ms))

    async def process_id(self) -> int:
        answer: int = await _answer(self._actor.process_id.remote())
        return answer


class RayMonitorLink:
    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def feed(self, slices: Sequence[Slice], now_ms: int) -> MonitorStats:
        answer: MonitorStats = await _answer(self._actor.feed.remote(slices, now_ms))
        return answer

    async def alerts(self, wanted: AlertFilter) -> list[AlertRecord]:
        answer: list[AlertRecord] = await _answer(self._actor.alerts.remote(wanted))
        return answer

    async def alert(self, project_id: str, alert_id: str) -> AlertRecord | None:
        answer: AlertRecord | None = await _answer(self._actor.alert.remote(project_id, alert_id))
        return answer

    async def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None:
        answer: AlertRecord | None = await _answer(self._actor.ack.remote(project_id, alert_id, by, note))
        return answer

    async def happenings(self, after: int | None, limit: int) -> Changes:
        answer: Changes = await _answer(self._actor.happenings.remote(after, limit))
        return answer

    async def unstored(self, limit: int) -> list[Alert]:
        answer: list[Alert] = await _answer(self._actor.unstored.remote(limit))
        return answer

    async def stored(self, versions: Sequence[tuple[str, int]]) -> None:
        await _answer(self._actor.stored.remote(versions))

    def kill(self) -> None:
        ray.kill(self._actor, no_restart=False)

    async def close(self) -> None:
        await _answer(self._actor.close.remote())


def _scratch(config: Config) -> Path:
    """Ray's sockets and logs. Not in the data folder, because a socket's path may have 107 bytes only; one folder per
    data folder, emptied at the start, because a killed run cannot clean up."""
    name = xxhash.xxh3_64_hexdigest(str(Path(config.data_dir).resolve()).encode())
    folder = Path(tempfile.gettempdir()) / f"sessiond-ray-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


class RayNode:
    """Ray on this machine and the actors on it."""

    def __init__(self, config: Config, shards: int) -> None:
        self._config = config
        self._folder = _scratch(config)
        ray.init(
            address="local",
            num_cpus=1,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            log_to_driver=True,
            logging_level=logging.WARNING,
            _temp_dir=str(self._folder),
        )
        remote: Any = ray.remote  # its overloads do not know classes with options
        options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": 0}
        shard = remote(ShardShell).options(max_pending_calls=_MAX_PENDING_CALLS, **options)
        store = remote(concurrency_groups={_CARE: _CARE_THREADS})(StoreShell)
        self._store_class = store.options(max_concurrency=_QUERY_THREADS, **options)
        self.shards = [RayShardLink(shard.remote(config, number)) for number in range(shards)]
        self.store: RayStoreLink | None = None
        self._monitor_class = remote(MonitorShell).options(max_pending_calls=_MAX_PENDING_CALLS, **options)
        self.monitor: RayMonitorLink | None = None

    async def start(self) -> RayStoreLink:
        """Wait for the shards, whose journals the store reads; then start the store."""
        await asyncio.gather(*(shard.process_id() for shard in self.shards))
        self.store = RayStoreLink(self._store_class.remote(self._config, len(self.shards)))
        await self.store.process_id()
        return self.store

    def start_monitor(self) -> RayMonitorLink:
        """Nobody waits for it: it answers when it is there."""
        self.monitor = RayMonitorLink(self._monitor_class.remote(self._config))
        return self.monitor

    def dead(self) -> list[str]:
        """Ray's own processes that died, without which no actor comes back."""
        node: Any = ray._private.worker._global_node  # nothing public knows them
        return sorted({name for name, _ in node.dead_processes()} & _VITAL)

    def kill_shard(self, number: int) -> None:
        """Ray starts it again. It asks the process to end first, and kills one that does not within 5 s."""
        self.shards[number].kill()

    async def stop(self, timeout_ms: int) -> None:
        """Store what can be stored in time, save every session, end the processes. One that is dead already has
        nothing to save that its disk does not hold."""
        until_s = time.monotonic() + timeout_ms / 1000
        storing_ms = max(0, timeout_ms - _SAVING_MS)
        if self.store is not None:
            await _at_most(storing_ms, self.store.close(storing_ms))
        left_ms = max(_SAVING_MS, (until_s - time.monotonic()) * 1000)
        closing = [shard.close() for shard in self.shards]
        if self.monitor is not None:
            closing.append(self.monitor.close())
        await asyncio.gather(*(_at_most(left_ms, one) for one in closing))
        self.shutdown()

    def shutdown(self) -> None:
        ray.shutdown()
        shutil.rmtree(self._folder, ignore_errors=True)
