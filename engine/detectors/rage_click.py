"""Rage click: N clicks on one spot of one page within a short window (seed 001: more than 5 in 2 s, same area).

The spot is a circle around the centre of the clicks, never a grid cell, whose edge could cut a cluster in two. It is
reported with the click that makes it N, once per burst; the burst goes on while the next click on the spot comes
within the window after the last one. Distances are compared in whole numbers: the edge is exact on every machine.
"""

from collections.abc import Sequence
from sys import intern
from typing import Final

import msgspec

from engine.detectors.base import MAX_EVIDENCE, MAX_TEXT, Action, Detector, Finding, remember
from engine.wire import Seen

_MAX_BURSTS: Final = 4  # that go on at the same time, on different spots
_KEPT_CLICKS: Final = 4  # times `min_count`: other spots may be clicked in between


class Spot(msgspec.Struct, array_like=True, frozen=True, gc=False):
    at_ms: int
    x: int
    y: int
    page: str
    event_id: str


class Burst(msgspec.Struct, array_like=True, gc=False):
    page: str
    first_ms: int
    last_ms: int
    count: int
    sum_x: int
    sum_y: int
    event_ids: tuple[str, ...]


class ClickState(msgspec.Struct, array_like=True, gc=False):
    recent: tuple[Spot, ...] = ()  # in time order, those of a burst left out
    bursts: tuple[Burst, ...] = ()


class RageClick(Detector):
    kind = "rage_click"
    severity = "high"
    State = ClickState
    takes_older = True

    def __init__(self, *, min_count: int, window_ms: int, radius_px: int, click_types: frozenset[str]) -> None:
        self._min_count = min_count
        self._window_ms = window_ms
        self._radius_px = radius_px
        self.event_types = click_types

    def on_action(self, state: ClickState, event: Seen, before: Action) -> Finding | None:
        click = event.click
        if click is None or click.x is None or click.y is None:
            return None
        spot = Spot(event.at_ms, click.x, click.y, intern((event.path or event.screen_name)[:MAX_TEXT]), event.event_id)
        for burst in state.bursts:
            if self._belongs(burst, spot):
                return self._found(self._grow(burst, spot))
        self._keep(state, spot)
        cluster = self._cluster(state.recent, spot)
        if not cluster:
            return None
        return self._found(self._begin(state, cluster))

    def _belongs(self, burst: Burst, spot: Spot) -> bool:
        in_time = burst.first_ms - self._window_ms <= spot.at_ms <= burst.last_ms + self._window_ms
        return (
            in_time
            and spot.page == burst.page
            and self._is_near(spot, burst.count, burst.sum_x, burst.sum_y, self._radius_px)
        )

    def _is_near(self, spot: Spot, count: int, sum_x: int, sum_y: int, reach_px: int) -> bool:
        """Whether a click is within `reach_px` of the centre of `count` clicks."""
        return _distance(spot, count, sum_x, sum_y) <= (reach_px * count) ** 2

    def _grow(self, burst: Burst, spot: Spot) -> Burst:
        burst.count += 1
        burst.sum_x += spot.x
        burst.sum_y += spot.y
        burst.first_ms = min(burst.first_ms, spot.at_ms)
        burst.last_ms = max(burst.last_ms, spot.at_ms)
        burst.event_ids = remember(burst.event_ids, spot.event_id)
        return burst

    def _keep(self, state: ClickState, spot: Spot) -> None:
        """An older click takes its place in time; the newest one decides who is still inside the window."""
        recent = [*state.recent, spot]
        if len(recent) > 1 and spot.at_ms < recent[-2].at_ms:
            recent.sort(key=lambda other: other.at_ms)
        oldest_ms = recent[-1].at_ms - self._window_ms
        kept = [other for other in recent if other.at_ms >= oldest_ms]
        state.recent = tuple(kept[-self._min_count * _KEPT_CLICKS :])

    def _cluster(self, recent: Sequence[Spot], spot: Spot) -> list[Spot]:
        """The clicks with `spot` that all lie within the radius of their own centre, or none: the farthest from the
        centre go first, until those that are left fit or are too few."""
        if len(recent) < self._min_count:
            return []
        reach_px = 2 * self._radius_px
        cluster = [o for o in recent if o.page == spot.page and self._is_near(o, 1, spot.x, spot.y, reach_px)]
        while len(cluster) >= self._min_count:
            centre = len(cluster), sum(o.x for o in cluster), sum(o.y for o in cluster)
            distances = [_distance(other, *centre) for other in cluster]
            farthest = distances.index(max(distances))
            if self._is_near(cluster[farthest], *centre, self._radius_px):
                return cluster if spot in cluster else []
            del cluster[farthest]
        return []

    def _begin(self, state: ClickState, cluster: Sequence[Spot]) -> Burst:
        burst = Burst(
            page=cluster[0].page,
            first_ms=cluster[0].at_ms,
            last_ms=cluster[-1].at_ms,
            count=len(cluster),
            sum_x=sum(spot.x for spot in cluster),
            sum_y=sum(spot.y for spot in cluster),
            event_ids=tuple(spot.event_id for spot in cluster[:MAX_EVIDENCE]),
        )
        state.recent = tuple(spot for spot in state.recent if spot not in cluster)
        over_ms = burst.last_ms - self._window_ms
        going_on = [other for other in state.bursts if other.last_ms >= over_ms]
        state.bursts = (*going_on[1 - _MAX_BURSTS :], burst)
        return burst

    def _found(self, burst: Burst) -> Finding:
        x, y = round(burst.sum_x / burst.count), round(burst.sum_y / burst.count)
        return Finding(
            first_event_id=burst.event_ids[0],
            started_ms=burst.first_ms,
            detected_ms=burst.last_ms,
            description=f"{burst.count} clicks around ({x}, {y}) within {burst.last_ms - burst.first_ms} ms.",
            event_ids=list(burst.event_ids),
            details={
                "count": burst.count,
                "x": x,
                "y": y,
                "path": burst.page,
                "min_count": self._min_count,
                "window_ms": self._window_ms,
                "radius_px": self._radius_px,
            },
        )


def _distance(spot: Spot, count: int, sum_x: int, sum_y: int) -> int:
    """From the centre of `count` clicks, squared and times `count` squared: exact, without a fraction."""
    dx, dy = count * spot.x - sum_x, count * spot.y - sum_y
    return dx * dx + dy * dy
