"""Alerts are listed, looked at and acknowledged; who is wrong hears what is allowed."""

from collections.abc import AsyncIterator

import httpx
import pytest

from actors.alert_ports import AlertRecord, MonitorStats
from engine.config import Config
from engine.errors import Wait
from gateway.agent import AgentReader
from gateway.app import create_app
from persistence.alert_rows import AlertFilter
from persistence.outbox import Delivery
from tests.alerting import alert
from tests.builders import T0
from tests.gateway.builders import is_problem
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_alerts import FakeAlerts
from tests.gateway.fake_engine import FakeEngine

ALERTS = "/api/v1/alerts"


@pytest.fixture
def alerts() -> FakeAlerts:
    return FakeAlerts()


@pytest.fixture
async def desk(
    config: Config, engine: FakeEngine, agents: AgentReader, alerts: FakeAlerts
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(config, engine, lambda: NOW_MS, agents=agents, alerts=alerts)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sessiond") as found:
        yield found


async def test_an_alert_says_everything_about_itself_and_its_messages(
    desk: httpx.AsyncClient, alerts: FakeAlerts
) -> None:
    message = Delivery("d1", "hook", "a1", "firing", "k", b"{}", attempts=2, error="it answered HTTP 503")
    alerts.records = [AlertRecord(alert("a1"), [message])]
    answer = await desk.get(f"{ALERTS}/a1")
    assert answer.json() == {
        "id": "a1",
        "project_id": "default",
        "rule": "errors",
        "kind": "threshold",
        "metric": "js_errors",
        "group": "/pay",
        "state": "firing",
        "severity": "high",
        "text": "12 errors on /pay",
        "value": 12.0,
        "threshold": 5.0,
        "baseline": None,
        "sessions": 3,
        "version": 1,
        "started_at": "2026-01-02T12:00:00.000Z",
        "updated_at": "2026-01-02T12:00:00.000Z",
        "resolved_at": None,
        "acked": None,
        "deliveries": [
            {
                "id": "d1",
                "channel": "hook",
                "event": "firing",
                "state": "pending",
                "attempts": 2,
                "settled_at": None,
                "error": "it answered HTTP 503",
            }
        ],
    }


async def test_a_list_goes_on_where_the_page_before_ended(desk: httpx.AsyncClient, alerts: FakeAlerts) -> None:
    alerts.records = [AlertRecord(alert(f"a{n}", started_ms=T0 + n)) for n in (3, 2, 1)]
    first = (await desk.get(ALERTS, params={"limit": 2})).json()
    assert [item["id"] for item in first["items"]] == ["a3", "a2"]
    rest = (await desk.get(ALERTS, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == (["a1"], None)


async def test_a_list_is_narrowed_by_state_rule_and_time(desk: httpx.AsyncClient, alerts: FakeAlerts) -> None:
    params: dict[str, str | int] = {"state": "firing", "rule": "errors", "started_at": T0, "ended_at": T0 + 5}
    await desk.get(ALERTS, params=params)
    [wanted] = alerts.wanted
    assert wanted == AlertFilter("default", "firing", "errors", T0, T0 + 5, limit=101)


@pytest.mark.parametrize("params", [{"state": "open"}, {"limit": 0}, {"cursor": "x"}, {"started_at": "soon"}])
async def test_a_bad_parameter_is_named(desk: httpx.AsyncClient, params: dict[str, str]) -> None:
    answer = await desk.get(ALERTS, params=params)
    is_problem(answer, 400, "invalid_parameter")
    assert f"`{next(iter(params))}`" in answer.json()["message"]


async def test_the_first_who_looks_after_an_alert_stays(desk: httpx.AsyncClient, alerts: FakeAlerts) -> None:
    alerts.records = [AlertRecord(alert("a1"))]
    first = await desk.post(f"{ALERTS}/a1/ack", json={"by": " anna ", "note": "looking"})
    assert first.json()["acked"] == {"by": "anna", "at": "2026-01-02T03:00:05.678Z", "note": "looking"}
    second = await desk.post(f"{ALERTS}/a1/ack", json={"by": "ben"})
    assert (second.status_code, second.json()) == (200, first.json())


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"", "missing_parameter", "`by` is missing"),
        (b'{"note": "x"}', "missing_parameter", "`by` is missing"),
        (b'{"by": 5}', "invalid_parameter", "`by` is 5; text of at most 200 characters is allowed"),
        (b'{"by": "a", "note": ["x"]}', "invalid_parameter", "`note` is ['x']"),
        (b'{"by": "%s"}' % (b"a" * 201), "invalid_parameter", "`by` is"),
        (b"[1]", "invalid_json", "The body is [1]; a JSON object"),
        (b"{", "invalid_json", "JSON"),
    ],
)
async def test_a_bad_ack_is_told_what_is_allowed(
    desk: httpx.AsyncClient, alerts: FakeAlerts, body: bytes, code: str, said: str
) -> None:
    alerts.records = [AlertRecord(alert("a1"))]
    answer = await desk.post(f"{ALERTS}/a1/ack", content=body)
    is_problem(answer, 400, code)
    assert said in answer.json()["message"]
    assert alerts.records[0].alert.acked_ms == 0


