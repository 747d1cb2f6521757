"""How much of something is normal at this hour of the week."""

from collections.abc import Sequence
from struct import iter_unpack
from typing import Final, NamedTuple

import msgspec

HOURS: Final = 168
MIN_WINDOWS: Final = 30  # with fewer, nothing is said: with windows of 5 minutes that is two hours and a half
_ENOUGH: Final = 12  # values of an hour; with fewer, hours like it are asked too
_KEPT: Final = 24  # values of each hour of the week: with windows of 5 minutes those of two weeks
_MOST: Final = 2**32 - 1
_NORMAL_MAD: Final = 1.4826  # times the median absolute deviation is the standard deviation of normal values
_DAYS: Final = ("Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday")  # the epoch began on one


class Normal(NamedTuple):
    """`deviation`: robust, in the unit of the counts. `windows`: of how many values it is made."""

    middle: float
    deviation: float
    windows: int


class Seasonal(msgspec.Struct, array_like=True):
    """The last counts of whole windows, by hour of the week (UTC). Median and median absolute deviation, so that a few
    odd values change nothing. An hour that was seen too seldom borrows from the hours beside it, then from the same
    hour of all days, then from all. `hours`: four bytes a value; 17 KB when all are full. `seen`: the last minute with
    a count."""

    learned: int = 0
    seen: int = 0
    hours: dict[int, bytes] = {}

    def learn(self, minute: int, count: int) -> None:
        """The count of a window that began in this minute."""
        self.learned += 1
        if count:
            self.seen = minute
        hour = hour_of_week(minute)
        values = self.hours.get(hour, b"") + min(count, _MOST).to_bytes(4, "little")
        self.hours[hour] = values[-4 * _KEPT :]

    def normal(self, minute: int) -> Normal | None:
        """None: not enough is known yet."""
        if self.learned < MIN_WINDOWS:
            return None
        values = self._like(hour_of_week(minute))
        middle = median(values)
        deviation = _NORMAL_MAD * median([abs(value - middle) for value in values])
        return Normal(float(middle), deviation, len(values))

    def _like(self, hour: int) -> list[int]:
        alike = (
            (hour,),
            ((hour - 1) % HOURS, hour, (hour + 1) % HOURS),
            tuple(range(hour % 24, HOURS, 24)),
            tuple(range(HOURS)),
        )
        values: list[int] = []
        for hours in alike:
            values = [value for one in hours for (value,) in iter_unpack("<I", self.hours.get(one, b""))]
            if len(values) >= _ENOUGH:
                break
        return values


def median(values: Sequence[float]) -> float:
    """Of at least one value."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def hour_of_week(minute: int) -> int:
    return minute // 60 % HOURS


def hour_name(minute: int) -> str:
    """As "Wednesdays from 09:00 UTC"."""
    hour = hour_of_week(minute)
    return f"{_DAYS[hour // 24]}s from {hour % 24:02}:00 UTC"
