"""How long a session was active: the sum of the gaps of at most 10 s between what its user did, in event time.

The rule is Highlight's. What is kept are stretches without a longer gap, so that an event
that comes late falls into one, grows one, or joins two, and the sum is that of the events in order. So it is for the
last `KEPT_STRETCHES` stretches; what is older is added up, and an event that comes so late changes nothing.
"""

from collections.abc import Iterable
from itertools import pairwise
from struct import Struct
from typing import Final

import msgspec

MAX_GAP_MS: Final = 10_000
KEPT_STRETCHES: Final = 8  # with a beginning and an end of their own, besides the one that goes on
MAX_STRETCHES: Final = 16  # so many at times: half of them leave at once, which costs as much as one

_STRETCH: Final = Struct("<II")  # how long it was, and the pause after it; a session is shorter than 2^31 ms
_FULL: Final = MAX_STRETCHES * _STRETCH.size  # bytes
_pack = _STRETCH.pack


class Activity(msgspec.Struct, array_like=True, gc=False):
    """`since_ms`, `until_ms`: the newest stretch. `earlier`: those before it, packed, oldest first. `settled_ms`:
    the sum of those that left, `settled_to_ms`: the end of the last of them, 0 = none left."""

    since_ms: int
    until_ms: int
    earlier: bytes = b""
    settled_ms: int = 0
    settled_to_ms: int = 0

    def add(self, at_ms: int) -> None:
        """The user did something."""
        after_ms = at_ms - self.until_ms
        if 0 <= after_ms <= MAX_GAP_MS:
            self.until_ms = at_ms
        elif after_ms > 0:
            self.earlier += _pack(self.until_ms - self.since_ms, after_ms)
            self.since_ms = self.until_ms = at_ms
            if len(self.earlier) > _FULL:
                self._settle()
        elif at_ms < self.since_ms and (at_ms > self.settled_to_ms or not self.settled_to_ms):
            stretches = _merged([*self._stretches(), (at_ms, at_ms)])
            self.since_ms, self.until_ms = stretches[-1]
            self.earlier = b"".join(_pack(one[1] - one[0], after[0] - one[1]) for one, after in pairwise(stretches))
            if len(self.earlier) > _FULL:
                self._settle()

    def active_ms(self) -> int:
        return self.settled_ms + sum(end_ms - start_ms for start_ms, end_ms in self._stretches())

    def _stretches(self) -> list[tuple[int, int]]:
        """From when to when, oldest first. `earlier` is packed backwards from the newest."""
        found = [(self.since_ms, self.until_ms)]
        for length_ms, pause_ms in reversed([*_STRETCH.iter_unpack(self.earlier)]):
            end_ms = found[-1][0] - pause_ms
            found.append((end_ms - length_ms, end_ms))
        return found[::-1]

    def _settle(self) -> None:
        """All but the newest leave."""
        leaving = self._stretches()[: -1 - KEPT_STRETCHES]
        self.settled_ms += sum(end_ms - start_ms for start_ms, end_ms in leaving)
        self.settled_to_ms = leaving[-1][1]
        self.earlier = self.earlier[len(leaving) * _STRETCH.size :]


def _merged(stretches: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, and one where the gap is short enough."""
    found: list[tuple[int, int]] = []
    for start_ms, end_ms in sorted(stretches):
        if found and start_ms - found[-1][1] <= MAX_GAP_MS:
            found[-1] = found[-1][0], max(found[-1][1], end_ms)
        else:
            found.append((start_ms, end_ms))
    return found
