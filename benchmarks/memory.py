"""(d) Memory per live session: what a process that holds only a registry grows by, divided by its sessions.

`python -m benchmarks.memory SESSIONS` is that process. All sessions grow at the same time, event by event, as live
ones do: made one after the other they would lie closer together than they ever will.
"""

import gc
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import machine
from benchmarks.failure import BenchmarkFailed
from benchmarks.fold import batches, new_registry
from benchmarks.results import NOTHING, Figure
from benchmarks.traffic import Traffic, decoded_templates
from engine.registry import Registry
from engine.wire import Event, decode_seen, encode

EVENTS_PER_SESSION: Final = 50
REACH_BYTES: Final = 4_096


def measure(sessions: int) -> list[Figure]:
    busy = machine.load_average()
    command = [sys.executable, "-m", "benchmarks.memory", str(sessions)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"Measuring the memory of {sessions} sessions failed: {done.stderr[-500:]}"
        raise BenchmarkFailed(message)
    grown = Figure(
        part="d",
        name=f"memory per live session of {EVENTS_PER_SESSION} events, {sessions:,} sessions",
        value=round(int(done.stdout) / sessions),
        unit="bytes",
        durable=NOTHING,
        reach=REACH_BYTES,
        better="less",
        load_average=busy,
    )
    return [grown]


def grown_bytes(sessions: int) -> int:
    """By how much this process grows."""
    models = decoded_templates()
    fill(new_registry(), 400, models)
    registry = new_registry()
    gc.collect()
    before_bytes = resident_bytes()
    fill(registry, sessions, models)
    gc.collect()
    return resident_bytes() - before_bytes


def fill(registry: Registry, sessions: int, models: Sequence[Event]) -> None:
    """Live sessions with their events, decoded as a shard does, saved as a snapshot saves them and seen by the live
    view: what is dirty, or has moved, stays in memory longer."""
    traffic = Traffic(visitors=sessions, session_events=EVENTS_PER_SESSION + 1, stagger=0)
    for seq, batch in enumerate(batches(traffic, sessions * EVENTS_PER_SESSION, models), start=1):
        registry.apply(decode_seen(encode(batch)), batch.received_ms, seq)
        registry.residents.saved(list(registry.residents.dirty))
        registry.folder.moved.clear()
    if len(registry.residents.live) != sessions:
        message = f"{len(registry.residents.live)} sessions are live, not {sessions}."
        raise BenchmarkFailed(message)


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    sys.stdout.write(str(grown_bytes(int(sys.argv[1]))))
