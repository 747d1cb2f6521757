"""The last seconds of a session as its detectors saw them: what makes going back possible.

Clients send in parallel and out of order. An older event is put in its place among the moments that came after it, and
they are shown again from the last one before it that has a mark. A mark is what was known before its moment; it costs
next to nothing, because states and anomalies are never changed but replaced. Enough are kept to go back at least
`HORIZON_MS`.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from engine.action import Action
from engine.analysis import Anomaly
from engine.detectors.base import HORIZON_MS
from engine.moment import Shown

MARK_MS: Final = HORIZON_MS // 2  # a mark with the first moment of each such span: more would make snapshots larger
MAX_MOMENTS: Final = 128  # between two marks: beyond it the way back is shorter than the horizon

_at_ms = attrgetter("at_ms")


class Recent(msgspec.Struct, array_like=True, gc=False):
    """`moments` in order of time, those of one time in order of arrival; the first one has a mark. `at_ms`: of the last
    one that was forgotten. `late_from`: the place of the first one that was not shown since it, or one before it, came;
    -1 = all are shown. `unended`: the anomalies as they were before the session ended.
    """

    at_ms: int
    moments: tuple[Shown, ...] = ()
    late_from: int = -1
    unended: tuple[Anomaly, ...] | None = None

    @property
    def last_ms(self) -> int:
        return self.moments[-1].at_ms if self.moments else self.at_ms

    def needs_mark(self, at_ms: int) -> bool:
        """Whether a moment of `at_ms` that comes next has to have one."""
        return at_ms // MARK_MS != self.last_ms // MARK_MS or not len(self.moments) % MAX_MOMENTS

    def add(self, moment: Shown) -> None:
        """The next one. Where it has a mark, what is too old to go back to is forgotten."""
        moments = self.moments if moment.states is None else self.kept(moment.at_ms)
        self.moments = (*moments, moment)

    def kept(self, at_ms: int) -> tuple[Shown, ...]:
        """What is left when a moment of `at_ms` comes, which has a mark: from the last mark on that is old enough, or
        that has too much behind it."""
        moments, until_ms, first = self.moments, at_ms - HORIZON_MS, 0
        too_many = len(moments) - MAX_MOMENTS
        for place, moment in enumerate(moments):
            if place and moment.states is not None:
                first = place
            if moment.at_ms > until_ms and place >= too_many:
                break
        else:
            first = len(moments)
        if first:
            self.at_ms, moments = moments[first - 1].at_ms, moments[first:]
        return moments

    def insert(self, moment: Shown) -> None:
        """One that is not the next. Those behind it are not shown any more."""
        moments = self.moments
        place = bisect_right(moments, moment.at_ms, key=_at_ms)
        if moments and not place:  # what was known before the first one was known before this one
            first = moments[0]
            moment = marked(moment, first.states, first.anomalies, first.latest)
        self.moments = (*moments[:place], moment, *moments[place:])
        self.late_from = place if self.late_from < 0 else min(self.late_from, place)

    def rewind(self) -> tuple[Shown, ...]:
        """Take out the moments from the last mark on before which all are shown, to be added again."""
        place = len(self.moments) - 1 if self.late_from < 0 else self.late_from
        while place > 0 and self.moments[place].states is None:
            place -= 1
        taken, self.moments = self.moments[max(place, 0) :], self.moments[: max(place, 0)]
        self.late_from = -1
        return taken


def marked(
    moment: Shown, states: tuple[Any, ...] | None, anomalies: tuple[Anomaly, ...], latest: Action | None
) -> Shown:
    return replace(moment, states=states, anomalies=anomalies, latest=latest)
