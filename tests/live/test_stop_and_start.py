"""What a stop leaves behind: nothing acked is lost, and live sessions go on."""

from pathlib import Path

import pytest

from tests.live.serving import Serving


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
