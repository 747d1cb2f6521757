"""How the server is: for people (/health), for load balancers (/ready), for Prometheus (/metrics)."""

from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Literal

from prometheus_client import CONTENT_TYPE_LATEST

from actors.alert_ports import Alerts, MonitorHealth
from actors.ports import EngineClient, EngineHealth
from engine.config import Config
from gateway.call import Answer, Call, json_answer
from gateway.metrics import Metrics
from gateway.problems import problem

Status = Literal["ok", "degraded", "unavailable"]
Check = dict[str, Any]

MAX_SINK_LAG_MS: Final = 60_000  # sixty flush intervals: the sink is not slow, it is stuck
LOW_DISK_PERCENT: Final = 10  # time to act before `journal.min_free_disk_percent` stops the intake


def server_version() -> str:
    try:
        return version("sessiond")
    except PackageNotFoundError:
        return "0+source"


class Health:
    def __init__(
        self,
        config: Config,
        engine: EngineClient,
        metrics: Metrics,
        now_ms: Callable[[], int],
        alerts: Alerts | None = None,
    ) -> None:
        self._alerts = alerts
        self._min_disk_percent = config.journal.min_free_disk_percent
        self._engine = engine
        self._metrics = metrics
        self._now_ms = now_ms
        self._started_ms = now_ms()
        self._version = server_version()

    async def health(self, call: Call) -> Answer:
        checks = self._checks(self._engine.health())
        if self._alerts is not None:
            checks["monitor"] = _monitor(self._alerts.monitor_health())
        status = worst(check["status"] for check in checks.values())
        content = {
            "status": status,
            "version": self._version,
            "uptime_s": max(0, self._now_ms() - self._started_ms) // 1000,
            "checks": {"monitor": "off", **checks, "kafka": "off"},
        }
        return json_answer(content, 503 if status == "unavailable" else 200)

    async def ready(self, call: Call) -> Answer:
        """Ready = events are accepted now. The store may be down: they wait in the journal."""
        checks = self._checks(self._engine.health())
        blocking = [name for name in ("shards", "disk") if checks[name]["status"] == "unavailable"]
        if blocking:
            return problem(503, "not_ready", f"Not ready: {' and '.join(blocking)}.", [(b"retry-after", b"1")])
        return json_answer({"status": "ready"})

    async def metrics(self, call: Call) -> Answer:
        return Answer(200, self._metrics.expose(), [(b"content-type", CONTENT_TYPE_LATEST.encode())])

    def _checks(self, health: EngineHealth) -> dict[str, Check]:
        return {
            "shards": _shards(health),
            "journal": _journal(health),
            "clickhouse": _clickhouse(health),
            "disk": self._disk(health),
        }

    def _disk(self, health: EngineHealth) -> Check:
        shards = [shard for shard in health.shards if shard]
        free = min(health.free_disk_percent, *(shard.free_disk_percent for shard in shards), 100.0)
        floor = max(self._min_disk_percent, *(shard.min_free_disk_percent for shard in shards), 0.0)
        status: Status = "ok" if free >= max(LOW_DISK_PERCENT, 1.5 * floor) else "degraded"
        if free < floor:
            status = "unavailable"
        return {"status": status, "free_percent": round(free, 1)}


def worst(statuses: Iterable[Status]) -> Status:
    found = set(statuses)
    if "unavailable" in found:
        return "unavailable"
    return "degraded" if "degraded" in found else "ok"


def _shards(health: EngineHealth) -> Check:
    up = sum(shard is not None for shard in health.shards)
    status: Status = "ok" if up and up == len(health.shards) else "unavailable"
    live = sum(shard.live for shard in health.shards if shard)
    return {"status": status, "up": up, "total": len(health.shards), "live_sessions": live}


def _journal(health: EngineHealth) -> Check:
    lag_ms = max((sink.lag_ms for sink in health.sinks), default=0)
    return {
        "status": "degraded" if lag_ms > MAX_SINK_LAG_MS else "ok",
        "bytes": sum(shard.journal_bytes for shard in health.shards if shard),
        "lag_frames": sum(sink.lag_frames for sink in health.sinks),
        "lag_ms": lag_ms,
    }


def _monitor(health: MonitorHealth) -> Check:
    """It never stops events: whoever is alerted by somebody else wants to hear of it all the same."""
    error = health.error or health.store_error
    given_up = sum(health.stats.given_up.values())
    return {
        "status": "degraded" if error else "ok",
        "firing": health.stats.firing,
        "lag_ms": health.lag_ms,
        "messages_waiting": sum(health.stats.waiting.values()),
        "messages_given_up": given_up,
        "last_error": error,
    }


def _clickhouse(health: EngineHealth) -> Check:
    errors = sum(sink.errors for sink in health.sinks)
    last_error = health.store_error or next((sink.last_error for sink in health.sinks if sink.last_error), "")
    # An answering store that does not take rows is as bad: the journal grows.
    status: Status = "ok" if health.store_ok and not last_error else "degraded"
    return {"status": status, "errors": errors, "last_error": last_error}
