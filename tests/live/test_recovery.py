"""How soon events are accepted again after a process of the real server died; nothing acked is lost or left behind."""

import time
from pathlib import Path

import pytest

from tests.live.serving import Serving, wait_until


def send(server: Serving, number: int) -> None:
    """One event, sent again until it is acked."""
    event = {"event_id": f"e{number}", "session_id": "s", "event_type": "page_view"}
    wait_until(lambda: is_acked(server, event), 30)


def is_acked(server: Serving, event: dict[str, str]) -> bool:
    try:
        return server.post("/api/v1/events", event).status == 200
    except OSError:
        return False


def assert_nothing_lost(server: Serving, events: int) -> None:
    assert server.get("/session/analysis", params={"session_id": "s"}).json["event_count"] == events
    wait_until(lambda: server.stored_events() == events, 30)


@pytest.mark.timeout(60)
def test_a_killed_shard_accepts_again_in_3_seconds(tmp_path: Path) -> None:
    with Serving(tmp_path / "data") as server:
        send(server, 0)
        server.kill("ray::Shard")
        started_s = time.monotonic()
        send(server, 1)
        assert time.monotonic() - started_s < 3
        assert_nothing_lost(server, 2)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("process", ["gcs/gcs_server", "raylet/raylet"])
def test_when_ray_dies_everything_starts_anew_within_20_seconds(tmp_path: Path, process: str) -> None:
    """6 to 8 s on a machine with nothing else to do; 14 s beside seven other test runs."""
    with Serving(tmp_path / "data") as server:
        send(server, 0)
        before = server.pids("")
        server.kill(process)
        started_s = time.monotonic()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in before), 5)
        send(server, 1)
        assert time.monotonic() - started_s < 20
        assert_nothing_lost(server, 2)
