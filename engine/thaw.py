"""A session that was just read from a snapshot: its plain values become the states of detectors that they were."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import convert

from engine.detectors import FORMER
from engine.detectors.base import Detector
from engine.moment import Shown
from engine.recent import marked
from engine.session import Session, held_bits


class Thaw:
    """`detectors` by place in the table, also those that are off by now: in a replay they may go on again before the
    session's next event."""

    def __init__(self, detectors: Sequence[Detector | None]) -> None:
        self._kinds = tuple("" if one is None else one.kind for one in detectors)
        self._types = tuple(None if one is None else one.State for one in detectors)

    def session(self, session: Session) -> None:
        session.detectors = self._states(session.detectors if session.rules_version else self._placed(session))
        session.held = held_bits(session.detectors)
        if session.former is not None:
            session.recent, session.former = session.former.recent(), None
        if session.recent is not None:
            session.recent.moments = tuple([self._moment(moment) for moment in session.recent.moments])

    def _moment(self, moment: Shown) -> Shown:
        if moment.states is None:
            return moment
        return marked(moment, self._states(moment.states), moment.anomalies, moment.latest)

    def _states(self, states: Sequence[Any]) -> tuple[msgspec.Struct | None, ...]:
        return tuple([_state(plain, type_) for plain, type_ in zip(states, self._types, strict=False)])

    def _placed(self, session: Session) -> list[Any]:
        """Of a release before rules had versions, whose table had another order."""
        known = dict(zip(FORMER, session.detectors, strict=False))
        return [known.get(kind) for kind in self._kinds] if known else []


def _state(plain: Any, type_: type[msgspec.Struct] | None) -> msgspec.Struct | None:
    """What a release wrote that kept something else begins anew."""
    try:
        return None if plain is None or type_ is None else convert(plain, type_)
    except msgspec.ValidationError:
        return None
