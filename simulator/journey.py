"""What a person does next: by the row of the last event's type, else by the weights of all types."""

from collections.abc import Callable
from typing import Final

from simulator.chance import Weighted
from simulator.tables import EVENT_TYPES, TRANSITIONS

LOGOUT: Final = "logout"
_TRIES: Final = 20  # a changed journey may know nothing but logout


class Journey:
    """`transitions` may be changed at any time, rows and entries, by whoever holds it."""

    def __init__(self) -> None:
        self.transitions = {event_type: dict(row) for event_type, row in TRANSITIONS.items()}
        self._weights = Weighted({name: found.weight for name, found in EVENT_TYPES.items()})
        self._compiled: dict[str, tuple[dict[str, float], Weighted[str]]] = {}

    def next(self, last_type: str, number: float) -> str:
        """`number` from [0, 1)."""
        row = self.transitions.get(last_type)
        if not row:
            return self._weights.pick(number)
        known = self._compiled.get(last_type)
        if known is None or known[0] != row:
            known = self._compiled[last_type] = (dict(row), Weighted(row))
        return known[1].pick(number)

    def next_but_logout(self, last_type: str, random: Callable[[], float]) -> str:
        for _ in range(_TRIES):
            event_type = self.next(last_type, random())
            if event_type != LOGOUT:
                return event_type
        return "page_view"
