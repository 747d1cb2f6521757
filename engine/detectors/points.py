"""The points of a pointer's way, and those that a session keeps: 17 bytes each."""

from collections.abc import Sequence
from struct import Struct
from typing import Final, Self

import msgspec

from engine.moment import Moment

Point = tuple[int, int, int, str]  # Unix milliseconds, x, y, and the event that told of it

MAX_KEPT: Final = 200
_VALUES: Final = 3  # of a point in `Facts.moves`
_KEPT: Final = Struct("<qiiB")  # with the number of its event among `ids`


class Kept(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """At most MAX_KEPT points, in order of time."""

    packed: bytes
    ids: tuple[str, ...]

    @classmethod
    def of(cls, points: Sequence[Point]) -> Self:
        numbers = {event_id: number for number, event_id in enumerate(dict.fromkeys(point[3] for point in points))}
        packed = b"".join(_KEPT.pack(at_ms, x, y, numbers[event_id]) for at_ms, x, y, event_id in points)
        return cls(packed, tuple(numbers))

    @property
    def last_ms(self) -> int:
        return int(_KEPT.unpack_from(self.packed, len(self.packed) - _KEPT.size)[0])

    def points(self) -> list[Point]:
        return [(at_ms, x, y, self.ids[number]) for at_ms, x, y, number in _KEPT.iter_unpack(self.packed)]


def points_of(moment: Moment) -> list[Point]:
    """In order of time; none later than the event, which is when the client sent them off."""
    moves = () if moment.facts is None else moment.facts.moves
    points = [
        (moment.at_ms + min(moves[place], 0), moves[place + 1], moves[place + 2], moment.event_id)
        for place in range(0, len(moves) - _VALUES + 1, _VALUES)
    ]
    return sorted(points, key=time_of)


def time_of(point: Point) -> int:
    return point[0]
