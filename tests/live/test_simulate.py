"""Simulated traffic through a real server: what it finds is what was planted, and what it runs beside itself ends."""

from pathlib import Path

import pytest

from cli.main import run
from tests.live.serving import Serving, wait_until

FRESH_WITHIN_S = 30.0


def test_what_a_server_reports_is_what_was_planted(
    server: Serving, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = str(tmp_path / "truth.jsonl")
    flags = ["--start", "2019-03-04T08:00:00Z", "--speed", "max", "--seed", "7", "--events", "8000"]
    assert run(["simulate", *flags, "--troubled", "0.5", "--truth", truth, "--url", server.url]) == 0
    wait_until(lambda: _checked(server.url, truth, capsys)["missing_close"][4] == "1.000", FRESH_WITHIN_S)
    rows = _checked(server.url, truth, capsys)
    reported = [row for row in rows.values() if row[-1] != "server"]
    assert {"rage_click", "rapid_fire", "stuck_pattern", "repeated_action", "missing_close"} <= rows.keys()
    assert all(row[3:5] == ["1.000", "1.000"] and row[1] == row[2] for row in reported)


def test_serve_makes_traffic_while_it_runs_and_no_longer(tmp_path: Path) -> None:
    with Serving(tmp_path / "data", "--simulate", "50") as serving:
        wait_until(lambda: serving.stored_events() > 100, FRESH_WITHIN_S)
        [simulation] = serving.pids("simulate --url")
    assert not Path(f"/proc/{simulation}").exists()


def _checked(url: str, truth: str, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    assert run(["simulate", "--check", url, "--truth", truth]) == 0
    lines = capsys.readouterr().out.splitlines()
    return {row[0]: row for row in map(str.split, lines[2:])}
