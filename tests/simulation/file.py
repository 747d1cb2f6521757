"""A file of the fake disk, in three layers: what the platter holds, what a read sees, and the writes on their way."""

import random
from typing import Final, NamedTuple

SECTOR_BYTES: Final = 512


class Write(NamedTuple):
    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        content.extend(bytes(max(0, self.offset - len(content))))
        content[self.offset : self.offset + len(self.data)] = self.data

    def torn(self, chance: random.Random) -> "Write":
        """What comes before the start of one of its sectors; with luck nothing."""
        end = self.offset + len(self.data)
        first_edge = -self.offset % SECTOR_BYTES
        edges = [0, *range(first_edge, end - self.offset, SECTOR_BYTES)]
        return Write(self.offset, self.data[: chance.choice(edges)])


class Truncate(NamedTuple):
    size_bytes: int

    def apply(self, content: bytearray) -> None:
        del content[self.size_bytes :]

    def torn(self, chance: random.Random) -> "Truncate":
        """A length changes whole or, which the fate of the change says, not at all."""
        return self


class File:
    """`cached` is `durable` with `pending` over it, except after `forget`."""

    def __init__(self) -> None:
        self.durable = bytearray()
        self.cached = bytearray()
        self.pending: list[Write | Truncate] = []

    def change(self, change: Write | Truncate) -> None:
        change.apply(self.cached)
        self.pending.append(change)

    def sync(self) -> None:
        for change in self.pending:
            change.apply(self.durable)
        self.pending.clear()

    def forget(self) -> None:
        """What Linux does after a failed fsync: the pages count as clean, so they are read and never written."""
        self.pending.clear()

    def evict(self) -> None:
        """Clean pages leave the cache: from now on they are read from the platter."""
        self.cached[:] = self.durable
        for change in self.pending:
            change.apply(self.cached)

    def lose_power(self, chance: random.Random | None) -> None:
        """Each change on its way is lost, kept or torn, whatever becomes of the others; without `chance` all are
        lost."""
        if chance is not None:
            for change in self.pending:
                _survive(change, chance, self.durable)
        self.pending.clear()
        self.evict()


def _survive(change: Write | Truncate, chance: random.Random, content: bytearray) -> None:
    fate = chance.choice(("lost", "kept", "torn"))
    if fate == "kept":
        change.apply(content)
    elif fate == "torn":
        change.torn(chance).apply(content)
