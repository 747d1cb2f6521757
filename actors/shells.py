"""A process around `Shard`, one around `StoreKeeper` and one around `Monitor`, for whatever runs them. Shells hold no
logic, because Ray restarts an actor with the class body it first saw.
"""

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import structlog

from actors.alert_ports import AlertRecord, MonitorStats
from actors.collecting import calm_gc, uncollected
from actors.log import set_up_log
from actors.ports import LedgerReport, PersisterStats, ShardAudit, ShardStats
from actors.wiring import open_shard
from engine.alerting import Alert
from engine.analysis import Summary
from engine.config import Config
from engine.errors import BatchGap, ClientError, DiskFull, JournalDamaged, OperatorError, SessiondError, Wait
from engine.happening import Told
from engine.ledger import Booked
from engine.live import Live, LiveFilter
from engine.slices import Slice
from persistence.alert_rows import AlertFilter, Changes
from persistence.ports import EventFilter, EventStats, SessionFilter, StatsFilter, StoredEvent

if TYPE_CHECKING:
    from actors.monitor import Monitor
    from actors.storekeeper import StoreKeeper

T = TypeVar("T")

_EXIT_FAILED: Final = 70
_MONITOR_NICENESS: Final = 5
_STORE_NICENESS: Final = 5  # merges and large queries come after the acks that clients wait for


class ShardShell:
    """A shard in its own process. What is not the caller's fault ends the process: its memory may be ahead of the
    disk, and Ray starts a new one that reads the disk. A damaged journal would damage that one too: the process stays
    and says so to whoever calls, until the server ends."""

    def __init__(self, config: Config, number: int) -> None:
        set_up_log()
        self._damage: JournalDamaged | None = None
        with uncollected():
            try:
                self._shard = _or_die(lambda: open_shard(config, number))
            except JournalDamaged as error:
                self._stop(error)
        calm_gc()

    def apply(self, payload: bytes) -> bytes:
        return self._do(lambda: self._shard.apply(payload))

    def tick(self, now_ms: int, sinks_done_seq: int) -> ShardStats:
        return self._do(lambda: self._shard.tick(now_ms, sinks_done_seq))

    def sweep(self, project_id: str, now_ms: int) -> int:
        return self._do(lambda: self._shard.sweep(project_id, now_ms))

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        return self._do(lambda: self._shard.session(project_id, session_id, generation), _answered)

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return self._do(lambda: self._shard.sessions(wanted), _answered)

    def ledger(self, from_ms: int, to_ms: int) -> list[Booked]:
        return self._do(lambda: self._shard.ledger(from_ms, to_ms), _answered)

    def rules(self) -> bytes:
        return self._do(lambda: self._shard.rules(), _answered)

    def configure(self, book: bytes, now_ms: int) -> int:
        return self._do(lambda: self._shard.configure(book, now_ms))

    def happenings(self, after: tuple[int, int] | None, limit: int) -> Told:
        return self._do(lambda: self._shard.happenings(after, limit), _answered)

    def live(self, wanted: LiveFilter, now_ms: int) -> Live:
        return self._do(lambda: self._shard.live(wanted, now_ms), _answered)

    def slices(self, acked_seq: int) -> list[Slice]:
        return self._do(lambda: self._shard.slices(acked_seq))

    def close(self) -> None:
        self._do(lambda: self._shard.close())

    def process_id(self) -> int:
        return self._do(os.getpid)

    def _do(self, work: Callable[[], T], edge: Callable[[Callable[[], T]], T] | None = None) -> T:
        if self._damage is not None:
            raise self._damage
        try:
            return (edge or _or_die)(work)
        except JournalDamaged as error:
            self._stop(error)
            raise

    def _stop(self, error: JournalDamaged) -> None:
        self._damage = error
        structlog.get_logger(__name__).error("shard stops", reason=error.message)


