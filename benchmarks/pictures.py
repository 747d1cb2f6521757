"""Which figures are drawn together, and where the pictures lie: docs/benchmarks/NAME.svg."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import charts
from benchmarks.results import Figure

FOLDER: Final = Path(__file__).parent.parent / "docs" / "benchmarks"


class Picture(NamedTuple):
    """`axis`: what a chart of lines has from left to right; "" = bars, or a histogram."""

    name: str
    part: str
    title: str
    axis: str = ""


PICTURES: Final = (
    Picture("w1-race", "W1", "Sessionise and count the same file (sessiond: and run all detectors)"),
    Picture("w2-one", "W2", "One event a request over HTTP"),
    Picture("w2-hundred", "W2", "A hundred events a request over HTTP"),
    Picture("w3-cost-sessions", "W3", "CPU to fold one event, by live sessions", "live sessions"),
    Picture("w3-cost-events", "W3", "CPU to fold one event, by events per session", "events per session"),
    Picture("w3-memory-sessions", "W3", "Memory of a live session of 2 events", "live sessions"),
    Picture("w3-memory-events", "W3", "Memory of a live session, by its events", "events per session"),
    Picture("w3-cost-shards", "W3", "CPU of one event, HTTP to ClickHouse", "shards"),
    Picture("w3-rate-shards", "W3", "Batches of 100 over HTTP, acked", "shards"),
    Picture("w4-restart", "W4", "From kill -9 to the next ack", "live sessions"),
    Picture("w5-anomaly", "W5", "From a request to its anomaly in /session/analysis"),
    Picture("w5-rows", "W5", "From a request to its rows in ClickHouse"),
)


def drawn(figures: Sequence[Figure]) -> Iterator[tuple[Picture, str]]:
    """(picture, SVG) of every picture that has figures."""
    for picture in PICTURES:
        shown = [figure for figure in figures if figure.spot and figure.spot.chart == picture.name]
        if shown:
            yield picture, _svg(picture, shown)


def _svg(picture: Picture, shown: Sequence[Figure]) -> str:
    rows: dict[str, list[Figure]] = {}
    for figure in shown:
        rows.setdefault(figure.spot.line if figure.spot else "", []).append(figure)
    if shown[0].buckets:
        return charts.histogram(picture.title, rows)
    return charts.lines(picture.title, picture.axis, rows) if picture.axis else charts.bars(picture.title, shown)


def write(figures: Sequence[Figure], folder: Path) -> None:
    """Whatever was drawn before goes."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for picture, svg in drawn(figures):
        (folder / f"{picture.name}.svg").write_text(svg, encoding="utf-8")
