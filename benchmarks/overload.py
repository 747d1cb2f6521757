"""`python -m benchmarks.overload`: three times what the machine holds, for a minute. What is refused is refused in
good order, what is accepted is stored once and answered in time, and memory does not grow.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Final

import typer
import uvloop

from benchmarks import machine, reliability
from benchmarks.failure import BenchmarkFailed
from benchmarks.flood import ROUND_S, Flood
from benchmarks.outcome import BATCH_EVENTS, Told
from benchmarks.resident import Residents, growth_per_min
from benchmarks.server import sessiond

TIMES: Final = 3
CONNECTIONS: Final = 16
_WARM_UP_S: Final = 3
_CAPACITY_S: Final = 10

_Seconds = Annotated[int, typer.Option(min=2, help="How long to send three times as much as the machine holds.")]
_Write = Annotated[bool, typer.Option("--write", help="Write the figures into docs/reliability.json.")]


def main(seconds: _Seconds = 60, write: _Write = False) -> None:
    """Exit code 1 when something was lost, stored twice, refused without a time to come back, or left unanswered."""
    try:
        figures = measure(seconds)
    except BenchmarkFailed as failure:
        typer.echo(f"overload failed: {failure}", err=True)
        raise typer.Exit(1) from None
    for line in lines(figures):
        typer.echo(line)
    if write:
        reliability.record("overload", figures)


def measure(seconds: int) -> dict[str, Any]:
    busy = machine.load_average()
    with TemporaryDirectory(prefix="overload-") as folder, sessiond("--config", _config(Path(folder))) as server:
        flood = Flood(server.port, "flood")
        warm = uvloop.run(flood.closed(CONNECTIONS, _WARM_UP_S))
        most = uvloop.run(flood.closed(CONNECTIONS, _CAPACITY_S))
        per_s = most.served / most.seconds
        with Residents(server.process.pid) as residents:
            told = uvloop.run(flood.open(TIMES * per_s, seconds))
        accepted = warm.accepted + most.accepted + told.accepted
        server.wait_until_stored(accepted)
        stored = server.stored()["total"]
    check(told, warm.in_doubt + most.in_doubt + told.in_doubt, accepted, stored)
    return {
        "seconds": round(told.seconds, 1),
        "load_average_before": busy,
        "capacity_events_per_s": round(per_s * BATCH_EVENTS),
        "offered_events_per_s": round(told.sent / told.seconds * BATCH_EVENTS),
        "accepted_events_per_s": round(told.accepted / told.seconds),
        "requests": {"sent": told.sent, "unanswered": told.unanswered, **dict(sorted(told.answers.items()))},
        "requests_that_left_late": told.late,
        "accepted_ms": {"p50": told.latency_ms(50), "p99": told.latency_ms(99), "max": told.latency_ms(100)},
        "events": {"accepted": accepted, "stored": stored},
        "memory_mb": {
            kind: {"first": mb[0], "most": max(mb), "growth_per_min": growth_per_min(mb)}
            for kind, mb in residents.samples_mb.items()
        },
    }


def _config(folder: Path) -> str:
    """Sessions end soon after their round: those that live are as many at the end as in the beginning."""
    file = folder / "sessiond.toml"
    file.write_text(f"[session]\ngap_ms = {ROUND_S * 1000 // 2}\ngrace_ms = 0\n")
    return str(file)


def check(told: Told, in_doubt: int, accepted: int, stored: int) -> None:
    """Raises BenchmarkFailed. `in_doubt`: events of requests without a clear answer; they may be stored or not."""
    if sum(told.answers.values()) + told.unanswered != told.sent:
        message = f"{told.sent} requests were sent, but {told.answers} answered and {told.unanswered} not."
        raise BenchmarkFailed(message)
    wrong = {answer: count for answer, count in told.answers.items() if answer[:3] not in ("200", "429", "503")}
    if wrong or told.without_retry_after or told.unanswered:
        message = f"Answers that are no refusal: {wrong}; refusals without Retry-After: {told.without_retry_after}; "
        message += f"requests without an answer: {told.unanswered}."
        raise BenchmarkFailed(message)
    if told.accepted != told.served * BATCH_EVENTS:
        message = f"{told.served} requests were accepted, but {told.accepted} events."
        raise BenchmarkFailed(message)
    if not accepted <= stored <= accepted + in_doubt:
        message = f"{accepted} events were accepted and {in_doubt} are in doubt, but {stored} are stored."
        raise BenchmarkFailed(message)


def lines(figures: dict[str, Any], indent: str = "") -> Iterator[str]:
    for name, value in figures.items():
        shown = name.replace("_", " ")
        if isinstance(value, dict):
            yield f"{indent}{shown}"
            yield from lines(value, indent + "  ")
        else:
            yield f"{indent}{shown:<{40 - len(indent)}}{value:>12,}"


if __name__ == "__main__":
    typer.run(main)
