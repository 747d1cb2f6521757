"""Alerts are on the live stream, beside what the shards tell."""

import pytest

from actors.monitor_source import MonitorSource
from engine.config import Live
from gateway.hub import Hub
from gateway.stream import Stream
from persistence.alert_rows import Change, Changes
from tests.alerting import alert
from tests.gateway.fake_source import FakeSource
from tests.gateway.listening import Listener

QUICK = Live(poll_ms=1, heartbeat_ms=20_000)


class Alerts:
    """Changes of alerts, in a list."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    def happen(self, **fields: object) -> None:
        self.changes.append(Change(len(self.changes) + 1, alert(**fields)))  # type: ignore[arg-type]

    async def position(self) -> int | None:
        return len(self.changes)

    async def happenings(self, after: int | None, limit: int) -> Changes:
        items = self.changes[after or 0 :][:limit]
        return Changes(items[-1].position if items else len(self.changes), items)


@pytest.fixture
def alerts() -> Alerts:
    return Alerts()


@pytest.fixture
def shard() -> FakeSource:
    return FakeSource()


@pytest.fixture
def stream(alerts: Alerts, shard: FakeSource) -> Stream:
    return Stream(Hub([shard, MonitorSource(alerts)], QUICK), QUICK)


async def test_an_alert_is_told_as_the_api_shows_it(stream: Stream, alerts: Alerts) -> None:
    alerts.happen(alert_id="before")
    async with Listener(stream) as client:
        alerts.happen(alert_id="a1", baseline=1.5)
        heard = await client.next()
    assert (heard.event, heard.data["id"], heard.data["state"], heard.data["baseline"]) == (
        "alert",
        "a1",
        "firing",
        1.5,
    )
    assert heard.id == "s0:0,m:2.0"


@pytest.mark.parametrize(
    ("query", "heard"),
    [
        ({"type": "alert"}, ["alert"]),
        ({"type": "session_start"}, ["session_start"]),
        ({"severity": "high"}, ["alert"]),
        ({"severity": "low"}, []),
        ({"user_id": "ada"}, []),
    ],
)
async def test_filters_hold_for_alerts(
    stream: Stream, alerts: Alerts, shard: FakeSource, query: dict[str, str], heard: list[str]
) -> None:
    async with Listener(stream, query=query) as client, Listener(stream) as all_of_it:
        alerts.happen()
        shard.happen("s1")
        for _ in range(2):
            await all_of_it.next()
        assert [(await client.next()).event for _ in heard] == heard
        assert client.heard.empty()


async def test_who_comes_back_hears_each_alert_since_once(stream: Stream, alerts: Alerts) -> None:
    async with Listener(stream) as client:
        alerts.happen(alert_id="a1")
        last_id = (await client.next()).id
    alerts.happen(alert_id="a1", state="resolved", version=2)
    alerts.happen(alert_id="a2")
    async with Listener(stream, last_event_id=last_id) as client:
        heard = [await client.next() for _ in range(2)]
        assert client.heard.empty()
    assert [(one.data["id"], one.data["state"]) for one in heard] == [("a1", "resolved"), ("a2", "firing")]


async def test_an_id_that_names_no_monitor_begins_with_what_is_new(stream: Stream, alerts: Alerts) -> None:
    alerts.happen(alert_id="old")
    async with Listener(stream, last_event_id="s0:0") as client:
        alerts.happen(alert_id="new")
        assert (await client.next()).data["id"] == "new"
