"""Events of a user, and statistics."""

import httpx
import pytest

from gateway.params import RANGE_MS
from gateway.timestamps import iso
from persistence.ports import DailyCount, EventStats, StatsFilter, StoredEvent
from tests.gateway.builders import is_problem
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine

USER = "/api/v1/events/user/u1"
TODAY = "2026-01-02T00:00:00.000Z"


def stored(number: int, payload: str = "") -> StoredEvent:
    return StoredEvent(f"e{number}", "s1", 1, "u1", "click", NOW_MS + number, payload)


def asked_range(engine: FakeEngine) -> tuple[str, str]:
    wanted = engine.wanted_events[-1]
    assert wanted.from_ms is not None
    assert wanted.to_ms is not None
    return iso(wanted.from_ms), iso(wanted.to_ms)


@pytest.mark.parametrize("url", [USER, "/api/events/user/u1"])
async def test_a_users_events_are_an_array(client: httpx.AsyncClient, engine: FakeEngine, url: str) -> None:
    engine.stored = [stored(1, '{"page":"/home"}'), stored(2)]
    response = await client.get(url)
    at = ["2026-01-02T03:00:05.679Z", "2026-01-02T03:00:05.680Z"]
    assert response.json() == [
        {
            "event_id": "e1",
            "session_id": "s1",
            "event_type": "click",
            "timestamp": at[0],
            "metadata": {"page": "/home"},
        },
        {"event_id": "e2", "session_id": "s1", "event_type": "click", "timestamp": at[1], "metadata": {}},
    ]
    assert "x-next-cursor" not in response.headers


async def test_the_next_page_is_told_in_headers(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.stored = [stored(number) for number in range(5)]
    response = await client.get(f"{USER}?limit=2&order=asc")
    cursor = response.headers["x-next-cursor"]
    assert response.headers["link"] == f'<{USER}?limit=2&order=asc&cursor={cursor}>; rel="next"'
    following = await client.get(response.links["next"]["url"])
    assert [event["event_id"] for event in following.json()] == ["e2", "e3"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (TODAY, "2026-02-01T00:00:00.000Z")),
        ("?started_at=2026-01-05", ("2026-01-05T00:00:00.000Z", "2026-02-04T00:00:00.000Z")),
        ("?ended_at=2026-01-31", ("2026-01-01T00:00:00.000Z", "2026-01-31T00:00:00.000Z")),
        ("?started_at=0&ended_at=5", ("1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.005Z")),
        ("?started_at=2026-01-05T00:00:00 02:00", ("2026-01-04T22:00:00.000Z", "2026-02-03T22:00:00.000Z")),
    ],
)
async def test_the_range_is_today_and_30_days_unless_given(
    client: httpx.AsyncClient, engine: FakeEngine, query: str, expected: tuple[str, str]
) -> None:
    await client.get(USER + query)
    assert asked_range(engine) == expected


async def test_the_order_may_be_turned(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    await client.get(f"{USER}?order=desc")
    assert engine.wanted_events[-1].order == "desc"
    is_problem(await client.get(f"{USER}?order=up"), 400, "invalid_parameter")


async def test_a_user_id_may_hold_anything(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    await client.get("/api/v1/events/user/a%2Fb%3F")
    assert engine.wanted_events[-1].user_id == "a/b?"


@pytest.mark.parametrize("url", ["/api/v1/events/stats", "/api/events/stats"])
async def test_statistics_have_shares_and_series(client: httpx.AsyncClient, engine: FakeEngine, url: str) -> None:
    daily = [DailyCount("click", "2026-01-02", 3)]
    engine.numbers = EventStats(3, 2, 1, [("click", 2), ("scroll", 1)], [(NOW_MS, 3)], daily)
    assert (await client.get(url)).json() == {
        "total": 3,
        "unique_users": 2,
        "unique_sessions": 1,
        "by_type": [
            {"event_type": "click", "count": 2, "percentage": 66.67},
            {"event_type": "scroll", "count": 1, "percentage": 33.33},
        ],
        "series": [{"at": "2026-01-02T03:00:05.678Z", "count": 3}],
        "daily": [{"event_type": "click", "date": "2026-01-02", "count": 3}],
    }


async def test_statistics_of_nothing_are_zero(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    body = (await client.get("/api/v1/events/stats?interval=day")).json()
    assert (body["total"], body["by_type"]) == (0, [])
    today = NOW_MS - NOW_MS % 86_400_000
    assert engine.wanted_stats == [StatsFilter("default", today, today + RANGE_MS, "day")]


async def test_the_interval_is_an_hour_or_a_day(client: httpx.AsyncClient) -> None:
    body = is_problem(await client.get("/api/v1/events/stats?interval=week"), 400, "invalid_parameter")
    assert body["message"] == '`interval` is "week"; hour or day is allowed.'
