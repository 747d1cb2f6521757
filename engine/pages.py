"""What a session did on each page: how often it was opened, for how long, and how far down it was read.

A page lasts until the next one is opened, the last one until the last event. The times of the last `MAX_VISITS` visits
are kept, so that one that comes late takes its part of the time of the page before it; the time of older ones is added
up for good, and a visit that comes later than that is counted and gets no time. Of visits at the same time the one that
came last stays. Pages beyond `MAX_PAGES` are one, and which those are depends on the order of arrival.
"""

from collections.abc import Iterator
from functools import lru_cache, reduce
from itertools import pairwise
from struct import Struct
from sys import intern
from typing import Final

import msgspec

from engine.analysis import PageStay

MAX_PAGES: Final = 50
MAX_VISITS: Final = 32
MAX_NAME: Final = 200  # characters
OTHER: Final = "(other)"

_VISIT: Final = Struct("<qB")  # when, and the number of the page
_SUM: Final = Struct("<IQ")  # visits and milliseconds of a page
_FULL: Final = MAX_VISITS * _VISIT.size  # bytes
_visit = _VISIT.pack
_visit_at = _VISIT.unpack_from


@lru_cache(maxsize=1_000)
def _extended(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """One object for all sessions that saw the same pages first. Few are kept: names are the clients' words, and most
    pages that only one session saw would be remembered for nothing."""
    return (*names, name)


class Pages(msgspec.Struct, array_like=True, gc=False):
    """`names[i]` is page number i; `visits`: packed, oldest first. `depths`: a byte for each page, the scroll depth in
    percent and one more, 0 = none was said. `settled`: the sums of the visits that left, packed, by page."""

    names: tuple[str, ...] = ()
    visits: bytes = b""
    depths: bytes = b""
    settled: bytes = b""

    def visit(self, name: str, at_ms: int, *, is_latest: bool) -> None:
        """A page was opened. `is_latest`: not before any other."""
        try:
            number = self.names.index(name)
        except ValueError:
            number = self._new_page(name)
        visits, made = self.visits, _visit(at_ms, number)
        if is_latest:
            visits += made
        elif self.settled and at_ms < _visit_at(visits)[0]:
            self._settle(number, 0)
            return
        else:
            place = sum(other_ms <= at_ms for other_ms, _ in _VISIT.iter_unpack(visits)) * _VISIT.size
            visits = visits[:place] + made + visits[place:]
        if len(visits) > _FULL:
            (began_ms, oldest), (left_ms, _) = _visit_at(visits), _visit_at(visits, _VISIT.size)
            self._settle(oldest, left_ms - began_ms)
            visits = visits[_VISIT.size :]
        self.visits = visits

    def scroll(self, name: str, depth_percent: int) -> None:
        """A page, opened or not, was seen down to there."""
        try:
            number = self.names.index(name)
        except ValueError:
            number = self._new_page(name)
        depths = self.depths
        if number >= len(depths):
            depths = depths.ljust(number + 1, b"\0")
        if depth_percent >= depths[number]:
            depths = depths[:number] + bytes((min(depth_percent, 100) + 1,)) + depths[number + 1 :]
        self.depths = depths

    def stays(self, last_ms: int) -> list[PageStay]:
        """The longest first. `last_ms`: the time of the session's last event."""
        count = len(self.names)
        depths = self.depths.ljust(count, b"\0")
        found = [
            PageStay(name, views, time_ms, max(depth - 1, 0))
            for name, depth, (views, time_ms) in zip(self.names, depths, self._sums(last_ms), strict=True)
        ]
        return sorted(found, key=lambda stay: (-stay.time_ms, -stay.views, stay.path))

    def share(self) -> None:
        """After decoding: one object for the names that other sessions have too."""
        self.names = reduce(_extended, map(intern, self.names), ())

    def _new_page(self, name: str) -> int:
        """The number of a name that stands in `names` cut, or under `OTHER`, or from now on."""
        name = intern(name[:MAX_NAME])
        if name not in self.names and len(self.names) >= MAX_PAGES:
            name = OTHER
        if name not in self.names:
            self.names = _extended(self.names, name)
        return self.names.index(name)

    def _settle(self, number: int, time_ms: int) -> None:
        sums = bytearray(self.settled.ljust((number + 1) * _SUM.size, b"\0"))
        views, before_ms = _SUM.unpack_from(sums, number * _SUM.size)
        _SUM.pack_into(sums, number * _SUM.size, views + 1, before_ms + time_ms)
        self.settled = bytes(sums)

    def _sums(self, last_ms: int) -> list[tuple[int, int]]:
        sums = list(_SUM.iter_unpack(self.settled.ljust(len(self.names) * _SUM.size, b"\0")))
        for number, time_ms in self._times(last_ms):
            sums[number] = sums[number][0] + 1, sums[number][1] + time_ms
        return sums

    def _times(self, last_ms: int) -> Iterator[tuple[int, int]]:
        visits = list(_VISIT.iter_unpack(self.visits))
        if visits:
            visits.append((max(last_ms, visits[-1][0]), 0))
        for (began_ms, number), (left_ms, _) in pairwise(visits):
            yield number, left_ms - began_ms
