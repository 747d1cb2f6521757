"""docs/benchmarks.md out of results.json: `python -m benchmarks.page`. A test compares the two."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks import results
from benchmarks.results import Figure, Machine, Results
from benchmarks.table import beside, reach, shown

TARGET: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"

HEAD: Final = """\
# Benchmarks

Made from `benchmarks/results.json` by `make bench`; do not edit by hand. `python -m benchmarks --quick` takes about
a minute and writes nothing.

Everything runs on one machine: the server, embedded ClickHouse, Ray and the load generator (`wrk`). Events are about
310 bytes of JSON, page views, clicks, scrolling, typing, errors and what an app makes up itself, with ids of their own.
An answer counts when it is a 200, and it is one only after the events were written to the journal and synced.

- (a) 20,000 visitors in turn, so that a batch of 100 holds 100 sessions; a session has 50 events. At the end the store
  must hold what was acked, counted in events and in sessions, or there is no figure.
- (b) sessiond and a bare Starlette route, served in the same way, in turns; medians.
- (c) `Registry.apply` on decoded batches of 400, in CPU time; (d) what a process grows by that holds only a registry.
- loop: CPU time of a fixed Python loop around the measurement. The cores of a shared machine are fast at one time and
  slow at another; figures of two runs are to be compared by it.
- (e) Requests leave at fixed moments whatever the answers do, so that a slow answer cannot hide those behind it.
"""


def page(found: Results) -> str:
    parts = [HEAD, *_machine(found.date, found.machine), *_figures(found.figures), *_details(found.figures)]
    return "\n".join(parts)


def _machine(date: str, machine: Machine) -> Iterator[str]:
    yield f"Measured on {date}: {machine.cores} cores ({machine.cpu}), {machine.memory_gb} GB, {machine.system};"
    yield f"an fsync of 4 KB takes {machine.sync_p50_ms} ms (p99 {machine.sync_p99_ms} ms)."
    yield ", ".join(f"{name} {version}" for name, version in machine.versions.items()) + ".\n"


def _figures(figures: list[Figure]) -> Iterator[str]:
    yield "| | what | figure | to reach | durable at the time of the ack | load average before | loop, ms |"
    yield "|---|---|---|---|---|---|---|"
    for figure in figures:
        cells = (
            f"({figure.part})",
            figure.name,
            shown(figure),
            reach(figure),
            figure.durable,
            f"{figure.load_average}",
            f"{figure.loop_ms}",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _details(figures: list[Figure]) -> Iterator[str]:
    yield "## Beside the figures\n"
    for figure in figures:
        if figure.details:
            yield f"- ({figure.part}) {figure.name}: {'; '.join(beside(figure))}"
    yield ""


def write(found: Results) -> None:
    TARGET.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    write(results.read(results.TARGET))
