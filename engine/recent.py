"""The last seconds of a session as its detectors saw them, and the states before: what makes going back possible.

Clients send in parallel and out of order. An older event is put in its place among the moments that came after it, and
they are shown again from the last mark before it. Two marks are enough to go back at least `HORIZON_MS`; a mark costs
next to nothing, because states and anomalies are never changed but replaced.
"""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final

import msgspec

from engine.analysis import Anomaly
from engine.detectors.base import HORIZON_MS, Action
from engine.moment import Moment

MAX_MOMENTS: Final = 128  # between two marks: beyond it the way back is shorter than the horizon

_at_ms = attrgetter("at_ms")


class Mark(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was known after everything up to `at_ms`."""

    at_ms: int = 0
    states: tuple[Any, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    latest: Action = Action()


class Recent(msgspec.Struct, array_like=True, gc=False):
    """`moments` in order of time, those of one time in order of arrival: all since `base`, and those from `place` on
    since `middle`. `shown`: how many of them the states and the anomalies of the session know. `unended`: the anomalies
    as they were before the session ended."""

    base: Mark
    middle: Mark | None = None
    moments: list[Moment] = []
    shown: int = 0
    unended: tuple[Anomaly, ...] | None = None
    place: int = 0

    @property
    def last_ms(self) -> int:
        return self.moments[-1].at_ms if self.moments else self.base.at_ms

    @property
    def is_shown(self) -> bool:
        return self.shown == len(self.moments)

    def is_full(self, at_ms: int) -> bool:
        """Whether a moment of `at_ms` that comes next is too far from the last mark."""
        mark = self.middle or self.base
        return at_ms - mark.at_ms >= HORIZON_MS or len(self.moments) - self.place >= MAX_MOMENTS

    def insert(self, moment: Moment) -> None:
        """An older one. What stands behind it is not shown any more."""
        place = bisect_right(self.moments, moment.at_ms, key=_at_ms)
        self.moments.insert(place, moment)
        self.shown = min(self.shown, place)

    def move_on(self, at_ms: int, states: tuple[Any, ...], anomalies: tuple[Anomaly, ...], latest: Action) -> None:
        """Before a moment of `at_ms` is shown, when it is full: make a new mark, and forget what is too old to go back
        to. Everything must be shown, and the rest is as it is after that."""
        moments, middle = self.moments, self.middle
        mark = Mark(self.last_ms, states, anomalies, latest)
        if at_ms - mark.at_ms >= HORIZON_MS:
            self.base, self.middle = mark, None
            moments.clear()
        else:
            if middle is not None:
                self.base = middle
                del moments[: self.place]
            self.middle = mark
        self.place = self.shown = len(moments)

    def way_back(self) -> tuple[Mark, Sequence[Moment]]:
        """The last mark before everything that is not shown, and what came after it. A middle that lies behind it is
        given up."""
        if self.middle is not None and self.place <= self.shown:
            return self.middle, self.moments[self.place :]
        self.middle, self.place = None, 0
        return self.base, self.moments
