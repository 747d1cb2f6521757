"""An event that kills the process of its shard, on a real server: nothing in what ships knows of it."""

import time
from pathlib import Path
from typing import Any

import pytest

from engine.wire import ISOLATED
from tests.live.serving import Serving, wait_until

# Read by every Python process of the server when it starts. It kills as a fault in a C library would.
DEADLY = """
import ctypes
from engine import fold

plain = fold.Folder.fold

def deadly(self, session, event, received_ms):
    if event.event_type == "deadly":
        ctypes.string_at(0)
    return plain(self, session, event, received_ms)

fold.Folder.fold = deadly
"""


def sent(name: str, kind: str = "page_view", session: str = "s1") -> dict[str, Any]:
    # Without a timestamp each would get the time of its request, and a resend another one.
    return {"event_id": name, "event_type": kind, "session_id": session, "timestamp": time.time_ns() // 1_000_000}


def post_until_acked(server: Serving, events: list[dict[str, Any]]) -> dict[str, Any]:
    """As every client does: the same events again after a 503."""
    answers: list[dict[str, Any]] = []

    def is_acked() -> bool:
        answer = server.post("/api/v1/events", events)
        answers.append(answer.json)
        return answer.status == 200

    wait_until(is_acked, 60)
    return answers[-1]


def counted(server: Serving, session: str) -> int:
    count = server.get("/session/analysis", params={"session_id": session}).json["event_count"]
    assert isinstance(count, int)
    return count


def metric(server: Serving, series: str) -> float:
    lines = server.get("/metrics").body.decode().splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(series)), 0.0)


@pytest.mark.timeout(150)
def test_an_event_that_kills_its_shard_is_stored_and_all_else_goes_on(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(DEADLY)
    with Serving(tmp_path / "data", "--shards", "1", python_path=tmp_path) as server:
        post_until_acked(server, [sent("o1", session="other")])
        batch = [sent("n1"), sent("n2", session="s2"), sent("killer", "deadly"), sent("n3"), sent("n4", session="s2")]
        post_until_acked(server, batch)

        wait_until(lambda: server.get("/health").json["status"] == "ok", 20)
        wait_until(lambda: metric(server, "sessiond_shard_epoch") == 3, 5)  # metrics are those of the last tick
        assert (counted(server, "s1"), counted(server, "s2")) == (2, 2)
        post_until_acked(server, [sent("o2", session="other")])
        assert counted(server, "other") == 2
        unfolded = 'sessiond_events_unfolded_total{reason="quarantined",shard="0"}'
        wait_until(lambda: metric(server, unfolded) == 1, 5)

        again = post_until_acked(server, [sent("killer", "deadly"), sent("n5")])
        assert (again["accepted"], again["duplicates"]) == (1, 1)
        assert (counted(server, "s1"), metric(server, "sessiond_shard_epoch")) == (3, 3)

        wait_until(lambda: server.stored_events() == 8, 20)
        stored = server.get("/api/v1/sessions/s1/events").json["items"]
        flags = {item["event_id"]: item.get("flags", 0) for item in stored}
        assert flags == {"n1": 0, "n3": 0, "n5": 0, "killer": ISOLATED}
        assert [item["event_id"] for item in stored].count("killer") == 1
    assert "event_id=killer" in server.log.read_text()
