"""Every example of docs/whatif.md, in order, against a running server; and simulated traffic through a real store."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples import examples, matches
from tests.live.serving import Serving, wait_until
from tests.live.test_readme import output
from tests.simulator.traffic import with_truth
from tests.sources import ROOT

WHATIF = "/api/v1/detectors/whatif"
RANGE = {"started_at": "2026-01-01", "ended_at": "2026-02-01", "limit": 10_000}


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Serving]:
    serving = Serving(tmp_path / "server" / "data")
    serving.data_dir.parent.mkdir()
    try:
        yield serving.start()
    finally:
        assert serving.stop() == 0


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples use curl, which this machine does not have")
def test_every_example_of_the_page_gives_what_it_shows(new_server: Serving, tmp_path: Path) -> None:
    found = examples((ROOT / "docs" / "whatif.md").read_text(encoding="utf-8"))
    assert found
    for example in found:
        real = output(example, new_server.url, tmp_path)
        assert matches(example.output, real), f"$ {example.command}\nshown: {example.output}\nreal: {real}"


def test_the_rules_in_force_add_and_remove_nothing_in_a_real_store(new_server: Serving) -> None:
    made, _ = with_truth(seed=5, events=3_000)
    sessions = {event["session_id"] for event in made}
    for first in range(0, len(made), 500):
        assert new_server.post("/api/v1/events?historic=true", made[first : first + 500]).status == 200
    for session_id in sessions:
        new_server.post(f"/session/close?session_id={session_id}")

    def judged(kind: str, **values: int) -> dict[str, object]:
        answer = new_server.post(WHATIF, {"detector": kind, "set": values, **RANGE})
        assert answer.status == 200, answer.body
        found: dict[str, object] = answer.json
        return found

    wait_until(lambda: judged("rage_click")["sessions"] == len(sessions), 30)
    for kind in json.loads(new_server.get("/api/v1/detectors").body)["detectors"]:
        body = judged(kind)
        assert (body["sessions"], body["skipped"], body["added"], body["removed"]) == (len(sessions), {}, [], []), kind


def test_rules_that_were_set_outlive_a_kill_of_everything(new_server: Serving) -> None:
    body = json.dumps({"detectors": {"rage_click": {"min_clicks": 3}}}).encode()
    before = new_server.request("PUT", "/api/v1/detectors", body).json
    new_server.kill_all()
    new_server.start()
    assert new_server.get("/api/v1/detectors").json == before
    clicks = [
        {
            "event_id": f"e{number}",
            "session_id": "s",
            "event_type": "click",
            "path": "/",
            "payload": {"x": 1, "y": 1, "target": {"tag": "button", "selector": "#a"}},
            "timestamp": f"2026-01-02T12:00:00.{number}00Z",
        }
        for number in range(3)
    ]
    assert new_server.post("/api/v1/events", clicks).status == 200
    anomalies = new_server.get("/session/analysis?session_id=s").json["anomalies"]
    assert "rage_click" in [anomaly["type"] for anomaly in anomalies]
