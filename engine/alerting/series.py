"""Counts by minute."""

from collections.abc import Iterator
from typing import Final

import msgspec

from engine.slices import MAX_SESSIONS, Cell

MINUTE_MS: Final = 60_000
KEPT_MINUTES: Final = 65  # the longest window, the minute that has begun, and some for counts that come late


class Series(msgspec.Struct, array_like=True):
    """`first`: the minute since which it is known; all keys are minutes of the epoch. `sessions`: hashes, the smallest
    200 of a minute, so that they are the same ones in whatever order they came."""

    first: int
    counts: dict[int, int] = {}
    totals: dict[int, float] = {}
    sessions: dict[int, list[int]] = {}

    def add(self, minute: int, cell: Cell, *, keeps_names: bool = True) -> None:
        self.first = min(self.first, minute)
        self.counts[minute] = self.counts.get(minute, 0) + cell.count
        if cell.total:
            self.totals[minute] = self.totals.get(minute, 0.0) + cell.total
        if cell.sessions and keeps_names:
            self.sessions[minute] = sorted({*self.sessions.get(minute, ()), *cell.sessions})[:MAX_SESSIONS]

    def count(self, first: int, last: int) -> int:
        """In these minutes, both included. What was counted and taken back again later is never below nothing."""
        return max(0, sum(self.counts[minute] for minute in self._within(first, last)))

    def total(self, first: int, last: int) -> float:
        return sum(self.totals.get(minute, 0.0) for minute in self._within(first, last))

    def names(self, first: int, last: int) -> set[int]:
        """Of the sessions in these minutes."""
        return {name for minute, names in self.sessions.items() if first <= minute <= last for name in names}

    @property
    def kept_names(self) -> int:
        return sum(map(len, self.sessions.values()))

    def forget(self, before: int) -> bool:
        """Minutes before this one; whether nothing is left."""
        if min(self.counts, default=before) < before:
            self.counts = {minute: count for minute, count in self.counts.items() if minute >= before}
            self.totals = {minute: total for minute, total in self.totals.items() if minute >= before}
            self.sessions = {minute: names for minute, names in self.sessions.items() if minute >= before}
        return not self.counts

    def _within(self, first: int, last: int) -> Iterator[int]:
        return (minute for minute in self.counts if first <= minute <= last)
