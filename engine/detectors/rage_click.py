"""Rage click: N clicks on one spot of one page within a short window (seed 001: more than 5 in 2 s, same area).

The spot is a circle around the centre of the clicks, never a grid cell, whose edge could cut a cluster in two. It is
reported with the click that makes it N, once per burst; the burst goes on while the next click on the spot comes
within the window after the last one. Distances are compared in whole numbers: the edge is exact on every machine.

Where the page answered every click at once (a calendar, a game, a button that counts) nobody is angry; nor where it was
scrolled, or a text was marked, in between.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from engine import config, rules
from engine.detectors.base import MAX_EVIDENCE, NO_FINDINGS, Action, Detector, Finding, Verdict, remember
from engine.detectors.life import life_types
from engine.element import element_of
from engine.ignored import Ignored
from engine.moment import Moment
from engine.traits import KEYBOARD, MEDIA, MODIFIED, OPTED_OUT, STEPPER, TEXT_FIELD
from engine.wire import Click

_MAX_BURSTS: Final = 4  # that go on at the same time, on different spots
_KEPT_CLICKS: Final = 4  # times `min_count`: other spots may be clicked in between


# Clicks that say nothing of anger: on what is made for many clicks, on text, by keys.
_CALM: Final = STEPPER | TEXT_FIELD | MEDIA | OPTED_OUT | MODIFIED | KEYBOARD
_TWICE_MS: Final = 20  # nobody clicks 50 times a second: the same click, reported as a click and a double click
_PRESETS: Final = {"gosight": (5, 2_000, 50), "posthog": (3, 1_000, 30), "sentry": (5, 7_000, 50)}


class Spot(msgspec.Struct, array_like=True, frozen=True, gc=False):
    at_ms: int
    x: int
    y: int
    page: str
    event_id: str
    element: str = ""
    is_answered: bool = False


class Burst(msgspec.Struct, array_like=True, frozen=True, gc=False):
    page: str
    first_ms: int
    last_ms: int
    count: int
    sum_x: int
    sum_y: int
    event_ids: tuple[str, ...]
    element: str = ""


class ClickState(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`latest`: the click that came last; `earlier`: those before it, in time order, those of a burst left out.
    `is_of_burst`: `latest` is one of a burst, too."""

    latest: Spot
    earlier: tuple[Spot, ...] = ()
    bursts: tuple[Burst, ...] = ()
    is_of_burst: bool = False

    @property
    def recent(self) -> tuple[Spot, ...]:
        """Those that are not of a burst."""
        return self.earlier if self.is_of_burst else (*self.earlier, self.latest)


