"""Sessions, asked for."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from msgspec.structs import replace

from engine.analysis import (
    ActionCount,
    Anomaly,
    Campaign,
    CommonPattern,
    Frustration,
    FrustrationPart,
    PageStay,
    RepeatedPattern,
    Summary,
)
from engine.device import Device
from persistence.ports import SessionFilter, StoredEvent
from tests.gateway.builders import is_problem
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine

ONE = "/api/v1/sessions/s1"


def summary(session_id: str = "s1", generation: int = 1, **fields: Any) -> Summary:
    start = fields.pop("started_ms", NOW_MS - 60_000)
    return Summary("default", session_id, "u1", generation, "live", 3, start, NOW_MS, **fields)


def stored(number: int, **fields: Any) -> StoredEvent:
    at_ms = fields.pop("at_ms", NOW_MS + number)
    return StoredEvent(f"e{number}", "s1", 1, "u1", "click", at_ms, '{"x": 1}', **fields)


@pytest.mark.parametrize("url", ["/session/analysis?session_id=s1", ONE])
async def test_a_session_shows_everything_about_it(client: httpx.AsyncClient, engine: FakeEngine, url: str) -> None:
    rage = Anomaly("x", "rage_click", "high", "6 clicks", NOW_MS, NOW_MS + 2, 4, ["e1"], {"count": 6}, "provisional")
    rage = replace(rage, last_ms=NOW_MS + 3, rule_version=2, thresholds={"min_clicks": 6})
    engine.summaries = [
        summary(
            event_count=5,
            most_used_actions=[ActionCount("click", 5, 100.0)],
            common_patterns=[CommonPattern(["a", "b", "c"], 2, 15.5)],
            repeated_patterns=[RepeatedPattern(["a", "b"], 3, NOW_MS, NOW_MS + 1)],
            anomalies=[rage],
            device=Device("Firefox", "121.0", "Linux", "", "desktop", 1920, 1080, 0, 0),
            country="DE",
            active_ms=900,
            pages=[PageStay("/cart", 2, 800, 60)],
            vitals={"lcp": 2_500.0},
            session_index=2,
            previous_session_id="s0",
            campaign=Campaign(source="news"),
            frustration=Frustration(15, [FrustrationPart("rage_click", 1, 15)]),
            clock_offset_ms=-7_000,
            referrer_host="news.example",
        )
    ]
    response = await client.get(url)
    assert response.status_code == 200
    assert response.json() == {
        "session_id": "s1",
        "project_id": "default",
        "user_id": "u1",
        "generation": 1,
        "state": "live",
        "version": 3,
        "started_at": "2026-01-02T02:59:05.678Z",
        "last_active_at": "2026-01-02T03:00:05.678Z",
        "ended_at": None,
        "end_reason": None,
        "duration_ms": 60_000,
        "event_count": 5,
        "page_count": 0,
        "click_count": 0,
        "error_count": 0,
        "unique_screens": 0,
        "max_scroll_depth": 0,
        "entry_url": "",
        "entry_path": "",
        "exit_url": "",
        "exit_path": "",
        "is_bounce": False,
        "has_error": False,
        "has_rage_click": False,
        "has_dead_click": False,
        "most_used_actions": [{"event_type": "click", "count": 5, "percentage": 100.0}],
        "common_patterns": [{"pattern": ["a", "b", "c"], "count": 2, "avg_duration_ms": 15.5}],
        "repeated_patterns": [
            {
                "pattern": ["a", "b"],
                "repeat_count": 3,
                "first_at": "2026-01-02T03:00:05.678Z",
                "last_at": "2026-01-02T03:00:05.679Z",
            }
        ],
        "anomalies": [
            {
                "id": "x",
                "type": "rage_click",
                "severity": "high",
                "status": "provisional",
                "version": 4,
                "rule_version": 2,
                "description": "6 clicks",
                "started_at": "2026-01-02T03:00:05.678Z",
                "last_at": "2026-01-02T03:00:05.681Z",
                "detected_at": "2026-01-02T03:00:05.680Z",
                "event_ids": ["e1"],
                "details": {"count": 6},
                "thresholds": {"min_clicks": 6},
            }
        ],
        "device": {
            "browser": "Firefox",
            "browser_version": "121.0",
            "os": "Linux",
            "os_version": "",
            "device_type": "desktop",
            "screen_width": 1920,
            "screen_height": 1080,
            "viewport_width": 0,
            "viewport_height": 0,
        },
        "country": "DE",
        "city": "",
        "events_duplicate": 0,
        "events_late": 0,
        "active_ms": 900,
        "pages": [{"path": "/cart", "views": 2, "time_ms": 800, "max_scroll_depth": 60}],
        "vitals": {"lcp": 2500.0},
        "session_index": 2,
        "previous_session_id": "s0",
        "campaign": {"source": "news", "medium": "", "campaign": "", "term": "", "content": "", "click_id": ""},
        "frustration": {"score": 15, "parts": [{"type": "rage_click", "count": 1, "points": 15}]},
        "clock_offset_ms": -7000,
        "referrer_host": "news.example",
    }


async def test_an_ended_session_says_when_and_why(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.summaries = [summary(ended_ms=NOW_MS, end_reason="timeout")]
    body = (await client.get(ONE)).json()
    assert (body["ended_at"], body["end_reason"]) == ("2026-01-02T03:00:05.678Z", "timeout")


async def test_the_latest_generation_unless_another_is_asked_for(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.summaries = [summary(generation=1), summary(generation=2)]
    assert (await client.get(ONE)).json()["generation"] == 2
    assert (await client.get(f"{ONE}?generation=1")).json()["generation"] == 1
    is_problem(await client.get(f"{ONE}?generation=3"), 404, "unknown_session")


@pytest.mark.parametrize(
    "url", ["/session/analysis?session_id=no", "/api/v1/sessions/no", "/api/v1/sessions/no/events"]
)
async def test_an_unknown_session_is_a_404(client: httpx.AsyncClient, url: str) -> None:
    assert is_problem(await client.get(url), 404, "unknown_session")["message"] == 'There is no session "no".'


async def test_analysis_needs_an_id(client: httpx.AsyncClient) -> None:
    is_problem(await client.get("/session/analysis"), 400, "missing_parameter")


@pytest.mark.parametrize("session_id", ["a/b", "用户", "a b", "a%2Fb", "x?y"])
async def test_any_id_can_stand_in_a_path(client: httpx.AsyncClient, engine: FakeEngine, session_id: str) -> None:
    engine.summaries = [summary(session_id)]
    assert (await client.get("/api/v1/sessions/" + quote(session_id, safe=""))).json()["session_id"] == session_id


async def test_sessions_come_newest_first_in_pages(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.summaries = [summary(f"s{number}", started_ms=NOW_MS + number) for number in range(5)]
    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while query:
        page = (await client.get("/api/v1/sessions", params=query)).json()
        seen += [item["session_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        query = {"limit": "2", "cursor": cursor} if cursor else {}
    assert seen == ["s4", "s3", "s2", "s1", "s0"]


async def test_a_last_page_that_is_full_has_no_next(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.summaries = [summary("s1"), summary("s2")]
    assert (await client.get("/api/v1/sessions?limit=2")).json()["next_cursor"] is None


async def test_filters_reach_the_engine(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    query = "state=ended&user_id=u&anomaly=rage_click&started_at=2026-01-01&ended_at=2026-01-02T00:00:00%2B02:00"
    assert (await client.get(f"/api/v1/sessions?{query}")).json() == {"items": [], "next_cursor": None}
    expected = SessionFilter("default", "ended", "u", "rage_click", 1_767_225_600_000, 1_767_304_800_000, 101)
    assert engine.wanted_sessions == [expected]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=0", '`limit` is "0"; a whole number from 1 to 10000 is allowed.'),
        ("limit=10001", '`limit` is "10001"; a whole number from 1 to 10000 is allowed.'),
        ("limit=x", '`limit` is "x"; a whole number from 1 to 10000 is allowed.'),
        ("limit=" + "9" * 5_000, "`limit` is"),
        ("state=dead", '`state` is "dead"; live or ended is allowed.'),
        ("started_at=soon", '`started_at` is "soon"; ISO-8601 text or Unix milliseconds is allowed.'),
        ("started_at=" + "9" * 5_000, "`started_at` is"),
        ("ended_at=-1", '`ended_at` is "-1"; ISO-8601 text or Unix milliseconds is allowed.'),
        ("started_at=2&ended_at=1", '`started_at` is "2", which is after `ended_at`; an earlier time is allowed.'),
        ("cursor=abc", '`cursor` is "abc"; the `next_cursor` of the page before is allowed.'),
        ("cursor=WzFd", '`cursor` is "WzFd"; the `next_cursor` of the page before is allowed.'),
        ("cursor=%C3%A9", "`cursor` is"),
        ("user_id=" + "x" * 201, "`user_id` is 201 characters long"),
    ],
)
async def test_a_bad_parameter_is_named(client: httpx.AsyncClient, query: str, message: str) -> None:
    body = is_problem(await client.get(f"/api/v1/sessions?{query}"), 400, "invalid_parameter")
    assert body["message"].startswith(message)


async def test_raw_events_come_in_time_order_in_pages(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.stored = [stored(2), stored(1, fields={"url": "/a", "custom": '{"b": 2}'}), stored(3)]
    first = (await client.get(f"{ONE}/events?limit=2")).json()
    assert first["items"][0] == {
        "event_id": "e1",
        "session_id": "s1",
        "generation": 1,
        "user_id": "u1",
        "event_type": "click",
        "timestamp": "2026-01-02T03:00:05.679Z",
        "payload": {"x": 1},
        "url": "/a",
        "custom": {"b": 2},
    }
    rest = (await client.get(f"{ONE}/events?limit=2&cursor={first['next_cursor']}")).json()
    assert ([item["event_id"] for item in rest["items"]], rest["next_cursor"]) == (["e3"], None)


async def test_a_session_whose_events_are_not_stored_yet_has_none(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.summaries = [summary()]
    assert (await client.get(f"{ONE}/events")).json() == {"items": [], "next_cursor": None}
