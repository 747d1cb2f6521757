"""How far a session has come on the ways that somebody wants to watch.

A step is reached by the first event that fits it after the step before was reached, in order of arrival: one small
number per way and session.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from engine.config import Funnel, FunnelStep

Step = tuple[int, int, "re.Pattern[str] | None"]  # which funnel, which step, what path; None = any

_MAX_KINDS: Final = 1_000  # event types are the client's words: they are not remembered without end


class Funnels:
    def __init__(self, funnels: Sequence[Funnel]) -> None:
        self.funnels = tuple(funnels)
        self._nowhere = (0,) * len(self.funnels)
        self._by_type: dict[str, tuple[Step, ...]] = {}

    def steps_of(self, event_type: str) -> tuple[Step, ...]:
        """The steps that an event of a type can reach, later ones first, so that one event takes one step."""
        steps = self._by_type.get(event_type)
        if steps is None:
            steps = tuple(
                (way, place, _pattern(step))
                for way, funnel in enumerate(self.funnels)
                for place, step in reversed(list(enumerate(funnel.steps)))
                if event_type in step.event_types
            )
            if len(self._by_type) < _MAX_KINDS:
                self._by_type[event_type] = steps
        return steps

    def advanced(self, reached: tuple[int, ...], steps: tuple[Step, ...], path: str) -> tuple[int, ...]:
        """How many steps of each way are reached with an event that may reach `steps`; the same object when it
        reaches none."""
        if len(reached) != len(self._nowhere):  # the configuration has changed since
            reached = (*reached, *self._nowhere)[: len(self._nowhere)]
        for way, place, pattern in steps:
            if reached[way] == place and (pattern is None or pattern.fullmatch(path)):
                reached = _one_further(reached, way)
        return reached


@lru_cache(maxsize=1_000)
def _one_further(reached: tuple[int, ...], way: int) -> tuple[int, ...]:
    """One object for all sessions that are as far."""
    return (*reached[:way], reached[way] + 1, *reached[way + 1 :])


def _pattern(step: FunnelStep) -> "re.Pattern[str] | None":
    if step.path == "*":
        return None
    return re.compile(".*".join(map(re.escape, step.path.split("*"))), re.DOTALL)
