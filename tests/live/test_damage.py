"""A damaged journal ends the server with one clear line, whenever it is found; `doctor` finds it too."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from persistence.journal import FILE
from tests.live.serving import Serving, free_port, wait_until

NEEDLE = "a-word-that-is-in-the-frame-only"


def command(name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = [sys.executable, "-m", "cli", name, "--port", str(free_port()), "--data-dir", str(folder)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)


def told(output: str) -> list[str]:
    return [line for line in output.splitlines() if line.startswith("sessiond: ")]


@pytest.mark.timeout(180)
def test_a_flipped_byte_stops_the_start_until_it_is_put_back(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    server = Serving(folder, "--shards", "2")
    sessions = [f"s-{number}" for number in range(8)]

    def analyses() -> list[object]:
        return [server.get("/session/analysis", params={"session_id": name}).json for name in sessions]

    with server:
        events = [{"event_type": "page_view", "session_id": name, "word": f"{NEEDLE}-{name}"} for name in sessions]
        server.post("/api/v1/events", events)
        before = analyses()
    [path] = [file for file in sorted(folder.glob(f"shard-*/{FILE}"))[:1]]
    data = bytearray(path.read_bytes())
    place = data.index(NEEDLE.encode())
    data[place] ^= 1
    path.write_bytes(data)

    served, looked = command("serve", folder), command("doctor", folder)
    assert (served.returncode, looked.returncode) == (1, 1)
    [line] = told(served.stderr)
    assert "shard-0" in line
    assert "does not match its checksum; restore the folder from a copy" in line
    [failed] = [line for line in looked.stdout.splitlines() if line.startswith("fail")]
    assert failed.split()[1:3] == ["journal", "shard-0:"]
    assert line.removeprefix("sessiond: ") in failed
    assert path.read_bytes() == data

    data[place] ^= 1
    path.write_bytes(data)
    assert command("doctor", folder).returncode == 0
    with server:
        assert analyses() == before
        wait_until(lambda: server.stored_events() == len(sessions), 10)


@pytest.mark.timeout(120)
def test_damage_that_is_found_later_ends_the_server_too(tmp_path: Path) -> None:
    server = Serving(tmp_path / "data", "--shards", "1").start()
    try:
        server.post("/api/v1/events", [{"event_type": "page_view", "session_id": "s-1"}])
        server.post("/session/close?session_id=s-1")
        path = tmp_path / "data" / "shard-0" / FILE

        def spoil() -> bool:
            with closing(sqlite3.connect(path, timeout=10)) as db, db:
                return db.execute("UPDATE ended SET started_ms = started_ms + 1").rowcount == 1

        wait_until(spoil, 10)
        assert server.get("/session/analysis", params={"session_id": "s-1"}).status >= 500
        assert server.exit_code(20) == 1
    finally:
        server.kill_all()
    [line] = told(server.log.read_text())
    assert "shard-0" in line
    assert "'default\\x00s-1' in table ended does not match its checksum" in line