class RageClick(Detector):
    kind = "rage_click"
    severity = "high"
    State = ClickState

    def __init__(self, rule: rules.RageClick, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        own = rule.min_clicks, rule.window_ms, rule.radius_px
        self._min_count, self._window_ms, self._radius_px = _PRESETS.get(rule.preset, own)
        self.thresholds |= {
            "min_clicks": self._min_count,
            "window_ms": self._window_ms,
            "radius_px": self._radius_px,
        }
        self._ignored = Ignored(rule.ignore_selectors, rule.ignore_texts)
        self._click_types = kinds.click_types
        # A page that answers is not dead, whoever marks a text clicks two or three times, and a tap stops a page that
        # is still scrolling.
        calming = life_types(kinds) if rule.preset == "sentry" else kinds.selection_types | kinds.scroll_types
        self._answer_types = kinds.mutation_types - calming
        self._answer_ms = rule.answer_ms
        self.event_types = kinds.click_types | calming | self._answer_types
        self.first_types = kinds.click_types
        self.lasts_ms = max(self._window_ms, _TWICE_MS)

    def see(self, state: ClickState | None, moment: Moment, before: Action) -> Verdict:
        if moment.event_type not in self._click_types:
            return self._answered(state, moment) if moment.event_type in self._answer_types else None, NO_FINDINGS
        click = moment.click
        if click is None or click.x is None or click.y is None or self._is_calm(click):
            return state, NO_FINDINGS
        spot = Spot(moment.at_ms, click.x, click.y, moment.page, moment.event_id, element_of(click))
        if state is None:
            return ClickState(spot), NO_FINDINGS
        if _is_twice(state.latest, spot):
            return state, NO_FINDINGS
        for place, burst in enumerate(state.bursts):
            if self._belongs(burst, spot):
                grown = _grown(burst, spot)
                bursts = (*state.bursts[:place], grown, *state.bursts[place + 1 :])
                return ClickState(spot, state.recent, bursts, True), (self._found(grown),)
        earlier = self._kept(state.recent, spot)
        cluster = self._cluster((*earlier, spot), spot) if len(earlier) + 1 >= self._min_count else []
        if not cluster:
            return ClickState(spot, earlier, state.bursts), NO_FINDINGS
        burst = _burst(cluster)
        rest = tuple(other for other in earlier if other not in cluster)
        going_on = [other for other in state.bursts if other.last_ms >= burst.last_ms - self._window_ms]
        return ClickState(spot, rest, (*going_on[1 - _MAX_BURSTS :], burst), True), (self._found(burst),)

    def _answered(self, state: ClickState | None, moment: Moment) -> ClickState | None:
        if state is None or state.latest.is_answered or moment.at_ms - state.latest.at_ms >= self._answer_ms:
            return state
        return replace(state, latest=replace(state.latest, is_answered=True))

    def _is_calm(self, click: Click) -> bool:
        return click.traits & _CALM > 0 or self._ignored.holds(click)

    def _belongs(self, burst: Burst, spot: Spot) -> bool:
        return (
            spot.at_ms <= burst.last_ms + self._window_ms
            and spot.page == burst.page
            and self._is_near(spot, burst.count, burst.sum_x, burst.sum_y, self._radius_px)
        )

    def _is_near(self, spot: Spot, count: int, sum_x: int, sum_y: int, reach_px: int) -> bool:
        """Whether a click is within `reach_px` of the centre of `count` clicks."""
        return _distance(spot, count, sum_x, sum_y) <= (reach_px * count) ** 2

    def _kept(self, recent: tuple[Spot, ...], spot: Spot) -> tuple[Spot, ...]:
        """The newest one, which is not among them, decides who is still inside the window."""
        oldest_ms = spot.at_ms - self._window_ms
        if not recent or recent[-1].at_ms < oldest_ms:
            return ()
        return tuple([other for other in recent if other.at_ms >= oldest_ms])[1 - self._min_count * _KEPT_CLICKS :]

    def _cluster(self, recent: Sequence[Spot], spot: Spot) -> list[Spot]:
        """The clicks with `spot` that all lie within the radius of their own centre, or none: the farthest from the
        centre go first, until those that are left fit or are too few."""
        reach_px = 2 * self._radius_px
        cluster = [o for o in recent if o.page == spot.page and self._is_near(o, 1, spot.x, spot.y, reach_px)]
        while len(cluster) >= self._min_count:
            centre = len(cluster), sum(o.x for o in cluster), sum(o.y for o in cluster)
            distances = [_distance(other, *centre) for other in cluster]
            farthest = distances.index(max(distances))
            if self._is_near(cluster[farthest], *centre, self._radius_px):
                return cluster if spot in cluster and not all(other.is_answered for other in cluster[:-1]) else []
            del cluster[farthest]
        return []

    def _found(self, burst: Burst) -> Finding:
        x, y = round(burst.sum_x / burst.count), round(burst.sum_y / burst.count)
        return Finding(
            first_event_id=burst.event_ids[0],
            started_ms=burst.first_ms,
            last_ms=burst.last_ms,
            detected_ms=burst.last_ms,
            description=f"{burst.count} clicks around ({x}, {y}) within {burst.last_ms - burst.first_ms} ms.",
            event_ids=burst.event_ids,
            details={"count": burst.count, "x": x, "y": y, "path": burst.page, "element": burst.element},
        )


def _burst(cluster: Sequence[Spot]) -> Burst:
    return Burst(
        page=cluster[0].page,
        first_ms=cluster[0].at_ms,
        last_ms=cluster[-1].at_ms,
        count=len(cluster),
        sum_x=sum(spot.x for spot in cluster),
        sum_y=sum(spot.y for spot in cluster),
        event_ids=tuple(spot.event_id for spot in cluster[:MAX_EVIDENCE]),
        element=cluster[-1].element,
    )


def _grown(burst: Burst, spot: Spot) -> Burst:
    return Burst(
        burst.page,
        burst.first_ms,
        spot.at_ms,
        burst.count + 1,
        burst.sum_x + spot.x,
        burst.sum_y + spot.y,
        remember(burst.event_ids, spot.event_id),
        burst.element,
    )


def _is_twice(latest: Spot, spot: Spot) -> bool:
    same = (latest.x, latest.y, latest.page) == (spot.x, spot.y, spot.page)
    return same and spot.at_ms - latest.at_ms < _TWICE_MS


def _distance(spot: Spot, count: int, sum_x: int, sum_y: int) -> int:
    """From the centre of `count` clicks, squared and times `count` squared: exact, without a fraction."""
    dx, dy = count * spot.x - sum_x, count * spot.y - sum_y
    return dx * dx + dy * dy
