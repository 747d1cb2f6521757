"""`python -m benchmarks`: measure, print a table, write results.json and docs/benchmarks.md."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import monotonic
from typing import Annotated, Final

import msgspec
import typer

from benchmarks import fold, intake, latency, machine, memory, page, results, single, table
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import Figure, Results

Part = tuple[str, Callable[[], list[Figure]]]

FULL: Final[tuple[Part, ...]] = (
    ("a", lambda: intake.measure(seconds=30)),
    ("b", lambda: single.measure(seconds=5, rounds=3)),
    ("c", lambda: fold.measure(events=120_000, rounds=5)),
    ("d", lambda: memory.measure(10_000) + memory.measure(100_000)),
    ("e", lambda: latency.measure(seconds=20)),
)
QUICK: Final[tuple[Part, ...]] = (
    ("a", lambda: intake.measure(seconds=2)),
    ("b", lambda: single.measure(seconds=1, rounds=1)),
    ("c", lambda: fold.measure(events=20_000, rounds=3)),
    ("d", lambda: memory.measure(2_000)),
    ("e", lambda: latency.measure(seconds=2)),
)

_Quick = Annotated[bool, typer.Option("--quick", help="About a minute; writes nothing.")]
_Only = Annotated[str, typer.Option(help="Letters of the parts to run, such as ab; writes nothing.")]


def main(quick: _Quick = False, only: _Only = "") -> None:
    """Exit code 1 when a part failed: something was lost, refused or could not be measured."""
    try:
        figures = list(_measured(QUICK if quick else FULL, only))
    except BenchmarkFailed as failure:
        typer.echo(f"benchmark failed: {failure}", err=True)
        raise typer.Exit(1) from None
    for line in table.lines(figures):
        typer.echo(line)
    if not (quick or only):
        _write(figures)


def _measured(parts: tuple[Part, ...], only: str) -> Iterator[Figure]:
    for letter, measure in parts:
        if not only or letter in only:
            started_s, before_ms = monotonic(), machine.loop_ms()
            found = measure()
            loop_ms = round((before_ms + machine.loop_ms()) / 2, 1)
            yield from (msgspec.structs.replace(figure, loop_ms=loop_ms) for figure in found)
            typer.echo(f"({letter}) done in {monotonic() - started_s:.0f} s", err=True)


def _write(figures: list[Figure]) -> None:
    found = Results(date=datetime.now(UTC).date().isoformat(), machine=machine.describe(), figures=figures)
    results.write(found, results.TARGET)
    page.write(found)


if __name__ == "__main__":
    typer.run(main)
