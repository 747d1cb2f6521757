"""`python -m benchmarks.drain`: what an outage of the store costs, and how it ends.

The store's process is stopped (SIGSTOP) while events are written as fast as they are taken; then it goes on, and stores
what waits while events come at 2,000/s. Acks are measured before, during the outage and during the drain, with the same
open load. Raises BenchmarkFailed when an event is missing or stored twice.
"""

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from benchmarks import cpu, reliability, wrk
from benchmarks.failure import BenchmarkFailed
from benchmarks.server import Server, sessiond
from benchmarks.traffic import Traffic

RATE_PER_S: Final = 2_000  # events
_BATCH: Final = 20
_WRITE_BATCH: Final = 100
_CONNECTIONS: Final = 32
_LONGEST_S: Final = 600
_HOUR_S: Final = 3_600
_DRAINED_MS: Final = 3_000  # what is younger waits for its insert as ever
_LOOK_S: Final = 0.1
_TRAFFIC: Final = Traffic(visitors=20_000)

_Events = Annotated[int, typer.Option(help="Events that are written while the store stands still.")]
_Seconds = Annotated[int, typer.Option(help="How long acks are measured, each time.")]


class Run:
    """A server under load, and the event that comes next."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.accepted = 0
        self._first = 0
        [self.store] = [pid for pid in cpu.tree(server.process.pid) if cpu.kind(pid) == "store"]

    def write(self, events: int) -> float:
        """As fast as they are taken; events/s."""
        started_s = time.monotonic()
        self._load(seconds=_LONGEST_S, batch=_WRITE_BATCH, events=events)
        return events / (time.monotonic() - started_s)

    def ack_p99_ms(self, seconds: int) -> float:
        told = self._load(seconds=seconds, batch=_BATCH, rate=RATE_PER_S // _BATCH)
        return round(told.p99_us / 1000, 2)

    def _load(self, *, seconds: int, batch: int, rate: int = 0, events: int = 0) -> wrk.Told:
        load = wrk.Load(
            port=self.server.port,
            connections=_CONNECTIONS,
            seconds=seconds,
            batch=batch,
            rate=rate,
            events=events,
            traffic=_TRAFFIC,
            first=self._first,
        )
        told = wrk.run(load)
        if told.failures:
            message = f"{told.failures:.0f} requests failed."
            raise BenchmarkFailed(message)
        self.accepted += int(told.accepted)
        self._first += int(told.sent) * load.batch
        return told

    def journal(self) -> dict[str, Any]:
        _, health = self.server.get("/health")
        checks: dict[str, Any] = health["checks"]["journal"]
        return checks

    @contextmanager
    def store_stands_still(self) -> Iterator[None]:
        os.kill(self.store, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.store, signal.SIGCONT)

    def store_mb(self, which: str) -> float:
        """`VmRSS`: now; `VmHWM`: the most so far."""
        lines = Path(f"/proc/{self.store}/status").read_text().splitlines()
        [kilobytes] = [line.split()[1] for line in lines if line.startswith(f"{which}:")]
        return round(int(kilobytes) / 1000, 1)


def measure(events: int, seconds: int) -> dict[str, Any]:
    with sessiond() as server:
        run = Run(server)
        run.ack_p99_ms(2)
        figures: dict[str, Any] = {"ack p99 before, ms": run.ack_p99_ms(seconds)}
        server.wait_until_stored(run.accepted)
        empty_bytes = run.journal()["bytes"]
        with run.store_stands_still():
            figures["ack p99 during the outage, ms"] = run.ack_p99_ms(seconds)
            figures["written while away, events/s"] = round(run.write(events))
            waiting = events + seconds * RATE_PER_S
            grown_bytes = run.journal()["bytes"] - empty_bytes
            figures["store before the drain, MB"] = run.store_mb("VmRSS")
        figures |= _drained(run, waiting, seconds)
        figures["journal bytes an event"] = round(grown_bytes / waiting)
        figures["journal of an hour at 2,000 events/s, GB"] = round(
            grown_bytes / waiting * RATE_PER_S * _HOUR_S / 1e9, 2
        )
        server.wait_until_stored(run.accepted)
        figures["lost or doubled"] = run.accepted - server.stored()["total"]
    if figures["lost or doubled"]:
        message = f"{figures['lost or doubled']} events are lost (or doubled, when negative)."
        raise BenchmarkFailed(message)
    return figures


def _drained(run: Run, waiting: int, seconds: int) -> dict[str, Any]:
    """While events come in."""
    started_s = time.monotonic()
    with ThreadPoolExecutor(1) as beside:
        acks = beside.submit(run.ack_p99_ms, seconds)
        while time.monotonic() - started_s < 2 or run.journal()["lag_ms"] > _DRAINED_MS:
            time.sleep(_LOOK_S)
        took_s = time.monotonic() - started_s
        p99_ms = acks.result()
    return {
        "events that waited": waiting,
        "drained in, s": round(took_s, 1),
        "drained, events/s": round((waiting + took_s * RATE_PER_S) / took_s),
        "ack p99 during the drain, ms": p99_ms,
        "store at most, MB": run.store_mb("VmHWM"),
    }


def main(events: _Events = 500_000, seconds: _Seconds = 10, record: bool = False) -> None:
    """Exit code 1 when something is lost or doubled."""
    try:
        figures = measure(events, seconds)
    except BenchmarkFailed as failure:
        typer.echo(f"benchmark failed: {failure}", err=True)
        raise typer.Exit(1) from None
    for name, value in figures.items():
        typer.echo(f"{name:45} {value:>12,}")
    if record:
        reliability.record("outage", figures)


if __name__ == "__main__":
    typer.run(main)
