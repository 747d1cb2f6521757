"""What the detectors of a session remember: a tuple of bits, one for each place of the table, and of the states of
those that remember something, in their order. Most remember nothing, and a session keeps about three such tuples."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

States = tuple[Any, ...]

NONE: Final[States] = (0,)
BITS: Final = -1  # the place of the bits


class _Places(dict[int, tuple[int, ...]]):
    """By the bits: the places of what stands in the tuple. One for each set of detectors that ever remembered."""

    def __missing__(self, bits: int) -> tuple[int, ...]:
        found = self[bits] = (BITS, *[place for place in range(bits.bit_length()) if bits >> place & 1])
        return found


PLACES: Final = _Places()


def by_place(states: States) -> dict[int, Any]:
    """The bits are in it, too."""
    return dict(zip(PLACES[states[0]], states, strict=True))


def packed(known: Mapping[int, msgspec.Struct | None]) -> States:
    """Of states by place; None = nothing is remembered there."""
    places = sorted(place for place, state in known.items() if state is not None)
    return (sum(1 << place for place in places), *[known[place] for place in places])


def index(bits: int, place: int) -> int:
    """Where in the tuple the state of a place is; 0 = nowhere."""
    return (bits & ((1 << place) - 1)).bit_count() + 1 if bits >> place & 1 else 0
