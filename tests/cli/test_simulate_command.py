import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import run
from simulator.truth import RUN
from tests.cli.tiny_server import TinyServer

AT = ["--start", "2026-01-05T08:00:00Z", "--speed", "max", "--seed", "1"]


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_file_holds_exactly_what_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "traffic.jsonl"
    assert run(["simulate", *AT, "--events", "500", "--sessions", "20", "--sink", "file", "--out", str(out)]) == 0
    made = lines(out)
    assert (len(made), len({event["session_id"] for event in made})) == (500, 20)
    assert made[0]["timestamp"] == "2026-01-05T08:00:00.000Z"
    assert capsys.readouterr().err.startswith("500 events in 20 sessions, 0 failed, ")


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        assert run(["simulate", *AT, "--events", "500", "--sink", "file", "--out", str(file), "--quiet"]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["--min-session-duration", "5", "--max-session-duration", "9"], ["--min-session", "5", "--max-session", "9"]),
        (["--rate-per-second", "10"], ["--rate", "36000"]),
    ],
)
def test_both_spellings_mean_the_same(one: list[str], other: list[str], tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file, flags in zip(files, (one, other), strict=True):
        assert run(["simulate", *AT, "--events", "200", "--sink", "file", "--out", str(file), *flags]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()


def test_quiet_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", *AT, "--events", "9", "--sink", "file", "--out", str(tmp_path / "a"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_history_arrives_whole_and_its_sessions_are_ended(server: TinyServer) -> None:
    server.trouble = [(503, {}, {"Retry-After": "0"})]
    assert run(["simulate", *AT, "--events", "1200", "--url", server.url]) == 0
    assert sum(map(len, server.batches)) == 1200
    assert server.requests[-1].startswith("/api/v1/sessions/sweep")
    assert "historic=true" in server.requests[-2]


def test_what_happens_now_is_no_history(server: TinyServer) -> None:
    flags = ["--events", "20", "--rate-per-second", "2000", "--steady", "--max-session", "2", "--min-session", "1"]
    assert run(["simulate", *flags, "--url", server.url]) == 0
    assert sum(map(len, server.batches)) == 20
    assert {path for path in server.requests if "events" in path} == {"/api/v1/events"}


def test_what_a_server_refuses_is_counted(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.reject = lambda event: event["event_type"] == "session_end"
    assert run(["simulate", *AT, "--events", "100", "--sessions", "10", "--url", server.url]) == 0
    assert "100 events in 10 sessions" not in capsys.readouterr().err


def test_a_server_that_is_not_there_fails_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", *AT, "--events", "10", "--url", "http://127.0.0.1:9", "--wait", "0"]) == 1
    assert capsys.readouterr().err.startswith("sessiond: http://127.0.0.1:9 did not answer within 0 s")


def test_a_check_prints_precision_and_recall_by_type(
    server: TinyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = tmp_path / "truth.jsonl"
    flags = ["--events", "3000", "--troubled", "0.5", "--truth", str(truth), "--sink", "file", "--out", "/dev/null"]
    assert run(["simulate", *AT, *flags]) == 0
    facts = lines(truth)
    assert facts[-1]["type"] == RUN
    rage = [fact for fact in facts if fact["type"] == "rage_click"]
    server.sessions = [
        {"session_id": fact["session_id"], "anomalies": [{"type": "rage_click", "event_ids": fact["event_ids"]}]}
        for fact in rage[1:]
    ]
    server.sessions.append({"session_id": "s-1", "anomalies": [{"type": "rage_click", "event_ids": []}]})
    capsys.readouterr()
    assert run(["simulate", "--check", server.url, "--truth", str(truth)]) == 0
    table = {line.split()[0]: line.split() for line in capsys.readouterr().out.splitlines()[1:]}
    recall = f"{(len(rage) - 1) / len(rage):.3f}"
    assert table["rage_click"] == ["rage_click", str(len(rage)), str(len(rage) - 1), "1.000", recall]
    assert table["u_turn"][-5:] == ["not", "reported", "by", "this", "server"]


def test_sigterm_ends_it_with_its_totals(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli", "simulate", "--rate-per-second", "200", "--steady", "--sink", "stdout"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, said = process.stdout.read(), process.stderr.read()
    assert process.returncode == 0
    made = [json.loads(line) for line in (first + rest).splitlines()]
    assert sum(event["event_type"] == "session_end" for event in made) == len({e["session_id"] for e in made})
    assert f"{len(made):,} events in " in said


@pytest.mark.parametrize(
    "flags",
    [
        ["--rate", "0"],
        ["--rate", "5", "--rate-per-second", "1"],
        ["--min-session", "60", "--max-session-duration", "60"],
        ["--events", "1"],
        ["--events", "10", "--sessions", "9"],
        ["--reuse", "1"],
        ["--start", "yesterday"],
        ["--speed", "0"],
        ["--speed", "fast"],
        ["--timezone", "Mars/Olympus"],
        ["--troubled", "2"],
        ["--trouble", "boredom=0.1"],
        ["--trouble", "rage_click"],
        ["--sink", "tape"],
        ["--sink", "grpc"],
        ["--sink", "kafka", "--bootstrap-servers", "127.0.0.1:9"],
        ["--sink", "file"],
        ["--sink", "http", "--url", "nonsense"],
        ["--check", "http://127.0.0.1:9"],
    ],
)
def test_wrong_options_exit_2(flags: list[str]) -> None:
    assert run(["simulate", *flags]) == 2


@pytest.mark.parametrize("content", ["", "{}\n", '{"session_id":"s","type":"u_turn"'])
def test_a_truth_that_is_none_is_refused(content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = tmp_path / "truth.jsonl"
    truth.write_text(content)
    assert run(["simulate", "--check", "http://127.0.0.1:9", "--truth", str(truth)]) == 2
    assert "truth" in capsys.readouterr().err
