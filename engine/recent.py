"""The last seconds of a session as its detectors saw them, and the states before: what makes going back possible.

Clients send in parallel and out of order. An older event is put in its place among the moments that came after it, and
they are shown again from the last mark before it. Two marks are enough to go back at least `HORIZON_MS`; a mark costs
next to nothing, because states and anomalies are never changed but replaced.
"""

from bisect import bisect_right
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from engine.analysis import Anomaly
from engine.detectors.base import HORIZON_MS, Action
from engine.moment import Moment

MAX_MOMENTS: Final = 128  # between two marks: beyond it the way back is shorter than the horizon

_NONE: Final = Action()
_at_ms = attrgetter("at_ms")


class Mark(NamedTuple):
    """What was known before the moments that came after it."""

    states: tuple[Any, ...]
    anomalies: tuple[Anomaly, ...]
    latest: Action
    moments: Sequence[Moment]


class Recent(msgspec.Struct, array_like=True, gc=False):
    """`moments` in order of time, those of one time in order of arrival. `shown`: how many of them the states and the
    anomalies of the session know. `unended`: the anomalies as they were before the session ended.

    The two marks are kept flat, which is a tenth of what a session takes: the first, what was known after everything up
    to `at_ms` and before all of the moments; and from `place` on, where that is not 0, a second one.
    """

    at_ms: int
    states: tuple[Any, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    latest: Action = _NONE
    moments: tuple[Moment, ...] = ()
    shown: int = 0
    unended: tuple[Anomaly, ...] | None = None
    place: int = 0
    second_states: tuple[Any, ...] = ()
    second_anomalies: tuple[Anomaly, ...] = ()
    second_latest: Action = _NONE

    @property
    def last_ms(self) -> int:
        return self.moments[-1].at_ms if self.moments else self.at_ms

    @property
    def is_shown(self) -> bool:
        return self.shown == len(self.moments)

    def is_full(self, at_ms: int) -> bool:
        """Whether a moment of `at_ms` that comes next is too far from the last mark."""
        place = self.place
        mark_ms = self.moments[place - 1].at_ms if place else self.at_ms
        return at_ms - mark_ms >= HORIZON_MS or len(self.moments) - place >= MAX_MOMENTS

    def insert(self, moment: Moment) -> None:
        """An older one. What stands behind it is not shown any more."""
        moments = self.moments
        place = bisect_right(moments, moment.at_ms, key=_at_ms)
        self.moments = (*moments[:place], moment, *moments[place:])
        self.shown = min(self.shown, place)

    def move_on(self, at_ms: int, states: tuple[Any, ...], anomalies: tuple[Anomaly, ...], latest: Action) -> None:
        """Before a moment of `at_ms` is shown, when it is full: make a new mark, and forget what is too old to go back
        to. Everything must be shown, and the rest is as it is after that."""
        last_ms, place = self.last_ms, self.place
        if at_ms - last_ms >= HORIZON_MS:
            self.at_ms, self.states, self.anomalies, self.latest = last_ms, states, anomalies, latest
            self.moments = ()
            self._forget_second()
        else:
            if place:
                self.at_ms, self.states = self.moments[place - 1].at_ms, self.second_states
                self.anomalies, self.latest = self.second_anomalies, self.second_latest
                self.moments = self.moments[place:]
            self.second_states, self.second_anomalies, self.second_latest = states, anomalies, latest
            self.place = len(self.moments)
        self.shown = len(self.moments)

    def way_back(self) -> Mark:
        """The last mark before everything that is not shown. A second one that lies behind it is given up."""
        if self.place and self.place <= self.shown:
            moments = self.moments[self.place :]
            return Mark(self.second_states, self.second_anomalies, self.second_latest, moments)
        self._forget_second()
        return Mark(self.states, self.anomalies, self.latest, self.moments)

    def _forget_second(self) -> None:
        self.place, self.second_states, self.second_anomalies, self.second_latest = 0, (), (), _NONE
