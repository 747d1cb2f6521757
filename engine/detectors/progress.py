"""Steps that are done in order, and how far a session has come in them: what a sequence remembers, and the stuck
pattern, which is one.

Several attempts go on at the same time, at most one that has come to each step: in `a b a c`, after `a b a b a`, two
have. When one is complete the others end with it, so that no event is in two cycles. A step done twice is still that
step (`a a b c` is one cycle of `a b c`).
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from engine.detectors.base import MAX_EVIDENCE
from engine.detectors.cluster import FOREVER_MS, Cluster, Part
from engine.moment import Moment

_NO_CYCLES: Final = Cluster()


class Attempt(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A cycle that is begun. `follows`: nothing lies between it and the cycles before it."""

    first_ms: int
    event_ids: tuple[str, ...]
    follows: bool


class Progress(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`attempts`: the one that has come to each step but the last. `cycles`: those that are complete, in a row.
    `is_next`: one that begins now follows them."""

    attempts: tuple[Attempt | None, ...]
    cycles: Cluster = _NO_CYCLES
    is_next: bool = False


class Course:
    """`steps`: each any of some event types. They make a burst when they are done `times` in a row within `window_ms`
    (0 = whenever). Strict: anything else in between breaks it, and ends the row."""

    def __init__(self, steps: Sequence[frozenset[str]], *, times: int, window_ms: int, is_strict: bool) -> None:
        self.name: Final = " -> ".join(min(step) for step in steps)
        self._steps = tuple(steps)
        self._types = frozenset[str]().union(*steps)
        self._times = times
        self._window_ms = window_ms or FOREVER_MS
        self._prefers_late = window_ms > 0
        self._is_strict = is_strict
        self._max_ids = max(1, MAX_EVIDENCE // times)  # of one cycle, so that all have evidence and it is bounded
        self._none = Progress((None,) * (len(steps) - 1), _NO_CYCLES)

    def advanced(self, progress: Progress | None, moment: Moment) -> Progress | None:
        """After `moment`; None = nothing is begun. The row has become longer if `cycles` is another object with a
        count."""
        if progress is None and moment.event_type not in self._steps[0]:
            return None
        if self._is_strict and moment.event_type not in self._types:
            return None
        if progress is None and len(self._steps) > 1:
            begun = Attempt(moment.at_ms, (moment.event_id,), False)
            return Progress((begun, *self._none.attempts[1:]), _NO_CYCLES)
        known = progress or self._none
        if len(known.attempts) != len(self._none.attempts):
            known = self._none  # of other steps, under the same name
        alive = [one if one and moment.at_ms - one.first_ms <= self._window_ms else None for one in known.attempts]
        attempts = [self._at(place, [*alive, None], known.is_next, moment) for place in range(len(self._steps))]
        last = attempts.pop()
        if last is not None:
            return self._completed(known, last, moment)
        return self._going_on(known, tuple(attempts), moment)

    def _at(self, place: int, alive: Sequence[Attempt | None], is_next: bool, moment: Moment) -> Attempt | None:
        """The attempt that is at a step after `moment`: one that came to it now, or that stayed."""
        is_step = moment.event_type in self._steps[place]
        stayed = alive[place]
        if stayed is not None and self._leaves(place, is_step, moment):
            stayed = None
        if not is_step:
            return stayed
        if place:
            before = alive[place - 1]
            came = before and Attempt(before.first_ms, (*before.event_ids, moment.event_id), before.follows)
        else:
            came = Attempt(moment.at_ms, (moment.event_id,), is_next or (stayed is not None and stayed.follows))
        return self._better(came, stayed)

    def _leaves(self, place: int, is_step: bool, moment: Moment) -> bool:
        """To the next step, or because a strict course is broken; its own step again keeps it where it is."""
        return moment.event_type in self._steps[place + 1] or (self._is_strict and not is_step)

    def _better(self, came: Attempt | None, stayed: Attempt | None) -> Attempt | None:
        """The one with cycles before it; else the later one, which has more time, or the earlier, which tells more."""
        if came is None or stayed is None:
            return came or stayed
        if came.follows != stayed.follows:
            return came if came.follows else stayed
        return came if self._prefers_late else stayed

    def _completed(self, known: Progress, done: Attempt, moment: Moment) -> Progress:
        part = Part(done.first_ms, moment.at_ms, done.event_ids[: self._max_ids])
        row = known.cycles if done.follows or not self._is_strict else _NO_CYCLES
        row = row.grown(part, min_count=self._times, window_ms=self._window_ms)
        return Progress(self._none.attempts, row, self._is_strict)

    def _going_on(self, known: Progress, attempts: tuple[Attempt | None, ...], moment: Moment) -> Progress | None:
        is_next = known.is_next and moment.event_type in self._steps[-1]
        row = known.cycles
        if self._is_strict and not is_next and not any(one and one.follows for one in attempts):
            row = _NO_CYCLES
        if row == _NO_CYCLES and not any(attempts):
            return None
        if row is known.cycles and attempts == known.attempts and is_next == known.is_next:
            return known
        return Progress(attempts, row, is_next)