class StoreShell:
    """The store in its own process; queries run on threads beside the persisters."""

    def __init__(self, config: Config, shards: int) -> None:
        from actors.store_wiring import open_storekeeper  # only this process pays for what it imports

        set_up_log()
        os.nice(_STORE_NICENESS)
        self._damage: JournalDamaged | None = None
        try:
            self._opened = _or_die(lambda: open_storekeeper(config, shards))
        except JournalDamaged as error:
            self._damage = error
        calm_gc()

    @property
    def _keeper(self) -> "StoreKeeper":
        """Raises JournalDamaged when there is a journal that cannot be read: the server ends for it."""
        if self._damage is not None:
            raise self._damage
        return self._opened

    def session(self, project_id: str, session_id: str, generation: int | None) -> Summary | None:
        return self._keeper.session(project_id, session_id, generation)

    def sessions(self, wanted: SessionFilter) -> list[Summary]:
        return self._keeper.sessions(wanted)

    def events(self, wanted: EventFilter) -> list[StoredEvent]:
        return self._keeper.events(wanted)

    def stats(self, wanted: StatsFilter) -> EventStats:
        return self._keeper.stats(wanted)

    def sinks(self) -> list[PersisterStats]:
        return self._keeper.sinks()

    def ledger(self, from_ms: int, to_ms: int) -> LedgerReport:
        return self._keeper.ledger(from_ms, to_ms)

    def audit(self, since_ms: int) -> list[ShardAudit]:
        return self._keeper.audit(since_ms)

    def store_alerts(self, alerts: Sequence[Alert]) -> None:
        self._keeper.store_alerts(alerts)

    def ping(self) -> None:
        self._keeper.ping()

    def close(self, timeout_ms: int) -> None:
        self._keeper.close(timeout_ms)

    def process_id(self) -> int:
        return os.getpid() if self._keeper else 0


class MonitorShell:
    """The monitor in its own process. A damaged file stops the alerts and nothing else: whoever calls hears of it."""

    def __init__(self, config: Config) -> None:
        from actors.monitor_wiring import open_monitor  # shards and store need no HTTP client

        set_up_log()
        os.nice(_MONITOR_NICENESS)
        self._damage: JournalDamaged | None = None
        try:
            self._opened = _or_die(lambda: open_monitor(config, _die))
        except JournalDamaged as error:
            structlog.get_logger(__name__).error("no alerts", reason=error.message)
            self._damage = error
        calm_gc()

    @property
    def _monitor(self) -> "Monitor":
        if self._damage is not None:
            raise self._damage
        return self._opened

    def feed(self, slices: Sequence[Slice], now_ms: int) -> MonitorStats:
        return _or_die(lambda: self._monitor.feed(slices, now_ms))

    def ack(self, project_id: str, alert_id: str, by: str, note: str) -> AlertRecord | None:
        return _or_die(lambda: self._monitor.ack(project_id, alert_id, by, note))

    def stored(self, versions: Sequence[tuple[str, int]]) -> None:
        _or_die(lambda: self._monitor.stored(versions))

    def alerts(self, wanted: AlertFilter) -> list[AlertRecord]:
        return _answered(lambda: self._monitor.alerts(wanted))

    def alert(self, project_id: str, alert_id: str) -> AlertRecord | None:
        return _answered(lambda: self._monitor.alert(project_id, alert_id))

    def happenings(self, after: int | None, limit: int) -> Changes:
        return _answered(lambda: self._monitor.happenings(after, limit))

    def unstored(self, limit: int) -> list[Alert]:
        return _answered(lambda: self._monitor.unstored(limit))

    def close(self) -> None:
        _or_die(lambda: self._monitor.close())

    def process_id(self) -> int:
        return os.getpid()


def _die(error: Exception) -> None:
    """Of a thread: the process ends as if a call had failed."""

    def work() -> None:
        raise error

    _or_die(work)


def _or_die(work: Callable[[], T]) -> T:
    try:
        return work()
    except (Wait, BatchGap, ClientError, JournalDamaged):
        raise
    except BaseException as error:
        log = structlog.get_logger(__name__)
        if isinstance(error, DiskFull):
            log.error("process ends", reason=error.message)  # nothing that a traceback would explain
        else:
            log.exception("process ends", reason=error.message if isinstance(error, SessiondError) else repr(error))
        os._exit(_EXIT_FAILED)


def _answered(work: Callable[[], T]) -> T:
    """A read changes nothing: what fails in it is an answer, and the process lives, unless its disk is ill."""
    try:
        return work()
    except OperatorError:
        return _or_die(work)
    except Exception:
        structlog.get_logger(__name__).exception("a read failed")
        raise
