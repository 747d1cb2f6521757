"""The live stream and the live view of a real server."""

import shutil
import time
import uuid
from pathlib import Path

import pytest

from tests.examples import examples, matches
from tests.live.listening import Listening
from tests.live.serving import Serving, wait_until
from tests.live.test_readme import output
from tests.sources import ROOT


def rage(server: Serving, session: str, clicks: int = 6) -> None:
    now_ms = time.time_ns() // 1_000_000
    for number in range(clicks):
        event = {"event_type": "click", "session_id": session, "timestamp": now_ms + number * 100, "path": "/pay"}
        server.post("/api/v1/events", {**event, "payload": {"x": 100, "y": 200, "target": {"selector": "#pay"}}})


def test_a_rage_click_is_on_the_stream_and_in_the_live_view_at_once(server: Serving) -> None:
    session = f"s-{uuid.uuid4()}"
    with Listening(server.port, f"?session_id={session}&anomaly=rage_click") as client:
        rage(server, session)
        acked_ms = time.time() * 1000
        assert client.status == 200
        found = client.next()
    assert found is not None
    assert (found[0], found[1]["anomaly"]["type"]) == ("anomaly", "rage_click")
    assert found[3] - acked_ms < 2_000  # the promise is 200 ms; the machine that tests may be busy
    live = server.get("/api/v1/live", params={"anomaly": "rage_click", "page": "/pay", "limit": 10_000}).json
    assert session in [one["session_id"] for one in live["stuck"]]
    assert live["sessions_live"] >= 1
    server.post(f"/session/close?session_id={session}")
    live = server.get("/api/v1/live", params={"limit": 10_000}).json
    assert session not in [one["session_id"] for one in live["stuck"]]


def test_a_stream_goes_on_behind_the_last_id_also_when_a_shard_was_killed_and_ends_with_the_server(
    tmp_path: Path,
) -> None:
    with Serving(tmp_path / "data") as server:
        with Listening(server.port, "?type=session_start") as client:
            server.post("/api/v1/events", {"event_type": "page_view", "session_id": "a"})
            heard = client.next()
            assert heard is not None
        server.kill("ShardShell")
        wait_until(server.is_ready, 30)
        server.post("/api/v1/events", {"event_type": "page_view", "session_id": "b"})
        with Listening(server.port, "?type=session_start", last_event_id=heard[2]) as client:
            again = client.next(30)
            assert again is not None
            assert (again[0], again[1]["session_id"]) == ("session_start", "b")
            server.post("/api/v1/events", {"event_type": "page_view", "session_id": "c"})
            assert (more := client.next()) is not None
            assert more[1]["session_id"] == "c"
            began = time.monotonic()
            server.stop()
            assert client.next() is None
            assert time.monotonic() - began < 10
        server.start()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples use curl, which this machine does not have")
def test_every_example_of_the_live_page_gives_what_it_shows(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with Serving(tmp_path / "data", "--shards", "1") as server:
        for example in examples((ROOT / "docs" / "live.md").read_text(encoding="utf-8")):
            real = output(example, server.url, folder)
            assert matches(example.output, real), f"$ {example.command}\nshown: {example.output}\nreal: {real}"
