"""The monitor of a real server: it counts exactly whoever is killed, and what it finds reaches those it is for."""

import json
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from actors.webhook import signature
from persistence.opening import connect_to_read
from tests.actors.receiver import Receiver, receiver
from tests.alerting import counted_events
from tests.live.listening import Listening
from tests.live.serving import Serving, wait_until

ALERTS = "/api/v1/alerts"
MONITOR = "ray::Monitor"


@contextmanager
def serving(folder: Path, alerts: str, *flags: str) -> Iterator[Serving]:
    """`alerts`: the section as TOML."""
    file = folder / "sessiond.toml"
    file.write_text(alerts)
    with Serving(folder / "data", "--config", str(file), *flags) as server:
        yield server


def rule(value: int, more: str = "") -> str:
    return f"""
[[alerts.rules]]
name = "many"
metric = "events"
value = {value}
{more}
"""


def hook_of(endpoint: Receiver) -> str:
    return f"""
[[alerts.webhooks]]
name = "hook"
url = "{endpoint.url}"
secret = "s3cret"
"""


def send(server: Serving, *numbers: int) -> None:
    """Sent again until they are acked."""
    events = [{"event_id": f"e{n}", "session_id": f"s{n % 7}", "event_type": "page_view"} for n in numbers]
    wait_until(lambda: is_acked(server, events), 60)


def is_acked(server: Serving, events: list[dict[str, str]]) -> bool:
    try:
        return server.post("/api/v1/events", events).status == 200
    except OSError:
        return False


def counted(server: Serving) -> int:
    """Events that the monitor has on its disk."""
    try:
        with closing(connect_to_read(server.data_dir / "monitor" / "monitor.db")) as db:
            saved = db.execute("SELECT value FROM saved").fetchone()
            steps = [step for (step,) in db.execute("SELECT step FROM steps ORDER BY number").fetchall()]
            return counted_events(saved[0] if saved else b"", steps)
    except sqlite3.OperationalError:
        return 0  # not made yet


def alerts(server: Serving) -> list[dict[str, Any]]:
    answer = server.get(ALERTS)
    return answer.json["items"] if answer.status == 200 else []


@pytest.mark.timeout(180)
def test_whoever_is_killed_every_event_counts_once(tmp_path: Path) -> None:
    with serving(tmp_path, rule(1_000_000)) as server:
        for number in range(60):
            send(server, *range(number * 10, number * 10 + 10))
            if number % 20 == 5:
                wait_until(lambda: len(server.pids(MONITOR)) == 1, 30)
                server.kill(MONITOR)
            elif number % 20 == 12:
                server.kill("ray::Shard")
        wait_until(lambda: counted(server) == 600, 60, lambda: f"{counted(server)} counted")
        server.kill_all()
        server.start()
        send(server, *range(600, 610))
        wait_until(lambda: counted(server) == 610, 60, lambda: f"{counted(server)} counted")


@pytest.mark.timeout(120)
def test_while_the_monitor_is_stopped_events_are_acked_and_health_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, rule(1_000_000)) as server:
        wait_until(lambda: monitor_check(server)["last_error"] == "", 30)
        [pid] = server.pids(MONITOR)
        os.kill(pid, signal.SIGSTOP)
        for number in range(20):
            send(server, number)
        wait_until(lambda: "does not answer" in monitor_check(server)["last_error"], 30)
        assert monitor_check(server)["lag_ms"] > 0
        os.kill(pid, signal.SIGCONT)
        wait_until(lambda: counted(server) == 20, 60)
        wait_until(lambda: monitor_check(server)["last_error"] == "", 30)


def monitor_check(server: Serving) -> dict[str, Any]:
    found: dict[str, Any] = server.get("/health").json["checks"]["monitor"]
    return found


@pytest.mark.timeout(120)
def test_an_alert_is_told_listed_acknowledged_sent_and_stored(tmp_path: Path) -> None:
    with receiver() as endpoint:
        endpoint.statuses = [503]  # the first attempt
        with serving(tmp_path, rule(5) + hook_of(endpoint)) as server:
            with Listening(server.port, "?type=alert") as client:
                send(server, *range(10))
                told = client.next(30)
            wait_until(lambda: len(alerts(server)) == 1, 30)
            [found] = alerts(server)
            assert (found["state"], found["rule"]) == ("firing", "many")
            assert told is not None
            assert (told[0], told[1]["id"], told[1]["state"]) == ("alert", found["id"], "firing")
            acked = server.post(f"{ALERTS}/{found['id']}/ack", {"by": "anna", "note": "looking"})
            assert acked.json["acked"]["by"] == "anna"
            wait_until(lambda: alerts(server)[0]["deliveries"][0]["state"] == "done", 30)
            assert alerts(server)[0]["deliveries"][0]["attempts"] == 2
            wait_until(lambda: not unstored(server), 30)
    check_message(endpoint, found["id"])


@pytest.mark.timeout(120)
def test_an_api_that_fails_is_an_alert_without_any_configuration(tmp_path: Path) -> None:
    with serving(tmp_path, "") as server:
        assert server.post("/api/v1/events", [request(number) for number in range(70)]).status == 200
        wait_until(lambda: len(alerts(server)) == 1, 30)
        [found] = alerts(server)
        assert (found["rule"], found["severity"], found["state"]) == ("api_error_rate", "high", "firing")
        assert found["group"] == "POST /api/orders/:id"
        assert found["value"] > found["threshold"] == 0.05


def request(number: int) -> dict[str, object]:
    """To one route; every tenth fails."""
    status = 503 if number % 10 == 0 else 200
    payload = {"method": "POST", "url": f"https://shop.example/api/orders/{number}", "status": status}
    return {"session_id": f"s{number}", "event_type": "network_request", "payload": payload}


@pytest.mark.timeout(120)
def test_a_message_goes_out_again_after_the_monitor_was_killed(tmp_path: Path) -> None:
    with receiver() as endpoint:
        endpoint.gate.clear()
        with serving(tmp_path, rule(5) + hook_of(endpoint)) as server:
            send(server, *range(10))
            assert endpoint.arrived.acquire(timeout=30)
            server.kill(MONITOR)
            endpoint.gate.set()
            wait_until(
                lambda: [one["state"] for found in alerts(server) for one in found["deliveries"]] == ["done"], 60
            )
    assert len({headers["Sessiond-Delivery"] for headers, _ in endpoint.got}) == 1


def unstored(server: Serving) -> int:
    with closing(connect_to_read(server.data_dir / "monitor" / "monitor.db")) as db:
        return int(db.execute("SELECT count(*) FROM alerts WHERE stored_version < version").fetchone()[0])


def check_message(endpoint: Receiver, alert_id: str) -> None:
    (first, _), (second, body) = endpoint.got
    assert first["Sessiond-Delivery"] == second["Sessiond-Delivery"]
    assert json.loads(body)["alert"]["id"] == alert_id
    at_s = int(second["Sessiond-Signature"].split(",")[0].removeprefix("t="))
    assert second["Sessiond-Signature"] == signature("s3cret", at_s, body)
