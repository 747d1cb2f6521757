"""A session that was just read from a snapshot: its plain values become the states of detectors that they were."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import convert

from engine.detectors import FORMER
from engine.detectors.base import Detector
from engine.moment import Shown
from engine.recent import marked
from engine.session import Session
from engine.states import BITS, PLACES, States, packed


class Thaw:
    """`detectors` by place in the table, also those that are off by now: in a replay they may go on again before the
    session's next event."""

    def __init__(self, detectors: Sequence[Detector | None]) -> None:
        self._kinds = tuple("" if one is None else one.kind for one in detectors)
        self._types = tuple(None if one is None else one.State for one in detectors)

    def session(self, session: Session) -> None:
        session.detectors = self._states(session.detectors, is_former=not session.rules_version)
        if session.former is not None:
            session.recent, session.former = session.former.recent(), None
        if session.recent is not None:
            session.recent.moments = tuple([self._moment(moment) for moment in session.recent.moments])

    def _moment(self, moment: Shown) -> Shown:
        if moment.states is None:
            return moment
        return marked(moment, self._states(moment.states), moment.anomalies, moment.latest)

    def _states(self, states: Sequence[Any], *, is_former: bool = False) -> States:
        """A release before this one had no bits in front: all stood at their places, None where nothing was known;
        `is_former`: those of the table that was before rules had versions."""
        if states and isinstance(states[0], int):
            known = dict(zip(PLACES[states[0]], states, strict=True))
        elif is_former:
            named = dict(zip(FORMER, states, strict=False))
            known = {place: named.get(kind) for place, kind in enumerate(self._kinds)}
        else:
            known = dict(enumerate(states))
        return packed({place: self._state(place, known[place]) for place in known if place != BITS})

    def _state(self, place: int, plain: Any) -> msgspec.Struct | None:
        """What a release wrote that kept something else begins anew."""
        type_ = self._types[place] if place < len(self._types) else None
        try:
            return None if plain is None or type_ is None else convert(plain, type_)
        except msgspec.ValidationError:
            return None
