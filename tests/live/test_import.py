"""Real traffic of four days through the whole way, twice."""

import time
from pathlib import Path
from typing import Any, Final, Protocol

import httpx
import pytest

from cli.main import run

REAL_LOG: Final = Path(__file__).parents[2].parent / "shared" / "data" / "access.log"
DAYS: Final = {"started_at": "2015-05-01T00:00:00Z", "ended_at": "2015-06-01T00:00:00Z"}
FRESH_WITHIN_S: Final = 30.0


class RunningServer(Protocol):
    url: str


@pytest.mark.skipif(not REAL_LOG.is_file(), reason="the sample log is not beside this checkout")
def test_a_real_log_gives_its_finished_sessions_and_a_second_run_changes_nothing(
    server: RunningServer, capsys: pytest.CaptureFixture[str]
) -> None:
    first = imported(server.url, capsys)
    assert first["accepted"] == 9_999
    assert "line 8899" in first["err"]
    known = settled_stats(server.url)
    assert (known["total"], known["unique_users"], known["unique_sessions"]) == (9_999, 1_861, 3_223)
    assert sessions(server.url, "live") == []
    ended = sessions(server.url, "ended")
    assert len(ended) == 3_223

    second = imported(server.url, capsys)
    assert (second["accepted"], second["duplicates"], second["swept"]) == (0, 9_999, 0)
    assert settled_stats(server.url) == known
    assert by_id(sessions(server.url, "ended")) == by_id(ended)


def imported(url: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert run(["import", str(REAL_LOG), "--url", url]) == 0
    said = capsys.readouterr()
    counts = [line.split()[:2] for line in said.out.splitlines()[1:]]
    return {"err": said.err} | {name: int(number.replace(",", "")) for name, number in counts}


def settled_stats(url: str) -> dict[str, Any]:
    """ClickHouse follows the acknowledgement within the flush interval."""
    deadline_s = time.monotonic() + FRESH_WITHIN_S
    while True:
        found: dict[str, Any] = httpx.get(f"{url}/api/v1/events/stats", params=DAYS).raise_for_status().json()
        if found["total"] >= 9_999 or time.monotonic() > deadline_s:
            return found
        time.sleep(0.2)


def sessions(url: str, state: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {**DAYS, "state": state, "limit": "1000", "cursor": cursor}
        page = httpx.get(f"{url}/api/v1/sessions", params={k: v for k, v in asked.items() if v}, timeout=30)
        found += page.raise_for_status().json()["items"]
        cursor = page.json()["next_cursor"]
    return found


def by_id(found: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a resent event may change is the count of duplicates, and with it the version."""
    return {
        f"{session['session_id']}/{session['generation']}": {
            name: value for name, value in session.items() if name not in ("version", "events_duplicate")
        }
        for session in found
    }
