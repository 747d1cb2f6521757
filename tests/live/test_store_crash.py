"""What an insert returned for survives kill -9 of the process that owns the embedded database."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.live

# Inserts under one token, says how many rows there are, and dies without closing anything.
PROGRAM = """
import os, signal, sys
import clickhouse_connect
from engine.config import ClickHouse
from persistence.clickhouse import ClickHouseStore
from persistence.columns import typed
from persistence.tables import BAD_ROWS, EVENTS

store = ClickHouseStore(ClickHouse(), path=sys.argv[1])
store.migrate()
bad_rows = typed(BAD_ROWS, {"project_id": ["p"] * 2, "received_at": [4_000_000_000_000] * 2})
events = typed(EVENTS, {"project_id": ["p"], "event_id": ["e1"], "timestamp": [1_769_904_000_000]})
store.insert("bad_rows", bad_rows, token="one")
store.insert("events", events, token="one")
client = clickhouse_connect.get_client(interface="chdb", path=sys.argv[1], database="sessiond")
print(client.query("SELECT (SELECT count() FROM bad_rows), (SELECT count() FROM events)").result_rows, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_rows_and_tokens_survive_kill_9(tmp_path: Path) -> None:
    for _ in range(2):
        run = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "clickhouse")],
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            timeout=60,
            check=False,
        )
        assert (run.stdout, run.returncode) == ("[(2, 1)]\n", -signal.SIGKILL), run.stderr
