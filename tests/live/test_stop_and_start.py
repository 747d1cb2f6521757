"""What a stop, a restart and a kill leave behind: nothing acked is lost, nothing is stored twice."""

import os
import signal
import threading
import uuid
from pathlib import Path

import pytest

from tests.live.serving import Serving, wait_until


class Load:
    """A client that sends batches of 20 events one after the other and remembers every id that was acked."""

    def __init__(self, server: Serving) -> None:
        self._server = server
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.acked: set[str] = set()
        self.run_id = uuid.uuid4().hex[:8]

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            ids = [f"{self.run_id}-{number}-{place}" for place in range(20)]
            self._send_until_acked(ids)
            number += 1

    def _send_until_acked(self, ids: list[str]) -> None:
        """A failed request may have been taken: the same events again, as a real client does."""
        events = [
            {"event_id": name, "session_id": f"{self.run_id}-{place % 5}", "event_type": "page_view"}
            for place, name in enumerate(ids)
        ]
        while True:
            try:
                if self._server.post("/api/v1/events", events).status == 200:
                    self.acked.update(ids)
                    return
            except (OSError, ValueError):
                pass
            if self._stop.wait(0.2):
                return


def stored_ids(server: Serving, run_id: str) -> list[str]:
    found: list[str] = []
    for place in range(5):
        cursor: str | None = ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            page = server.get(f"/api/v1/sessions/{run_id}-{place}/events", params={"limit": 5000, **more}).json
            found += [event["event_id"] for event in page["items"]]
            cursor = page["next_cursor"]
    return found


def assert_all_stored_once(server: Serving, load: Load) -> None:
    wait_until(lambda: load.acked <= set(stored_ids(server, load.run_id)), 30)
    stored = stored_ids(server, load.run_id)
    assert len(stored) == len(set(stored))
    counts = [
        server.get("/session/analysis", params={"session_id": f"{load.run_id}-{place}"}).json["event_count"]
        for place in range(5)
    ]
    assert sum(counts) == len(stored)


def wait_for_acks(load: Load, count: int) -> None:
    enough = len(load.acked) + count
    wait_until(lambda: len(load.acked) >= enough, 60)


def kill_shard(server: Serving) -> None:
    server.kill("ray::Shard")


def kill_store(server: Serving) -> None:
    server.kill("ray::Store")


def kill_gateway(server: Serving) -> None:
    os.kill(server.gateway_pid(), signal.SIGKILL)


def kill_everything(server: Serving) -> None:
    server.kill_all()
    server.start()


KILLS = (kill_shard, kill_store, kill_gateway, kill_everything)


@pytest.mark.timeout(240)
def test_nothing_acked_is_lost_or_doubled_whatever_is_killed(tmp_path: Path) -> None:
    with Serving(tmp_path / "data") as server:
        with Load(server) as load:
            for kill in KILLS:
                wait_for_acks(load, 200)
                kill(server)
            wait_for_acks(load, 200)
        assert_all_stored_once(server, load)
        assert "not folded" not in server.log.read_text()  # who was killed from outside suspects no event for long


@pytest.mark.timeout(120)
def test_sigterm_ends_with_0_in_10_seconds_and_the_next_start_goes_on_with_the_live_sessions(tmp_path: Path) -> None:
    server = Serving(tmp_path / "data", "--shards", "2")
    sessions = [f"s-{number}" for number in range(20)]

    def analyses() -> list[object]:
        return [server.get("/session/analysis", params={"session_id": name}).json for name in sessions]

    with server:
        server.post("/api/v1/events", [{"event_type": "page_view", "session_id": name} for name in sessions])
        before = analyses()
    with server:
        assert analyses() == before
        assert server.stored_events() == len(sessions)
        server.post("/api/v1/events", [{"event_type": "page_view", "session_id": "s-0"}])
        assert server.get("/session/analysis", params={"session_id": "s-0"}).json["event_count"] == 2
