"""Thrashed cursor: the pointer is thrown about (GoSight: 2 s, 10 turns of more than 90 degrees, 500 px/s on average).

Batches of positions that overlap in time are sorted into each other, the last two of them. Fingers do not thrash: their
moves are not read (gateway/moves.py).

A turn is where the way on points back: the product of the two moves is negative, in whole numbers. Counted, timed and
measured from the first of the last so many turns on, so that a session keeps no more of the way than that.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from math import isqrt
from typing import Final

import msgspec
from msgspec.structs import replace

from engine import config, rules
from engine.detectors.base import NO_FINDINGS, Action, Detector, Finding, Verdict, remember
from engine.detectors.points import MAX_KEPT, Kept, Point, points_of, time_of
from engine.moment import Moment

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
    """The last point, the move that led to it, and the last turns; `is_pressed`: a button is down.
    `batch`: the points of the last batch, `before`: the way up to the first of them; None = the last was no batch."""

    at_ms: int = 0
    x: int = 0
    y: int = 0
    dx: int = 0
    dy: int = 0
    path_px: int = 0
    turns: tuple[Turn, ...] = ()
    burst: Thrashing | None = None
    is_pressed: bool = False
    before: "Way | None" = None
    batch: Kept | None = None


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
        points = points_of(moment)
        grown: dict[str, Thrashing] = {}  # a batch may end a burst and begin the next
        if len(points) > 1 or _overlaps(state, points):
            start, way = self._batch(state, points, grown)
        else:
            start, way = state, self._walked(state, points, grown)
        told, kept = _burst(state), _burst(start)
        return way, self._findings(grown, told, kept, moment) if grown or told != kept else NO_FINDINGS

    def _batch(
        self, state: Way | None, points: list[Point], grown: dict[str, Thrashing]
    ) -> tuple[Way | None, Way | None]:
        """The way from which it was walked on, and the way now. Points of the batch before that are later than the
        first of this one are walked again, between those of this one."""
        start, cut_ms = state, points[0][0]
        if state is not None and state.batch is not None and _overlaps(state, points):
            start, points = state.before, sorted([*state.batch.points(), *points], key=time_of)
        place = max(bisect_left(points, cut_ms, key=time_of), len(points) - MAX_KEPT)
        earlier = self._walked(start, points[:place], grown)
        way = self._walked(earlier, points[place:], grown)
        if earlier is not None and earlier.batch is not None:
            earlier = replace(earlier, before=None, batch=None)
        return start, None if way is None else replace(way, before=earlier, batch=Kept.of(points[place:]))

    def _walked(self, way: Way | None, points: Iterable[Point], grown: dict[str, Thrashing]) -> Way | None:
        latest = _burst(way)
        for point in points:
            way = self._moved(way, point)
            if way.burst is not None and way.burst is not latest:
                latest = way.burst
                grown[latest.event_ids[0]] = latest
        return way

    def _moved(self, way: Way | None, point: Point) -> Way:
        at_ms, x, y, event_id = point
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

    def _findings(
        self, grown: dict[str, Thrashing], told: Thrashing | None, kept: Thrashing | None, moment: Moment
    ) -> Sequence[Finding]:
        """`told`: the burst that was said last, `kept`: what was of it before the points that were walked again."""
        if told is not None and told != kept:
            again = grown.pop(told.event_ids[0], kept)
            if again is None or again.event_ids[0] != told.event_ids[0]:
                gone = replace(self._found(told, moment), status="withdrawn")
                return (gone, *(self._found(burst, moment) for burst in grown.values()))
            if again != told:
                grown[again.event_ids[0]] = again
        return tuple(self._found(burst, moment) for burst in grown.values())

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


def _overlaps(way: Way | None, points: Sequence[Point]) -> bool:
    """With the last batch; both in order of time."""
    return bool(points) and way is not None and way.batch is not None and points[0][0] < way.batch.last_ms


def _burst(way: Way | None) -> Thrashing | None:
    return None if way is None else way.burst
