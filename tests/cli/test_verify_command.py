"""`sessiond verify` prints a line per shard and per sum, and fails when one of them is wrong."""

from typing import Any

import pytest

from cli.main import run
from tests.cli.tiny_server import TinyServer

SHARD: dict[str, Any] = {
    "shard": 0,
    "is_sound": True,
    "chunks": 3,
    "first_seq": 1,
    "last_seq": 1_234,
    "rows_expected": 5_000,
    "rows_found": 4_990,
    "rows_missing": 10,
    "rows_replaced": 10,
    "rows_lost": 0,
    "rows_doubled": 0,
    "gaps": [],
    "repeated": [],
    "lost_days": [],
    "sql": "SELECT 1",
}
TOTAL: dict[str, Any] = {
    "received": 15,
    "accepted": 9,
    "duplicate": 3,
    "late": 2,
    "unfolded": 1,
    "rejected": 0,
    "sinks": [{"sink": "clickhouse", "stored": 11, "refused": 0, "pending": 1}],
}


def serve(server: TinyServer, shard: dict[str, Any], total: dict[str, Any]) -> None:
    audit = {"is_sound": True, "shards": [SHARD | shard]}
    server.trouble = [(200, audit, {}), (200, {"total": TOTAL | total}, {})]


def test_a_sound_store_is_told_in_one_line_each(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    serve(server, {}, {})
    assert run(["verify", "--url", server.url, "--since", "2026-01-02T00:00:00+01:00"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ok    shard 0     frames 1-1,234 in 3 chunks; 5,000 rows expected, 4,990 found, "
        "10 missing (0 lost, 10 replaced by later copies), 0 doubled, 0 gaps.",
        "ok    ledger      15 received = 9 accepted + 3 duplicate + 2 late + 1 unfolded + 0 rejected.",
        "ok    clickhouse  11 stored, 0 refused (kept in bad_rows), 1 pending.",
    ]
    since = "?started_at=2026-01-02T00%3A00%3A00%2B01%3A00"
    assert server.requests == [f"/api/v1/ledger/audit{since}", f"/api/v1/ledger{since}"]


def test_what_is_not_there_is_named_and_fails(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    gaps = [{"first_seq": seq, "last_seq": seq + 1} for seq in range(1, 20, 3)]
    serve(server, {"is_sound": False, "gaps": gaps, "lost_days": [{"date": "2026-01-02", "rows": 7}]}, {})
    assert run(["verify", "--url", server.url]) == 1
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith("fail  shard 0 ")
    assert "7 gaps; frames 1-2 were never sent; " in line
    assert line.endswith("; 3 more.")


@pytest.mark.parametrize(
    ("total", "said"),
    [
        ({"received": 16}, "fail  ledger      16 received, but 9 accepted"),
        ({"sinks": [{"sink": "clickhouse", "stored": 13, "refused": 0, "pending": -1}]}, "fail  clickhouse  13 stored"),
    ],
)
def test_sums_that_do_not_agree_fail(
    server: TinyServer, capsys: pytest.CaptureFixture[str], total: dict[str, Any], said: str
) -> None:
    serve(server, {}, total)
    assert run(["verify", "--url", server.url]) == 1
    assert said in capsys.readouterr().out


def test_frames_that_were_sent_twice_are_a_warning(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    serve(server, {"repeated": [{"first_seq": 3, "last_seq": 9}]}, {})
    assert run(["verify", "--url", server.url]) == 0
    assert capsys.readouterr().out.startswith("warn  shard 0 ")


def test_the_queries_are_printed_when_asked_for(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    serve(server, {}, {})
    run(["verify", "--url", server.url, "--sql"])
    assert capsys.readouterr().out.endswith("-- shard 0\nSELECT 1;\n")


def test_a_server_that_refuses_is_told_in_one_line(server: TinyServer, capsys: pytest.CaptureFixture[str]) -> None:
    server.trouble = [(400, {"message": "`started_at` is wrong."}, {})]
    assert run(["verify", "--url", server.url, "--since", "soon"]) == 1
    assert capsys.readouterr().err == "sessiond: The server answered 400: `started_at` is wrong.\n"
