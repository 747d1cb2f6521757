"""The last seconds of a session as its detectors saw them, and the states before: what makes going back possible.

Clients send in parallel and out of order. An older event is put in its place among the moments that came after it, and
they are shown again from the last mark before it. Two marks are enough to go back at least `HORIZON_MS`; a mark costs
next to nothing, because states and anomalies are never changed but replaced.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Any, Final

import msgspec

from engine.analysis import Anomaly
from engine.detectors.base import HORIZON_MS, Action
from engine.moment import Moment

MAX_MOMENTS: Final = 128  # between two marks: beyond it the way back is shorter than the horizon

_at_ms = attrgetter("at_ms")


class Mark(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What was known after everything up to `at_ms` and before the moments from `place` on."""

    at_ms: int = 0
    place: int = 0
    states: tuple[Any, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    latest: Action = Action()


class Recent(msgspec.Struct, array_like=True, gc=False):
    """`moments` in order of time, those of one time in order of arrival. `shown`: how many of them the states and the
    anomalies of the session know. `unended`: the anomalies as they were before the session ended."""

    base: Mark
    middle: Mark | None = None
    moments: list[Moment] = []
    shown: int = 0
    unended: tuple[Anomaly, ...] | None = None

    @property
    def last_ms(self) -> int:
        return self.moments[-1].at_ms if self.moments else self.base.at_ms

    def is_full(self, at_ms: int) -> bool:
        """Whether a moment of `at_ms` that comes next is too far from the last mark."""
        mark = self.middle or self.base
        return at_ms - mark.at_ms >= HORIZON_MS or len(self.moments) - mark.place >= MAX_MOMENTS

    @property
    def is_shown(self) -> bool:
        return self.shown == len(self.moments)

    def insert(self, moment: Moment) -> None:
        """An older one. What stands behind it is not shown any more."""
        place = bisect_right(self.moments, moment.at_ms, key=_at_ms)
        self.moments.insert(place, moment)
        self.shown = min(self.shown, place)

    def move_on(self, at_ms: int, states: tuple[Any, ...], anomalies: tuple[Anomaly, ...], latest: Action) -> None:
        """Before a moment of `at_ms` is shown, when it is full: a new mark, and forget what is too old to go back to.
        Everything must be shown, and the rest is as it is after that."""
        moments, middle = self.moments, self.middle
        last_ms = moments[-1].at_ms if moments else self.base.at_ms
        if at_ms - last_ms >= HORIZON_MS:
            self.base, self.middle = Mark(last_ms, 0, states, anomalies, latest), None
            moments.clear()
        else:
            if middle is not None:
                del moments[: middle.place]
                self.base = Mark(middle.at_ms, 0, middle.states, middle.anomalies, middle.latest)
            self.middle = Mark(last_ms, len(moments), states, anomalies, latest)
        self.shown = len(moments)

    def way_back(self) -> Mark:
        """The last mark before everything that is not shown. A middle that lies behind it is given up."""
        if self.middle is not None and self.middle.place <= self.shown:
            return self.middle
        self.middle = None
        return self.base
