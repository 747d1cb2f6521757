"""Health: what makes the server degraded, and what unavailable."""

from typing import Any

import httpx
import pytest

from actors.ports import EngineHealth, PersisterStats, ShardStats
from tests.gateway.builders import is_problem
from tests.gateway.fake_engine import FakeEngine


def state(**fields: Any) -> EngineHealth:
    healthy: dict[str, Any] = {"shards": [ShardStats(shard=0)], "sinks": [], "store_ok": True}
    return EngineHealth(**{**healthy, **fields})


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
async def test_all_well_is_ok(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    body = response.json()
    assert (response.status_code, body["status"], body["uptime_s"]) == (200, "ok", 0)
    assert body["version"]
    assert body["checks"]["shards"] == {"status": "ok", "up": 1, "total": 1, "live_sessions": 3}
    assert body["checks"]["journal"] == {"status": "ok", "bytes": 0, "lag_frames": 0, "lag_ms": 0}
    assert body["checks"]["clickhouse"] == {"status": "ok", "errors": 0, "last_error": ""}
    assert body["checks"]["kafka"] == "off"
    assert body["checks"]["disk"] == {"status": "ok", "free_percent": 100.0}


@pytest.mark.parametrize(
    ("found", "status", "check"),
    [
        (state(sinks=[PersisterStats(0, "clickhouse", lag_ms=60_000)]), "ok", "journal"),
        (state(sinks=[PersisterStats(0, "clickhouse", lag_ms=60_001)]), "degraded", "journal"),
        (state(store_ok=False, store_error="no route"), "degraded", "clickhouse"),
        (state(shards=[ShardStats(0, free_disk_percent=9.9)]), "degraded", "disk"),
        (state(shards=[ShardStats(0, free_disk_percent=5.0)]), "degraded", "disk"),
        (state(shards=[ShardStats(0, free_disk_percent=4.9)]), "unavailable", "disk"),
        (state(shards=[ShardStats(0, free_disk_percent=20, min_free_disk_percent=21)]), "unavailable", "disk"),
        (state(shards=[ShardStats(0, free_disk_percent=30, min_free_disk_percent=21)]), "degraded", "disk"),
        (state(free_disk_percent=0.0), "unavailable", "disk"),
        (state(sinks=[PersisterStats(0, "clickhouse", last_error="no rights")]), "degraded", "clickhouse"),
        (state(shards=[ShardStats(0), None]), "unavailable", "shards"),
        (state(shards=[]), "unavailable", "shards"),
    ],
)
async def test_the_worst_check_decides(
    client: httpx.AsyncClient, engine: FakeEngine, found: EngineHealth, status: str, check: str
) -> None:
    engine.state = found
    response = await client.get("/health")
    assert (response.json()["status"], response.json()["checks"][check]["status"]) == (status, status)
    assert response.status_code == (503 if status == "unavailable" else 200)


async def test_ready_as_long_as_events_are_taken(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.state = state(store_ok=False)
    response = await client.get("/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


async def test_not_ready_says_what_is_missing(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.state = state(shards=[None, ShardStats(1, free_disk_percent=1)])
    response = await client.get("/ready")
    assert is_problem(response, 503, "not_ready")["message"] == "Not ready: shards and disk."
    assert response.headers["retry-after"] == "1"
