"""What the release of 2026-11-25 kept of the last seconds of a session: read once, when its snapshot is."""

from typing import Any

import msgspec

from engine.action import Action
from engine.analysis import Anomaly
from engine.moment import Shown
from engine.recent import Recent, marked


class FormerRecent(msgspec.Struct, array_like=True, gc=False):
    """Two marks: one before all `moments`, and one before that at `place` where it is not 0."""

    at_ms: int
    states: tuple[Any, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    latest: Action = Action()
    moments: tuple[Shown, ...] = ()
    shown: int = 0
    unended: tuple[Anomaly, ...] | None = None
    place: int = 0
    second_states: tuple[Any, ...] = ()
    second_anomalies: tuple[Anomaly, ...] = ()
    second_latest: Action = Action()

    def recent(self) -> Recent:
        """All of it was shown: snapshots are made after that."""
        moments = [*self.moments]
        if moments:
            moments[0] = marked(moments[0], self.states, self.anomalies, self.latest)
        if self.place:
            second = self.second_states, self.second_anomalies, self.second_latest
            moments[self.place] = marked(moments[self.place], *second)
        return Recent(self.at_ms, tuple(moments), unended=self.unended)
