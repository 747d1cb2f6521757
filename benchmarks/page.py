"""docs/benchmarks.md and its pictures out of results.json: `python -m benchmarks.page`. A test compares the two."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks import pictures, results
from benchmarks.results import Figure, Input, Machine, Results
from benchmarks.sections import SECTIONS
from benchmarks.table import beside, reach, shown

TARGET: Final = Path(__file__).parent.parent / "docs" / "benchmarks.md"

HEAD: Final = """\
# Benchmarks

Made from `benchmarks/results.json` by `make bench`; do not edit by hand. `make bench-quick` takes about two minutes
and writes nothing; `python -m benchmarks --only W1` runs one part, and `--write` puts it in its place here.

Everything runs on one machine: the server, embedded ClickHouse, Ray, the peers and the load generator (`wrk`). Load is
the average before the measurement. Loop is the CPU time of a fixed Python loop around it: the cores of a shared machine
are fast at one time and slow at another, and figures of two runs are to be compared by it.
"""


def page(found: Results) -> str:
    parts = [HEAD, *_machine(found.machine), *_input(found.input)]
    for section in SECTIONS:
        figures = [figure for figure in found.figures if figure.part in section.parts]
        if figures:
            parts += [f"## {section.title}\n", section.text]
            parts += [*_figures(figures), *_pictures(figures), *_details(figures)]
    return "\n".join(parts)


def _machine(machine: Machine) -> Iterator[str]:
    yield f"The machine: {machine.cores} cores ({machine.cpu}), {machine.memory_gb} GB, {machine.system};"
    yield f"an fsync of 4 KB takes {machine.sync_p50_ms} ms (p99 {machine.sync_p99_ms} ms)."
    yield ", ".join(f"{name} {version}" for name, version in machine.versions.items()) + ".\n"


def _input(made: Input | None) -> Iterator[str]:
    if made is not None:
        yield f"The input file of (W1): `{made.command}`,"
        yield f"{made.events:,} events, {made.sessions:,} sessions, SHA-256 `{made.sha256}`.\n"


def _figures(figures: list[Figure]) -> Iterator[str]:
    yield "| | what | figure | to reach | durable at the time of the ack | measured | load before | loop, ms |"
    yield "|---|---|---|---|---|---|---|---|"
    for figure in figures:
        cells = (
            f"({figure.part})",
            figure.name,
            shown(figure),
            reach(figure),
            figure.durable,
            figure.date,
            f"{figure.load_average}",
            f"{figure.loop_ms}",
        )
        yield f"| {' | '.join(cells)} |"
    yield ""


def _pictures(figures: list[Figure]) -> Iterator[str]:
    yield from (f"![{p.title}]({pictures.FOLDER.name}/{p.name}.svg)" for p, _ in pictures.drawn(figures))
    yield ""


def _details(figures: list[Figure]) -> Iterator[str]:
    yield "Beside the figures:\n"
    for figure in figures:
        if figure.details:
            yield f"- ({figure.part}) {figure.name}: {'; '.join(beside(figure))}"
    yield ""


def write(found: Results) -> None:
    TARGET.write_text(page(found), encoding="utf-8")
    pictures.write(found.figures, pictures.FOLDER)


if __name__ == "__main__":
    write(results.read(results.TARGET))
