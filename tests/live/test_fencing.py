"""A shard's process that was paused while another one took over writes nothing when it goes on."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.wiring import open_shard
from engine.config import Config
from engine.config import Journal as Limits
from engine.errors import JournalLocked
from engine.wire import Batch, encode
from persistence.journal import JournalReader
from tests.builders import event

pytestmark = pytest.mark.live

# A shard as Ray would run it; each line on stdin is a batch of one event.
PROGRAM = """
import sys, time
from actors.shells import ShardShell
from engine.config import Config
from engine.wire import Batch, encode
from tests.builders import event

shell = ShardShell(Config(data_dir=sys.argv[1]), 0)
print("open", flush=True)
for number, line in enumerate(sys.stdin, 1):
    shell.apply(encode(Batch("old", number, time.time_ns() // 1_000_000, [event(id=line.strip())])))
    print("taken", flush=True)
"""


class Process:
    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        assert self.said() == "open"

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def send(self, event_id: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(event_id + "\n")
        self.process.stdin.flush()


def epochs(folder: Path) -> list[tuple[int, str]]:
    reader = JournalReader(folder / "shard-0")
    found = [(frame.epoch, frame.kind) for frame in reader.frames(0)]
    reader.close()
    return found


def test_a_paused_shard_writes_nothing_after_its_successor_started(tmp_path: Path) -> None:
    old = Process(tmp_path)
    try:
        old.send("before")
        assert old.said() == "taken"
        old.process.send_signal(signal.SIGSTOP)
        config = Config(data_dir=str(tmp_path), journal=Limits(lock_wait_ms=0))
        with pytest.raises(JournalLocked):
            open_shard(config, 0)
        (tmp_path / "shard-0" / "lock").unlink()
        new = open_shard(config, 0)
        old.process.send_signal(signal.SIGCONT)
        old.send("too late")
        assert old.said() == ""
        assert old.process.wait(30) == 70
        new.apply(encode(Batch("new", 1, 0, [event(id="after")])))
        assert epochs(tmp_path) == [(1, "start"), (1, "batch"), (2, "start"), (2, "batch")]
        new.close()
    finally:
        old.process.kill()
        old.process.wait()
        for pipe in (old.process.stdin, old.process.stdout):
            assert pipe is not None
            pipe.close()
