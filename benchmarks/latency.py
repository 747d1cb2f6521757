"""(e) Time to the ack at 1,000 requests a second, one event each.

The load is open: every request has its moment, laid down from the first one on, whatever the answers do. A closed load
would wait for a slow answer and so leave out just the requests that would have waited behind it (coordinated omission).
wrk counts from the moment a request leaves; with more connections than answers are outstanding it leaves when it
should. Where that failed (every connection waited for an answer, or the machine was busy), the request waited before
it left, which is told beside the figure; a run that did not hold the rate says nothing and fails.
"""

from typing import Final

from benchmarks import machine, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Figure
from benchmarks.server import sessiond
from benchmarks.traffic import Traffic

RATE_PER_S: Final = 1_000
CONNECTIONS: Final = 128
TRAFFIC: Final = Traffic(visitors=2_000)
REACH_P99_MS: Final = 20
MIN_RATE_SHARE: Final = 0.99
_WARM_UP_S: Final = 1


def measure(seconds: int) -> list[Figure]:
    busy = machine.load_average()
    with sessiond() as server:
        warm = wrk.run(_load(server.port, _WARM_UP_S, 0))
        told = wrk.run(_load(server.port, seconds, int(warm.sent)))
        server.wait_until_stored(int(warm.accepted + told.accepted))
    return [figure(told, busy)]


def _load(port: int, seconds: int, first: int) -> wrk.Load:
    return wrk.Load(port=port, connections=CONNECTIONS, seconds=seconds, rate=RATE_PER_S, traffic=TRAFFIC, first=first)


def figure(told: wrk.Told, busy: float) -> Figure:
    """Raises BenchmarkFailed when the rate was not held."""
    rate_per_s = told.answered / (told.last_ms - told.first_ms) * 1000
    if rate_per_s < RATE_PER_S * MIN_RATE_SHARE:
        message = f"Only {rate_per_s:.0f} of {RATE_PER_S} requests/s were answered; nothing can be said about the rest."
        raise BenchmarkFailed(message)
    return Figure(
        part="e",
        name=f"ack at {RATE_PER_S:,} requests/s of one event: p99",
        value=round(told.p99_us / 1000, 2),
        unit="ms",
        durable=FSYNCED,
        reach=REACH_P99_MS,
        better="less",
        load_average=busy,
        details={
            "requests/s answered": round(rate_per_s),
            "p50 ms": round(told.p50_us / 1000, 2),
            "p90 ms": round(told.p90_us / 1000, 2),
            "max ms": round(told.max_us / 1000, 2),
            f"requests that left more than {wrk.LATE_AFTER_MS} ms late, %": round(
                100 * told.late_requests / told.sent, 2
            ),
            "the worst of them, ms late": round(told.late_ms, 1),
        },
    )
