"""Metrics: one table, one page about it, and the numbers."""

from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from actors.ports import EngineHealth, PersisterStats, ShardStats
from gateway.metric_table import METRICS, metrics_page
from tests.gateway.builders import EVENTS, click, clicks
from tests.gateway.fake_engine import FakeEngine

PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


async def scrape(client: httpx.AsyncClient) -> dict[str, float]:
    """Series in the notation of the page -> value."""
    response = await client.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=")
    lines = (line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def test_the_page_is_made_from_the_table() -> None:
    message = "run python -m cli.documents"
    assert PAGE.read_text(encoding="utf-8") == metrics_page(), message


async def test_exactly_the_documented_metrics_are_exposed(client: httpx.AsyncClient) -> None:
    text = (await client.get("/metrics")).text
    found = {
        family.name + "_total" * (family.type == "counter"): family.type
        for family in text_string_to_metric_families(text)
    }
    assert found == {metric.name: metric.kind for metric in METRICS}


def test_names_follow_the_convention() -> None:
    for metric in METRICS:
        assert metric.name.startswith("sessiond_")
        assert metric.name.endswith("_total") == (metric.kind == "counter")


async def test_events_are_counted_by_fate(client: httpx.AsyncClient) -> None:
    await client.post(EVENTS, json=[*clicks(3), click(event_type=None)])
    await client.post(EVENTS, json=clicks(4))
    found = await scrape(client)
    assert found["sessiond_events_accepted_total"] == 4
    assert found["sessiond_events_duplicate_total"] == 3
    assert found['sessiond_events_rejected_total{code="invalid_event"}'] == 1
    assert (found["sessiond_batch_events_count"], found["sessiond_batch_events_sum"]) == (2, 7)
    assert found["sessiond_ack_seconds_count"] == 2


async def test_answers_are_counted_by_route_and_status(client: httpx.AsyncClient) -> None:
    await client.post(EVENTS, json=click())
    await client.post(EVENTS, json=[])
    await client.get("/api/v1/sessions/no")
    await client.get("/no/such/path")
    found = await scrape(client)
    assert found['sessiond_http_requests_total{route="/api/v1/events",status="200"}'] == 1
    assert found['sessiond_http_requests_total{route="/api/v1/events",status="400"}'] == 1
    assert found['sessiond_http_requests_total{route="/api/v1/sessions/{session_id:path}",status="404"}'] == 1
    assert found['sessiond_http_requests_total{route="unknown",status="404"}'] == 1
    assert found['sessiond_http_request_seconds_count{route="/api/v1/events"}'] == 2


async def test_shards_and_sinks_speak_for_themselves(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    shard = ShardStats(
        *(1, 4, 9, 120, 100, 5_000, 42.5, 11),
        ended={"timeout": 2},
        anomalies={"rage_click": 3},
        detector_errors={"rapid_fire": 1},
        findings_dropped=8,
        unjudged=9,
        unfolded={"overflow": 3},
        replay_events=700,
        rules_version=3,
    )
    sink = PersisterStats(1, "clickhouse", lag_frames=6, lag_ms=1_500, rows={"events": 70}, errors=2)
    engine.state = EngineHealth(shards=[None, shard], sinks=[sink], store_ok=True)
    found = await scrape(client)
    expected = {
        "sessiond_pending_events": 5,
        "sessiond_store_up": 1,
        'sessiond_shard_up{shard="0"}': 0,
        'sessiond_shard_up{shard="1"}': 1,
        'sessiond_shard_epoch{shard="1"}': 4,
        'sessiond_rules_version{shard="1"}': 3,
        'sessiond_sessions_live{shard="1"}': 9,
        'sessiond_sessions_started_total{shard="1"}': 11,
        'sessiond_sessions_ended_total{reason="timeout",shard="1"}': 2,
        'sessiond_anomalies_total{shard="1",type="rage_click"}': 3,
        'sessiond_detector_errors_total{detector="rapid_fire",shard="1"}': 1,
        'sessiond_findings_dropped_total{shard="1"}': 8,
        'sessiond_events_unjudged_total{shard="1"}': 9,
        'sessiond_events_unfolded_total{reason="overflow",shard="1"}': 3,
        'sessiond_journal_replay_events{shard="1"}': 700,
        'sessiond_journal_frames{shard="1"}': 120,
        'sessiond_journal_replay_frames{shard="1"}': 20,
        'sessiond_journal_bytes{shard="1"}': 5_000,
        'sessiond_free_disk_percent{shard="1"}': 42.5,
        'sessiond_sink_lag_frames{shard="1",sink="clickhouse"}': 6,
        'sessiond_sink_lag_seconds{shard="1",sink="clickhouse"}': 1.5,
        'sessiond_sink_rows_total{shard="1",sink="clickhouse",table="events"}': 70,
        'sessiond_sink_errors_total{shard="1",sink="clickhouse"}': 2,
    }
    assert {name: found.get(name) for name in expected} == expected
