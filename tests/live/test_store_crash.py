"""What an insert returned for survives kill -9 of the process that owns the embedded database."""

import shutil
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


def run_in(database: Path, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, str(database)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        timeout=60,
        check=False,
    )


def test_rows_and_tokens_survive_kill_9(tmp_path: Path) -> None:
    for _ in range(2):
        run = run_in(tmp_path / "clickhouse", PROGRAM)
        assert (run.stdout, run.returncode) == ("[(2, 1)]\n", -signal.SIGKILL), run.stderr


# A retry of the events as every insert is, and then as one whose end nobody knew; the rows after each.
RETRY = """
import sys
import clickhouse_connect
from engine.config import ClickHouse
from persistence.again import insert_again
from persistence.clickhouse import ClickHouseStore
from persistence.columns import typed
from persistence.tables import EVENTS

store = ClickHouseStore(ClickHouse(), path=sys.argv[1])
events = typed(EVENTS, {"project_id": ["p"], "event_id": ["e1"], "timestamp": [1_769_904_000_000]})
for insert in (store.insert, lambda *given, token: insert_again(store, *given, token=token)):
    insert("events", events, token="one")
    client = clickhouse_connect.get_client(interface="chdb", path=sys.argv[1], database="sessiond")
    print(client.query("SELECT count() FROM events").result_rows[0][0], flush=True)
"""


def test_rows_that_a_kill_took_with_it_are_stored_by_the_retry(tmp_path: Path) -> None:
    """ClickHouse notes the token before the part is in its place: without the second look the row would be lost."""
    database = tmp_path / "clickhouse"
    run_in(database, PROGRAM)
    [part] = database.glob("store/*/*/202602_*")
    shutil.rmtree(part)
    assert run_in(database, RETRY).stdout.split() == ["0", "1"]
