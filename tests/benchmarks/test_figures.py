"""From what was measured to figures, and from figures to what people read."""

from pathlib import Path

import msgspec
import pytest

from benchmarks import cpu, latency, machine, page, pictures, results, single, table
from benchmarks.__main__ import FULL, QUICK
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, PARTS, Figure
from benchmarks.sections import SECTIONS
from tests.benchmarks.test_pictures import FIGURES
from tests.benchmarks.test_wrk import TOLD

FIGURE = Figure(part="a", name="acked", value=30_000, unit="events/s", durable=FSYNCED, reach=30_000)


def test_a_rate_is_reached_at_its_goal_and_a_time_below_it() -> None:
    assert FIGURE.is_reached
    assert not msgspec.structs.replace(FIGURE, value=29_999).is_reached
    assert not msgspec.structs.replace(FIGURE, better="less").is_reached
    assert msgspec.structs.replace(FIGURE, better="less", value=29_999).is_reached


def test_a_ratio_is_that_of_the_medians() -> None:
    figure = single.figure(256, [(100, 1000), (500, 1000), (900, 10)], 0.5)
    assert (figure.value, figure.reach) == (0.5, single.REACH_AT_256)
    assert single.figure(1, [(1, 2)], 0.5).reach is None


def test_a_latency_is_told_in_milliseconds() -> None:
    told = msgspec.structs.replace(TOLD, answered=2_000.0)
    figure = latency.figure(told, 0.5)
    assert (figure.value, figure.details["p50 ms"], figure.details["requests/s answered"]) == (4.0, 0.9, 1000)


def test_a_rate_that_was_not_held_says_nothing_about_latency() -> None:
    with pytest.raises(BenchmarkFailed, match="980 of 1000"):
        latency.figure(msgspec.structs.replace(TOLD, answered=1_960.0), 0.5)


def test_the_table_says_what_was_reached_and_what_was_durable() -> None:
    figures = [msgspec.structs.replace(FIGURE, details={"events": 5e6}), single.figure(1, [(1, 2)], 0.5)]
    first, beside, second, *_, durable = table.lines(figures)
    assert first.split() == [
        "(a)",
        "acked",
        "30,000",
        "events/s",
        "≥",
        "30,000",
        "(reached)",
        "load",
        "0.0",
        "loop",
        "0.0",
        "ms",
    ]
    assert beside == "      events: 5,000,000"
    assert second.endswith("0.5 of it        -                   load 0.5  loop 0.0 ms")
    assert durable == f"durable at the ack, (a) (b): {FSYNCED}"


@pytest.mark.parametrize(
    ("command", "kind"),
    [
        ("/x/bin/python3 /x/bin/sessiond serve --port 1 --data-dir /y", "gateway"),
        ("ray::ShardShell.apply", "shard"),
        ("ray::StoreShell", "store"),
        ("/x/ray/core/src/ray/raylet/raylet --raylet_socket_name=/y", "ray"),
        ("ray::RuntimeEnvAgent", "ray"),
    ],
)
def test_a_process_is_known_by_its_command(command: str, kind: str) -> None:
    assert cpu.kind_of(command) == kind


def test_the_cpu_is_named_without_its_padding() -> None:
    assert machine.cpu_model("processor\t: 0\nmodel name\t: A  CPU @ 2 GHz\nflags\t\t: x\n") == "A CPU @ 2 GHz"
    assert machine.cpu_model("") == "unknown"


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    found = results.read(results.TARGET)
    results.write(found, tmp_path / "copy.json")
    assert results.read(tmp_path / "copy.json") == found


def test_the_results_are_whole_and_the_page_is_made_from_them() -> None:
    found = results.read(results.TARGET)
    assert {figure.part for figure in found.figures} == set(PARTS if found.input else "abcde")
    assert page.TARGET.read_text(encoding="utf-8") == page.page(found), "run python -m benchmarks.page"
    svgs = {file.stem: file.read_text(encoding="utf-8") for file in pictures.FOLDER.glob("*.svg")}
    assert svgs == {picture.name: svg for picture, svg in pictures.drawn(found.figures)}


def test_every_part_has_a_place_on_the_page_and_is_run_in_both_sizes() -> None:
    assert [part for section in SECTIONS for part in section.parts] == list(PARTS)
    assert {job[0] for job in FULL} == {job[0] for job in QUICK} == set(PARTS)


def test_a_page_shows_each_part_below_its_own_heading_with_its_pictures() -> None:
    found = msgspec.structs.replace(results.read(results.TARGET), figures=FIGURES)
    shown = page.page(found)
    titles = [section.title for section in SECTIONS if section.parts[0] != "a"]
    assert [line[3:] for line in shown.splitlines() if line.startswith("## ")] == titles
    assert all(f"(benchmarks/{picture.name}.svg)" in shown for picture in pictures.PICTURES)