async def test_an_unknown_alert_is_404(desk: httpx.AsyncClient) -> None:
    is_problem(await desk.get(f"{ALERTS}/nope"), 404, "unknown_alert")
    is_problem(await desk.post(f"{ALERTS}/nope/ack", json={"by": "anna"}), 404, "unknown_alert")


async def test_while_the_monitor_is_away_one_has_to_wait(desk: httpx.AsyncClient, alerts: FakeAlerts) -> None:
    alerts.error = Wait("The part that holds this answer restarts.", "unavailable")
    answer = await desk.get(ALERTS)
    is_problem(answer, 503, "unavailable")
    assert answer.headers["retry-after"]


async def test_alerts_that_are_switched_off_are_404_and_say_so(client: httpx.AsyncClient) -> None:
    is_problem(await client.get(ALERTS), 404, "alerts_off")
    assert (await client.get("/health")).json()["checks"]["monitor"] == "off"


async def test_health_says_how_the_monitor_is(desk: httpx.AsyncClient, alerts: FakeAlerts) -> None:
    alerts.health.stats = MonitorStats(firing=2, waiting={"hook": 3}, given_up={"hook": 1})
    check = (await desk.get("/health")).json()["checks"]["monitor"]
    assert check == {
        "status": "ok",
        "firing": 2,
        "lag_ms": 0,
        "messages_waiting": 3,
        "messages_given_up": 1,
        "last_error": "",
    }


async def test_a_monitor_that_is_away_degrades_health_and_nothing_else(
    desk: httpx.AsyncClient, alerts: FakeAlerts
) -> None:
    alerts.health.error, alerts.health.lag_ms = "The monitor does not answer.", 5_000
    answer = await desk.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["checks"]["monitor"]["last_error"] == "The monitor does not answer."
    assert (await desk.get("/ready")).status_code == 200


async def test_metrics_say_how_monitor_and_channels_are(desk: httpx.AsyncClient, alerts: FakeAlerts) -> None:
    alerts.health.stats = MonitorStats(firing=2, waiting={"hook": 3}, failures={"hook": 7}, given_up={"hook": 1})
    alerts.health.stats.groups, alerts.health.stats.learned, alerts.health.stats.refused = 40, 20, 5
    alerts.health.lag_ms = 1_500
    lines = (await desk.get("/metrics")).text.splitlines()
    assert {
        "sessiond_monitor_up 1.0",
        "sessiond_monitor_lag_seconds 1.5",
        "sessiond_alerts_firing 2.0",
        "sessiond_monitor_groups 40.0",
        "sessiond_monitor_learned 20.0",
        "sessiond_monitor_refused_total 5.0",
        'sessiond_channel_waiting{channel="hook"} 3.0',
        'sessiond_channel_failures_total{channel="hook"} 7.0',
        'sessiond_channel_given_up_total{channel="hook"} 1.0',
    } <= {*lines}
