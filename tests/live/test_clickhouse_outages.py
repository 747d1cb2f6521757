"""ClickHouse away, in every way it can be: events are acked as ever, it is said what is wrong, and every row is stored
once when it is back."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live.flaky_clickhouse import FlakyClickHouse, Mode
from tests.live.serving import Answer, Serving, wait_until

BATCH = 20
BATCHES = 5
FRESH_S = 10.0  # from the end of an outage until everything is stored: a ping, then one insert a table
SAID_S = 10.0  # from the first failure to /health: a timeout of ClickHouse, a ping and a look of the gateway
SLOW_S = 1.0  # no ack takes so long, whatever the store does
CONFIG = """
[clickhouse]
url = "{url}"
timeout_ms = 1500
flush_interval_ms = 200
aggregate_interval_ms = 500
"""

SAID: dict[Mode, str] = {
    "hang": "ClickHouse did not answer in time: it hangs, is overloaded or cut off.",
    "refuse": "ClickHouse refuses connections: it is not running, or `clickhouse.url` is wrong.",
    "code": "ClickHouse: Received ClickHouse exception, code: 241",
    "proxy": "Something that is not ClickHouse, perhaps a proxy, answers at `clickhouse.url`: HTTP status 502.",
    "late": "ClickHouse did not answer in time: it hangs, is overloaded or cut off.",
    "half": "ClickHouse closed the connection before it had answered.",
    "between": "ClickHouse refuses connections: it is not running, or `clickhouse.url` is wrong.",
}


class World:
    """A server whose ClickHouse hangs from the start."""

    def __init__(self, clickhouse: FlakyClickHouse, server: Serving) -> None:
        self.clickhouse = clickhouse
        self.server = server
        self.sent = 0
        self.slowest_s = 0.0

    def send(self, batches: int = BATCHES) -> None:
        """Each event ends its session, so that every chunk has rows for several tables."""
        for _ in range(batches):
            events = [
                {"event_id": f"e{number}", "session_id": f"s{number}", "event_type": "app_close"}
                for number in range(self.sent, self.sent + BATCH)
            ]
            started_s = time.monotonic()
            assert self.server.post("/api/v1/events", events).status == 200
            self.slowest_s = max(self.slowest_s, time.monotonic() - started_s)
            self.sent += BATCH

    def clickhouse_check(self) -> dict[str, str]:
        check: dict[str, str] = self.server.get("/health").json["checks"]["clickhouse"]
        return check

    def lag(self) -> dict[str, int]:
        found: dict[str, int] = self.server.get("/health").json["checks"]["journal"]
        return found

    def stored(self) -> list[int]:
        """Raw rows, not what a reader of FINAL sees: events, distinct events, sessions."""
        [events] = self.clickhouse.rows("SELECT count(), uniqExact(event_id) FROM events")
        [sessions] = self.clickhouse.rows("SELECT count() FROM sessions")
        return [int(value) for value in (*events, *sessions)]

    def metric(self, name: str) -> float:
        lines = self.server.get("/metrics").body.decode().splitlines()
        return max(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def check_that_it_is_said(self, sentence: str) -> None:
        def is_said() -> bool:
            return self.clickhouse_check()["last_error"].startswith(sentence)

        wait_until(is_said, SAID_S, lambda: str(self.clickhouse_check()))
        assert self.clickhouse_check()["status"] == "degraded"
        before = self.lag()
        self.send()
        wait_until(lambda: self.lag()["lag_ms"] > before["lag_ms"], SAID_S)
        assert self.lag()["lag_frames"] > before["lag_frames"]
        assert self.metric("sessiond_sink_lag_frames") > 0
        assert self.metric("sessiond_sink_lag_seconds") > 0

    def check_that_all_is_stored_once(self) -> None:
        wait_until(lambda: self.lag()["lag_frames"] == 0, FRESH_S, lambda: str(self.lag()))
        wait_until(lambda: self.clickhouse_check()["status"] == "ok", SAID_S)
        assert self.stored() == [self.sent] * 3


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with FlakyClickHouse(tmp_path / "clickhouse") as clickhouse:
        clickhouse.turn("hang")
        settings = tmp_path / "sessiond.toml"
        settings.write_text(CONFIG.format(url=clickhouse.url))
        with Serving(tmp_path / "data", "--shards", "2", "--config", str(settings)) as server:
            yield World(clickhouse, server)


def timed(ask: Callable[[], Answer]) -> tuple[Answer, float]:
    started_s = time.monotonic()
    answer = ask()
    return answer, time.monotonic() - started_s


@pytest.mark.timeout(180)
def test_no_way_of_being_away_holds_up_acks_or_costs_or_doubles_a_row(world: World) -> None:
    for mode, sentence in SAID.items():
        stored = world.sent
        world.clickhouse.turn(mode)
        world.send()
        world.check_that_it_is_said(sentence)
        live, took_s = timed(lambda: world.server.get("/api/v1/sessions", params={"state": "live"}))
        assert (live.status, took_s < SLOW_S) == (200, True)
        if mode != "late":  # there it answers queries
            refused, took_s = timed(lambda: world.server.get("/api/v1/events/stats"))
            assert (refused.status, refused.headers["retry-after"], took_s < SLOW_S) == (503, "1", True)
        if mode in ("late", "between"):  # committed, and nobody knows; all of the chunk, or its first table
            events, _, sessions = world.stored()
            assert events > stored
            assert mode == "late" or sessions == stored
        world.clickhouse.turn("well")
        world.check_that_all_is_stored_once()
    check_queries_that_hang(world)
    assert world.server.stop() == 0  # within 10 s, though nobody answers its inserts
    world.clickhouse.turn("well")
    world.server.start()
    world.check_that_all_is_stored_once()
    assert world.slowest_s < SLOW_S


def check_queries_that_hang(world: World) -> None:
    """More than the store has threads for, sent before anybody knows that it hangs."""
    world.clickhouse.turn("hang")
    with ThreadPoolExecutor(8) as threads:
        hanging = [threads.submit(lambda: world.server.get("/api/v1/events/stats")) for _ in range(8)]
        world.send()
        found, took_s = timed(lambda: world.server.get("/session/analysis", params={"session_id": "s0"}))
        assert (found.status, took_s < SLOW_S) == (200, True)
        world.check_that_it_is_said(SAID["hang"])
    assert {answer.result().status for answer in hanging} == {503}


@pytest.mark.timeout(90)
def test_an_embedded_database_that_does_not_open_is_said_and_waited_for(tmp_path: Path) -> None:
    """A file lies where its folder belongs."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "clickhouse").write_text("not a database")
    with Serving(data) as server:
        assert server.post("/api/v1/events", [{"event_type": "click", "session_id": "s1"}]).status == 200
        health = server.get("/health").json
        assert health["status"] == health["checks"]["clickhouse"]["status"] == "degraded"
        assert health["checks"]["clickhouse"]["last_error"].startswith("The embedded database cannot be opened")
        (data / "clickhouse").unlink()
        wait_until(lambda: server.get("/health").json["status"] == "ok", FRESH_S)
        wait_until(lambda: server.stored_events() == 1, FRESH_S)
