"""(a) Batches of 100 events over HTTP, acked when durable, detectors on; every acked event must be in the store."""

import resource
import time
from typing import Final

from benchmarks import cpu, machine, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Figure
from benchmarks.server import Server, sessiond
from benchmarks.traffic import Traffic

BATCH_EVENTS: Final = 100
CONNECTIONS: Final = 16
TRAFFIC: Final = Traffic(visitors=20_000)
REACH_EVENTS_PER_S: Final = 60_000


def measure(seconds: int) -> list[Figure]:
    """Raises BenchmarkFailed when the store does not hold what was acked, no more and no less."""
    busy = machine.load_average()
    with sessiond() as server:
        before, wrk_before_s = cpu.spent_s(server.process.pid), _children_s()
        load = wrk.Load(port=server.port, connections=CONNECTIONS, seconds=seconds, traffic=TRAFFIC, batch=BATCH_EVENTS)
        told = wrk.run(load)
        server.wait_until_stored(int(told.accepted))
        stored_ms = time.time() * 1000
        spent = cpu.difference(before, cpu.spent_s(server.process.pid)) | {"wrk": _children_s() - wrk_before_s}
        _check(server, told)
    acked = Figure(
        part="a",
        name="batches of 100 over HTTP, detectors on: acked",
        value=round(told.accepted / (told.last_ms - told.first_ms) * 1000),
        unit="events/s",
        durable=FSYNCED,
        reach=REACH_EVENTS_PER_S,
        load_average=busy,
        details={
            "events": told.accepted,
            "sessions": TRAFFIC.sessions(int(told.accepted)),
            "request p50 ms": round(told.p50_us / 1000, 1),
            "request p99 ms": round(told.p99_us / 1000, 1),
            **{f"CPU {kind}, µs an event": round(s * 1e6 / told.accepted, 1) for kind, s in spent.items()},
        },
    )
    stored = Figure(
        part="a",
        name="from the first request to the last row in ClickHouse",
        value=round(told.accepted / (stored_ms - told.first_ms) * 1000),
        unit="events/s",
        durable=FSYNCED,
        load_average=busy,
    )
    return [acked, stored]


def _check(server: Server, told: wrk.Told) -> None:
    if told.accepted != told.answered * BATCH_EVENTS:
        message = f"{told.answered * BATCH_EVENTS:.0f} events were answered, but {told.accepted:.0f} accepted."
        raise BenchmarkFailed(message)
    stored = server.stored()
    wanted = {"total": int(told.accepted), "unique_sessions": TRAFFIC.sessions(int(told.accepted))}
    if stored != wanted:
        message = f"The store holds {stored}, but acked were {wanted}."
        raise BenchmarkFailed(message)


def _children_s() -> float:
    """CPU of the child processes that have ended: only wrk ends between two calls."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
