"""The three kinds of charts, each from figures: bars, lines over a logarithmic axis, histograms."""

from collections.abc import Mapping, Sequence
from math import log10
from typing import Final

from benchmarks.results import Bucket, Figure
from benchmarks.svg import FAINT, INK, PALETTE, Drawing, Point
from benchmarks.table import number, shown

_BAR_WIDTH: Final = 720
_BAR_HEIGHT: Final = 18
_BAR_STEP: Final = 44
_WIDTH: Final = 460
_HEIGHT: Final = 280
_LEFT: Final = 70
_RIGHT: Final = 440
_INSET: Final = 45  # half of the longest label
_TOP: Final = 64
_BOTTOM: Final = 236
_OURS: Final = "sessiond"

Rows = Mapping[str, Sequence[Figure]]  # the figures of each line


def bars(title: str, figures: Sequence[Figure]) -> str:
    """A name, below it the bar with its figure; what is ours in the first colour."""
    drawing = Drawing(_BAR_WIDTH, 50 + _BAR_STEP * len(figures), title)
    longest = max(figure.value for figure in figures)
    for place, figure in enumerate(figures):
        top = 46 + _BAR_STEP * place
        size = max(1.0, figure.value / longest * (_BAR_WIDTH - 160))
        drawing.text((16, top + 8), figure.name)
        drawing.box((16, top + 13), (size, _BAR_HEIGHT), PALETTE[0] if _OURS in figure.name else PALETTE[1])
        drawing.text((22 + size, top + 26), shown(figure))
    return drawing.text_of()


def lines(title: str, axis: str, rows: Rows) -> str:
    """Every point with its figure: there are few, and a person reads them sooner than a grid."""
    drawing = _framed(title, f"{axis} (log scale)", list(rows))
    at = _places([figure for row in rows.values() for figure in row])
    for x, left in {_x(figure): place[0] for figure, place in at}.items():
        drawing.text((left, _BOTTOM + 16), number(x), anchor="middle")
    for colour, row in zip(PALETTE, rows.values(), strict=False):
        points = [place for figure, place in at if figure in row]
        drawing.line(points, colour, width=2)
        for figure, (left, top) in zip(row, points, strict=True):
            drawing.dot((left, top), colour)
            drawing.text((left, top - 8), shown(figure), anchor="middle", size=11)
    return drawing.text_of()


def _places(figures: Sequence[Figure]) -> list[tuple[Figure, Point]]:
    """From left to right by the logarithm of x, upwards from zero."""
    ends = [log10(_x(figure)) for figure in figures]
    first, room = min(ends), max(ends) - min(ends) or 1
    highest = max(figure.value for figure in figures) * 1.15
    return [
        (
            figure,
            (
                _LEFT + _INSET + (end - first) / room * (_RIGHT - _LEFT - 2 * _INSET),
                _BOTTOM - figure.value / highest * (_BOTTOM - _TOP),
            ),
        )
        for figure, end in zip(figures, ends, strict=True)
    ]


def _x(figure: Figure) -> float:
    return figure.spot.x if figure.spot else 1.0


def histogram(title: str, rows: Rows) -> str:
    """The share that lies below each bound and not below the one before, the rows side by side."""
    drawing = _framed(title, f"{next(iter(rows.values()))[0].unit}, below", list(rows))
    spreads = [row[0].buckets for row in rows.values()]
    bounds = _filled(spreads)
    shares = [_shares(buckets, bounds) for buckets in spreads]
    highest = max(map(max, shares))
    for place, row in enumerate(shares):
        _columns(drawing, [share / highest for share in row], place, len(shares))
    for at, below in enumerate(bounds, start=1):
        middle = _LEFT + at * (_RIGHT - _LEFT) / len(bounds)
        drawing.text((middle, _BOTTOM + 16), number(below), anchor="middle", size=10)
    drawing.text((_LEFT - 6, _TOP + 4), f"{highest:.0%}", anchor="end")
    drawing.text((_LEFT - 6, _BOTTOM + 4), "0%", anchor="end")
    return drawing.text_of()


def _columns(drawing: Drawing, heights: Sequence[float], place: int, of: int) -> None:
    """One row of a histogram: the `place`-th of so many that share the room of each bucket."""
    step = (_RIGHT - _LEFT) / len(heights)
    width = step * 0.8 / of
    for at, height in enumerate(heights):
        size, left = height * (_BOTTOM - _TOP), _LEFT + (at + 0.1) * step + place * width
        drawing.box((left, _BOTTOM - size), (width, size), PALETTE[place])


def _shares(buckets: Sequence[Bucket], bounds: Sequence[float]) -> list[float]:
    counts = {bucket.below: bucket.count for bucket in buckets}
    return [counts.get(below, 0) / sum(counts.values()) for below in bounds]


def _filled(spreads: Sequence[Sequence[Bucket]]) -> list[float]:
    """The bounds from the first to the last bucket that holds something."""
    used = [bucket.below for buckets in spreads for bucket in buckets if bucket.count]
    bounds = {bucket.below for buckets in spreads for bucket in buckets}
    return sorted(below for below in bounds if min(used) <= below <= max(used))


def _framed(title: str, axis: str, names: Sequence[str]) -> Drawing:
    drawing = Drawing(_WIDTH, _HEIGHT, title)
    drawing.line([(_LEFT, _BOTTOM), (_RIGHT, _BOTTOM)], INK)
    drawing.line([(_LEFT, _TOP), (_LEFT, _BOTTOM)], FAINT)
    drawing.text(((_LEFT + _RIGHT) / 2, _BOTTOM + 34), axis, anchor="middle")
    if len(names) > 1:
        for place, (colour, name) in enumerate(zip(PALETTE, names, strict=False)):
            drawing.box((16 + place * 200, 36), (10, 10), colour)
            drawing.text((30 + place * 200, 45), name, size=11)
    return drawing
