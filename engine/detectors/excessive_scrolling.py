"""Excessive scrolling: up and down a page again and again, looking for what is not there (product research §2.8, after
Clarity: turns of the direction, with a quarter of the window's height travelled each).

A turn is where the page stood still before it went so far the other way; less than that is the hand. Positions are
pixels in a window of known height, else the depth in percent. A jump to the top of a page that was more than two
windows long is one turn with its way down: "back to top" is a button.
"""

from typing import Final

import msgspec

from engine import config
from engine.detectors.base import NO_FINDINGS, Action, Detector, Verdict
from engine.detectors.cluster import Cluster, Part
from engine.moment import Moment
from engine.rules import ExcessiveScrolling as Rule

_DEPTH_HEIGHT: Final = 100  # of a page in percent: 25 percent of the window are 25 points of depth
_MIN_JUMP: Final = 2  # windows


class ScrollState(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`farthest`: the position up to which it went in its `direction` (1 down, -1 up, 0 = it has not moved yet)."""

    page: str
    is_px: bool
    farthest: int
    direction: int = 0
    turns: Cluster = Cluster()


class ExcessiveScrolling(Detector):
    kind = "excessive_scrolling"
    severity = "low"
    State = ScrollState

    def __init__(self, rule: Rule, kinds: config.Session) -> None:
        super().__init__(rule, kinds)
        self._min_reversals = rule.min_reversals
        self._window_ms = rule.window_ms
        self._min_percent = rule.min_travel_percent
        self._page_types = kinds.page_types
        self.event_types = kinds.scroll_types | kinds.page_types
        self.first_types = kinds.scroll_types

    def see(self, state: ScrollState | None, moment: Moment, before: Action) -> Verdict:
        if moment.event_type in self._page_types:
            is_same = moment.facts is not None and moment.facts.navigation == "replace"
            return (state if is_same else None), NO_FINDINGS
        facts = moment.facts
        if facts is not None and facts.scroll_y is not None and facts.view_height > 0:
            return self._scroll(state, moment, True, facts.scroll_y, facts.view_height)
        if moment.depth is not None:
            return self._scroll(state, moment, False, moment.depth, _DEPTH_HEIGHT)
        return state, NO_FINDINGS

    def _scroll(self, state: ScrollState | None, moment: Moment, is_px: bool, y: int, height: int) -> Verdict:
        if state is None or state.page != moment.page or state.is_px != is_px:
            return ScrollState(moment.page, is_px, y), NO_FINDINGS
        way = y - state.farthest
        if way * state.direction > 0:
            return ScrollState(state.page, is_px, y, state.direction, state.turns), NO_FINDINGS
        if abs(way) * 100 < self._min_percent * height:
            return state, NO_FINDINGS
        direction = 1 if way > 0 else -1
        if not state.direction:
            return ScrollState(state.page, is_px, y, direction, state.turns), NO_FINDINGS
        if y <= 0 and state.farthest > _MIN_JUMP * height:
            direction = 1  # at once: the way down is no turn of its own
        part = Part(moment.at_ms, moment.at_ms, (moment.event_id,))
        turns = state.turns.grown(part, min_count=self._min_reversals, window_ms=self._window_ms)
        scrolled = ScrollState(state.page, is_px, y, direction, turns)
        if not turns.count:
            return scrolled, NO_FINDINGS
        description = f"The direction of scrolling changed {turns.count} times in {turns.seconds:g} s."
        return scrolled, (turns.finding(description, {"page": state.page, "reversals": turns.count}),)
