"""(W3) What an event costs as live sessions, events per session and shards grow; what a live session takes in memory.

`python -m benchmarks.growth SESSIONS EVENTS` is the process that holds so many live sessions of so many events each,
and then folds some more into them: it prints the CPU time of one, and its memory per session.
"""

import gc
import subprocess
import sys
from collections.abc import Sequence
from itertools import islice
from time import process_time
from typing import Final

import msgspec

from benchmarks import machine
from benchmarks.failure import BenchmarkFailed
from benchmarks.fold import batches, new_registry
from benchmarks.memory import fill, resident_bytes
from benchmarks.results import NOTHING, Figure, Spot
from benchmarks.traffic import Traffic, decoded_templates
from engine.config import Config
from engine.registry import Registry
from engine.wire import Batch, Event

FEW_EVENTS: Final = 2
_MEASURED_EVENTS: Final = 40_000
_WARM_UP_SESSIONS: Final = 400
_ROOM: Final = 1_000_000  # events: no session is long enough to end


class Held(msgspec.Struct, frozen=True):
    """`event_us`: CPU of folding one more event. `session_bytes`: by what the process grew, per session."""

    event_us: float
    session_bytes: float


def by_sessions(counts: Sequence[int]) -> list[Figure]:
    """Sessions of two events each, so that a million of them are made in half a minute."""
    return [figure for sessions in counts for figure in _measured(sessions, FEW_EVENTS, "sessions", sessions)]


def by_events(sessions: int, counts: Sequence[int]) -> list[Figure]:
    return [figure for events in counts for figure in _measured(sessions, events, "events", events)]


def _measured(sessions: int, events: int, axis: str, at: int) -> list[Figure]:
    busy = machine.load_average()
    command = [sys.executable, "-m", "benchmarks.growth", str(sessions), str(events)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        message = f"Holding {sessions} sessions of {events} events failed: {done.stderr[-500:]}"
        raise BenchmarkFailed(message)
    held = msgspec.json.decode(done.stdout, type=Held)
    return figures(held, f"{sessions:,} live sessions of {events:,} events", axis, at, busy)


def figures(held: Held, what: str, axis: str, at: int, busy: float) -> list[Figure]:
    """`axis`: what grows, "sessions" or "events"; `at`: where on it this is."""
    cost = Figure(
        part="W3",
        name=f"CPU to fold one event: {what}",
        value=held.event_us,
        unit="µs",
        durable=NOTHING,
        better="less",
        load_average=busy,
        spot=Spot(f"w3-cost-{axis}", "one event", at),
    )
    memory = msgspec.structs.replace(
        cost,
        name=f"memory of one of {what}",
        value=held.session_bytes,
        unit="bytes",
        spot=Spot(f"w3-memory-{axis}", "one session", at),
    )
    return [cost, memory]


def hold(sessions: int, events: int) -> Held:
    """Raises BenchmarkFailed when not all sessions are live in the end."""
    models = decoded_templates()
    warm = new_registry()  # kept: memory that it gave back would be taken again, and not seen as growth
    fill(warm, _WARM_UP_SESSIONS, models)
    gc.collect()
    traffic = Traffic(visitors=sessions, session_events=_ROOM, stagger=0)
    coming = enumerate(batches(traffic, sessions * events + _MEASURED_EVENTS, models), start=1)
    registry, before_bytes = new_registry(), resident_bytes()
    for seq, batch in islice(coming, sessions * events // Config().engine.max_call_events):
        registry.apply(batch, batch.received_ms, seq)
        registry.residents.saved(list(registry.residents.dirty))
    gc.collect()
    grown_bytes = resident_bytes() - before_bytes
    event_us = _fold_us(registry, list(coming))
    if (len(registry.residents.live), len(warm.residents.live)) != (sessions, _WARM_UP_SESSIONS):
        message = f"{len(registry.residents.live)} sessions are live, not {sessions}."
        raise BenchmarkFailed(message)
    return Held(round(event_us, 1), round(grown_bytes / sessions))


def _fold_us(registry: Registry, calls: list[tuple[int, Batch[Event]]]) -> float:
    started_s = process_time()
    for seq, batch in calls:
        registry.apply(batch, batch.received_ms, seq)
    return (process_time() - started_s) * 1e6 / sum(len(batch.events) for _, batch in calls)


if __name__ == "__main__":
    gc.set_threshold(100_000, 20, 100)  # as a shard does: sessions hold no cycles to look for
    sys.stdout.write(msgspec.json.encode(hold(int(sys.argv[1]), int(sys.argv[2]))).decode())
