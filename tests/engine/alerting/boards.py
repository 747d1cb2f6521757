"""A board and what it said, minute by minute."""

from collections.abc import Iterable, Sequence
from typing import Any

from engine.alerting import Alert, AlertRule, Board
from engine.slices import Cell, Slice
from tests.builders import T0

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


def rule(**fields: Any) -> AlertRule:
    return AlertRule(**{"name": "r", "metric": "events", "value": 5, "window": "1m", **fields})


def cell(metric: str = "events", group: str = "click", count: int = 1, **fields: Any) -> Cell:
    return Cell("default", metric, group, count, **fields)


class Told:
    """Feeds a board and keeps what it said. `at`: milliseconds after T0. It is asked each second, as in life, or each
    minute where nothing comes in between."""

    def __init__(self, *rules: AlertRule, at: int = 0) -> None:
        self.rules: Sequence[AlertRule] = rules
        self.board = Board(rules)
        self.said: list[Alert] = []
        self.at = at
        self._seq = 0
        self.advance(at)

    def feed(self, *cells: Cell, at: int | None = None) -> None:
        self._seq += 1
        moment = T0 + (self.at if at is None else at)
        self.board.feed(Slice("j", self._seq - 1, self._seq, moment, list(cells)))

    def advance(self, at: int) -> list[Alert]:
        """What it says from now until then."""
        said: list[Alert] = []
        while self.at < at:
            self.at = min(at, self.at + MINUTE_MS)
            said += self.board.advance(T0 + self.at)
        if not said:
            said += self.board.advance(T0 + at)
        self.said += said
        return said

    def minutes(self, count: int, cells: Iterable[Cell] = ()) -> list[Alert]:
        """So many minutes, each with these cells in its middle."""
        said: list[Alert] = []
        for _ in range(count):
            said += self.advance(self.at + MINUTE_MS // 2)
            self.feed(*cells)
            said += self.advance(self.at)
            said += self.advance(self.at + MINUTE_MS // 2)
        return said


def states(alerts: Iterable[Alert]) -> list[str]:
    return [alert.state for alert in alerts]
