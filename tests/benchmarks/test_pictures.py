"""The pictures: a person finds every figure in them, and every figure that wants to be drawn is."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import charts, freshness, growth, pictures, plain, race, restart, shards
from benchmarks.freshness import Seen
from benchmarks.input import Size
from benchmarks.peer import Run
from benchmarks.pictures import PICTURES
from benchmarks.results import Figure
from benchmarks.svg import PALETTE, Drawing
from tests.benchmarks.test_wrk import TOLD

SIZE = Size(events=1_000, sessions=20)


def figures() -> list[Figure]:
    """Some of every part, as short as they can be."""
    held = growth.Held(5.0, 2_000)
    turn = dict.fromkeys(plain.DURABLE, 9.0)
    seen = [Seen(1.0, 3.0, 900.0)]
    return [
        *(race.figure(lap, SIZE, [Run(1.0)], 1_000.0, 0.5) for lap in race.LAPS),
        *(figure for form in plain.FORMS for figure in plain.figures(form, [turn], 0.5)),
        *(figure for axis in ("sessions", "events") for figure in growth.figures(held, "x", axis, 10, 0.5)),
        *(figure for count in (1, 2) for figure in shards.figures(count, TOLD, {"gateway": 1.0}, 0.5)),
        *(restart.figure(sessions, "a shard", [900.0], 0.5) for sessions in (1_000, 10_000)),
        *(figure for traffic in ("none", "some") for figure in freshness.figures(seen, traffic, 0.5)),
    ]


FIGURES = figures()
DRAWN = {picture.name: svg for picture, svg in pictures.drawn(FIGURES)}


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_picture_has_figures_and_every_spot_has_a_picture() -> None:
    assert list(DRAWN) == [picture.name for picture in PICTURES]
    assert {figure.spot.chart for figure in FIGURES if figure.spot} == set(DRAWN)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_whole_and_says_what_it_shows(picture: pictures.Picture) -> None:
    shown = texts(DRAWN[picture.name])
    assert shown[0] == picture.title
    assert not picture.axis or f"{picture.axis} (log scale)" in shown


def test_a_bar_has_its_name_and_its_figure_and_ours_another_colour() -> None:
    svg = DRAWN["w2-one"]
    assert {"9 events/s", "1 event a request, 64 connections: sessiond"} <= set(texts(svg))
    assert (svg.count(PALETTE[0]), svg.count(PALETTE[1])) == (1, 2)


def test_a_line_has_its_points_and_their_figures() -> None:
    svg = DRAWN["w3-rate-shards"]
    assert svg.count("<circle") == 2
    assert {"1", "2", "10,000 events/s"} <= set(texts(svg))


def test_two_lines_are_told_apart_by_name_and_colour() -> None:
    rows = {name: [restart.figure(10, name, [900.0], 0.5)] for name in ("a shard", "all of it")}
    svg = charts.lines("title", "live sessions", rows)
    assert {"a shard", "all of it"} <= set(texts(svg))
    assert all(colour in svg for colour in PALETTE[:2])


def test_a_histogram_shows_the_shares_side_by_side() -> None:
    assert {"none", "some", "100%", "1,000", "ms, below"} <= set(texts(DRAWN["w5-rows"]))


def test_words_cannot_break_a_picture() -> None:
    drawing = Drawing(10, 10, "a < b & c")
    drawing.text((0, 0), '"<"')
    assert texts(drawing.text_of()) == ["a < b & c", '"<"']


def test_writing_removes_the_pictures_of_an_earlier_run(tmp_path: Path) -> None:
    (tmp_path / "old.svg").write_text("")
    pictures.write(FIGURES, tmp_path)
    assert {file.stem for file in tmp_path.iterdir()} == set(DRAWN)
