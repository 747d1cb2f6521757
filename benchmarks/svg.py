"""A picture of texts, lines and boxes. It brings its own white ground, so that it is read on a dark page as well."""

from collections.abc import Sequence
from html import escape
from typing import Final, Literal

INK: Final = "#1f2328"
FAINT: Final = "#d0d7de"
PALETTE: Final = ("#0969da", "#bc4c00", "#1a7f37", "#8250df")  # told apart by people who see colours differently
_FONT: Final = "ui-sans-serif, system-ui, Helvetica, Arial, sans-serif"

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


class Drawing:
    """Pixels, from the top left corner."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img" font-family="{_FONT}" font-size="12">'
        )
        self._parts = [f"<title>{escape(title)}</title>"]
        self.box((0, 0), (width, height), "#ffffff")
        self.text((16, 24), title, size=14)

    def text(self, at: Point, words: str, *, anchor: Anchor = "start", size: int = 12) -> None:
        place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" font-size="{size}"'
        self._parts.append(f'<text {place} fill="{INK}">{escape(words)}</text>')

    def box(self, at: Point, size: Point, colour: str) -> None:
        place = f'x="{at[0]:.1f}" y="{at[1]:.1f}" width="{size[0]:.1f}" height="{size[1]:.1f}"'
        self._parts.append(f'<rect {place} fill="{colour}"/>')

    def line(self, points: Sequence[Point], colour: str, *, width: float = 1) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>')

    def dot(self, at: Point, colour: str) -> None:
        self._parts.append(f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.5" fill="{colour}"/>')

    def text_of(self) -> str:
        return "\n".join([self._head, *self._parts, "</svg>", ""])
