"""`python -m benchmarks`: measure, print a table, write results.json, docs/benchmarks.md and its pictures."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic
from typing import Annotated, Final

import msgspec
import typer

from benchmarks import (
    fold,
    freshness,
    growth,
    input,
    intake,
    latency,
    live,
    machine,
    memory,
    page,
    plain,
    race,
    restart,
    results,
    sensing,
    shards,
    single,
    stream,
    table,
)
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import PARTS, Figure, Part, Results

Job = tuple[Part, Callable[[], list[Figure]]]

FULL: Final[tuple[Job, ...]] = (
    ("a", lambda: intake.measure(seconds=30)),
    ("b", lambda: single.measure(seconds=5, rounds=3)),
    ("c", lambda: fold.measure(events=120_000, rounds=5)),
    ("c", lambda: sensing.measure(events=120_000, rounds=5)),
    ("d", lambda: memory.measure(10_000) + memory.measure(100_000)),
    ("e", lambda: latency.measure(seconds=20)),
    ("f", lambda: stream.measure(seconds=20)),
    ("g", lambda: live.measure(sessions=50_000)),
    ("W1", lambda: race.measure(input.FULL, rounds=3)),
    ("W2", lambda: plain.measure(seconds=4, rounds=3)),
    ("W3", lambda: growth.by_sessions((1_000, 10_000, 100_000, 1_000_000))),
    ("W3", lambda: growth.by_events(1_000, (10, 100, 1_000))),
    ("W3", lambda: shards.measure((1, 2, 4), seconds=8)),
    ("W4", lambda: restart.measure({1_000: 3, 10_000: 3, 100_000: 5, 1_000_000: 1})),
    ("W5", lambda: freshness.measure(seconds=30)),
)
QUICK: Final[tuple[Job, ...]] = (
    ("a", lambda: intake.measure(seconds=2)),
    ("b", lambda: single.measure(seconds=1, rounds=1)),
    ("c", lambda: fold.measure(events=20_000, rounds=3)),
    ("c", lambda: sensing.measure(events=20_000, rounds=3)),
    ("d", lambda: memory.measure(2_000)),
    ("e", lambda: latency.measure(seconds=5)),
    ("f", lambda: stream.measure(seconds=5)),
    ("g", lambda: live.measure(sessions=5_000)),
    ("W1", lambda: race.measure(input.SMALL, rounds=1)),
    ("W2", lambda: plain.measure(seconds=1, rounds=1)),
    ("W3", lambda: growth.by_sessions((1_000, 10_000))),
    ("W4", lambda: restart.measure({1_000: 1})),
    ("W5", lambda: freshness.measure(seconds=2)),
)

_Quick = Annotated[bool, typer.Option("--quick", help="Every part at a small size, in two minutes; writes nothing.")]
_Only = Annotated[str, typer.Option(help="The parts to run, such as a,W1; writes nothing.")]
_Write = Annotated[bool, typer.Option("--write", help="With --only: write these parts, and keep what the others were.")]


def main(quick: _Quick = False, only: _Only = "", write: _Write = False) -> None:
    """Exit code 1 when a part failed: something was lost, refused or could not be measured."""
    try:
        figures = list(_measured(QUICK if quick else FULL, only))
    except BenchmarkFailed as failure:
        typer.echo(f"benchmark failed: {failure}", err=True)
        raise typer.Exit(1) from None
    for line in table.lines(figures):
        typer.echo(line)
    if not quick and (write or not only):
        _write(figures, results.read(results.TARGET) if only else None)


def _measured(jobs: tuple[Job, ...], only: str) -> Iterator[Figure]:
    for part, measure in jobs:
        if not only or part in only.split(","):
            started_s, before_ms = monotonic(), machine.loop_ms()
            found = measure()
            loop_ms = round((before_ms + machine.loop_ms()) / 2, 1)
            today = datetime.now(UTC).date().isoformat()
            yield from (msgspec.structs.replace(figure, loop_ms=loop_ms, date=today) for figure in found)
            typer.echo(f"({part}) done in {monotonic() - started_s:.0f} s", err=True)


def _write(figures: list[Figure], before: Results | None) -> None:
    """`before`: what else there is, from other runs on this machine."""
    measured = {figure.part for figure in figures}
    kept = [figure for figure in before.figures if figure.part not in measured] if before else []
    found = Results(
        machine=machine.describe(),
        input=before.input if before and "W1" not in measured else input.describe(input.FULL),
        figures=sorted(figures + kept, key=lambda figure: PARTS.index(figure.part)),
    )
    results.write(found, results.TARGET)
    page.write(found)


if __name__ == "__main__":
    typer.run(main)
