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
        """The next one. With one that has a mark, what is too old to go back to is forgotten."""
        if moment.states is not None:
            self.forget(moment.at_ms)
        self.moments = (*self.moments, moment)

    def forget(self, at_ms: int) -> None:
        """Before a moment of `at_ms`, which has a mark, is added."""
        last_ms = self.last_ms
        if at_ms - last_ms >= HORIZON_MS:
            self.at_ms, self.moments = last_ms, ()
        else:
            self._forget_until(at_ms - HORIZON_MS)

    def _forget_until(self, until_ms: int) -> None:
        """All before the last mark with nothing later than `until_ms` before it, or with too much behind it."""
        moments = self.moments
        first, place, count = 0, 1, len(moments)
        while place < count and (moments[place - 1].at_ms <= until_ms or count - place >= MAX_MOMENTS):
            if moments[place].states is not None:
                first = place
            place += 1
        if first:
            self.at_ms, self.moments = moments[first - 1].at_ms, moments[first:]

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
