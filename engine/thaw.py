"""A session that was just read from a snapshot: its plain values become the states of detectors that they were."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import convert

from engine.detectors import FORMER
from engine.detectors.base import Detector
from engine.session import Session
from engine.states import BITS, NONE, PLACES, States, packed


class Thaw:
    """`detectors` by place in the table, also those that are off by now: in a replay they may go on again before the
    session's next event."""

    def __init__(self, detectors: Sequence[Detector | None]) -> None:
        self._kinds = tuple("" if one is None else one.kind for one in detectors)
        self._types = tuple(None if one is None else one.State for one in detectors)

    def session(self, session: Session) -> None:
        """The states of its marks stay plain until somebody goes back to one, which is rare; a start reads many."""
        session.detectors = self.states(session.detectors, is_former=not session.rules_version)
        if session.former is not None:
            session.recent, session.former = session.former.recent(), None

    def states(self, states: Sequence[Any], *, is_former: bool = False) -> States:
        """A release before this one had no bits in front: all stood at their places, None where nothing was known;
        `is_former`: those of the table that was before rules had versions. What is no plain value stays as it is."""
        if not states:
            return NONE
        if not isinstance(states[0], int):
            return packed(self._read(_placed(states, self._kinds) if is_former else dict(enumerate(states))))
        if len(states) == 1 or isinstance(states[1], msgspec.Struct):
            return tuple(states)
        places = PLACES[states[0]]
        try:  # all of them at once, as nearly always
            return (states[0], *map(convert, states[1:], [self._types[place] for place in places[1:]]))
        except (msgspec.ValidationError, IndexError):
            return packed(self._read(dict(zip(places, states, strict=True))))

    def _read(self, plain: dict[int, Any]) -> dict[int, msgspec.Struct | None]:
        return {place: self._state(place, state) for place, state in plain.items() if place != BITS}

    def _state(self, place: int, plain: Any) -> msgspec.Struct | None:
        """What a release wrote that kept something else begins anew."""
        type_ = self._types[place] if place < len(self._types) else None
        try:
            return None if plain is None or type_ is None else convert(plain, type_)
        except msgspec.ValidationError:
            return None


def _placed(states: Sequence[Any], kinds: Sequence[str]) -> dict[int, Any]:
    named = dict(zip(FORMER, states, strict=False))
    return {place: named.get(kind) for place, kind in enumerate(kinds)}
