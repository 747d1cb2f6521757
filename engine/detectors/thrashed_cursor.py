"""Thrashed cursor: the pointer is thrown about (GoSight: 2 s, 10 turns of more than 90 degrees, 500 px/s on average).

A turn is where the way on points back: the product of the two moves is negative, in whole numbers. Counted, timed and
measured from the first of the last so many turns on, so that a session keeps no more of the way than that.
"""

from collections.abc import Iterator
from math import isqrt
from typing import Final

import msgspec

from engine import config, rules
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict, remember
from engine.moment import Moment

Point = tuple[int, int, int]  # Unix milliseconds, x, y
_POINT: Final = 3
_MAX_PRESS_MS: Final = 10_000  # a button that is let go outside of the window is never said to be


class Turn(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`path_px`: how far the pointer had come by then."""

    at_ms: int
    path_px: int
    event_id: str


class Thrashing(msgspec.Struct, array_like=True, frozen=True, gc=False):
    first_ms: int
    last_ms: int
    turns: int
    event_ids: tuple[str, ...]


class Way(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The last point, the move that led to it, and the last turns; `is_pressed`: a button is down."""

    at_ms: int = 0
    x: int = 0
    y: int = 0
    dx: int = 0
    dy: int = 0
    path_px: int = 0
    turns: tuple[Turn, ...] = ()
    burst: Thrashing | None = None
    is_pressed: bool = False


class ThrashedCursor(Detector):
    kind = "thrashed_cursor"
    severity = "medium"
    State = Way

    def __init__(self, rule: rules.ThrashedCursor, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._rule = rule
        self._press_types = kinds.press_types
        self._release_types = kinds.release_types
        self.event_types = kinds.move_types | kinds.press_types | kinds.release_types

    def see(self, state: Way | None, moment: Moment, before: Action) -> Verdict:
        if moment.event_type in self._press_types:
            return Way(moment.at_ms, is_pressed=True), NO_FINDINGS
        if moment.event_type in self._release_types:
            return None, NO_FINDINGS
        if state is not None and state.is_pressed:
            if moment.at_ms - state.at_ms <= _MAX_PRESS_MS:
                return state, NO_FINDINGS
            state = None
        way, latest = state, None if state is None else state.burst
        grown: dict[str, Thrashing] = {}  # a batch may end a burst and begin the next
        for point in _points(moment):
            way = self._moved(way, point, moment.event_id)
            if way.burst is not None and way.burst is not latest:
                latest = way.burst
                grown[latest.event_ids[0]] = latest
        return way, tuple(self._found(burst, moment) for burst in grown.values()) if grown else NO_FINDINGS

    def _moved(self, way: Way | None, point: Point, event_id: str) -> Way:
        at_ms, x, y = point
        if way is None or at_ms - way.at_ms > self._rule.window_ms:
            return Way(at_ms, x, y, burst=None if way is None else way.burst)
        dx, dy = x - way.x, y - way.y
        square = dx * dx + dy * dy
        if at_ms < way.at_ms or square < self._rule.min_move_px**2:
            return way
        turns, burst = way.turns, way.burst
        if dx * way.dx + dy * way.dy < 0:
            # The turn lies where the last move ended.
            turns = (*turns, Turn(way.at_ms, way.path_px, event_id))[-self._rule.min_turns :]
        path_px = way.path_px + isqrt(square)
        if turns is not way.turns and self._is_thrashing(turns, at_ms, path_px):
            burst = self._grown(burst, turns, at_ms, event_id)
        return Way(at_ms, x, y, dx, dy, path_px, turns, burst)

    def _is_thrashing(self, turns: tuple[Turn, ...], at_ms: int, path_px: int) -> bool:
        first = turns[0]
        took_ms, far_px = at_ms - first.at_ms, path_px - first.path_px
        return (
            len(turns) == self._rule.min_turns
            and took_ms <= self._rule.window_ms
            and far_px >= self._rule.min_path_px
            and far_px * 1000 >= self._rule.min_speed_px_per_s * took_ms
        )

    def _grown(self, burst: Thrashing | None, turns: tuple[Turn, ...], at_ms: int, event_id: str) -> Thrashing:
        if burst is not None and turns[0].at_ms <= burst.last_ms:
            ids = burst.event_ids if event_id in burst.event_ids else remember(burst.event_ids, event_id)
            return Thrashing(burst.first_ms, at_ms, burst.turns + 1, ids)
        ids = tuple(dict.fromkeys([*(turn.event_id for turn in turns), event_id]))
        if burst is not None and ids[0] == burst.event_ids[0]:
            # Two that begin in one batch have one id, and so are one anomaly.
            return Thrashing(burst.first_ms, at_ms, burst.turns + len(turns), burst.event_ids)
        return Thrashing(turns[0].at_ms, at_ms, len(turns), ids)

    def _found(self, burst: Thrashing, moment: Moment) -> Finding:
        seconds = (burst.last_ms - burst.first_ms) / 1000
        return Finding(
            first_event_id=burst.event_ids[0],
            started_ms=burst.first_ms,
            last_ms=burst.last_ms,
            detected_ms=max(moment.at_ms, burst.last_ms),
            description=f"The pointer turned back {burst.turns} times in {seconds:g} s.",
            event_ids=burst.event_ids,
            details={"turns": burst.turns, "path": moment.page},
        )


def _points(moment: Moment) -> Iterator[Point]:
    """In order of time; none later than the event, which is when the client sent them off."""
    moves = () if moment.facts is None else moment.facts.moves
    points = [
        (moment.at_ms + min(moves[place], 0), moves[place + 1], moves[place + 2])
        for place in range(0, len(moves) - _POINT + 1, _POINT)
    ]
    yield from sorted(points, key=lambda point: point[0])
