"""Which rules each shard judged by, and since when: the frames of its journal said so."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from actors.shard_rules import RULES
from engine.book import Book, Dated, decode_book
from persistence.journal import Frame

_FIRST: Final = Dated()


class Books:
    """`took` in the order of the journals, while the frames are there."""

    def __init__(self) -> None:
        self._dated: dict[int, list[Dated]] = defaultdict(lambda: [_FIRST])

    def took(self, shard: int, frames: Sequence[Frame]) -> None:
        for frame in frames:
            if frame.kind == RULES:
                self.found(shard, Dated(frame.seq, decode_book(frame.body)))

    def found(self, shard: int, dated: Dated) -> None:
        """What is no newer than what is known says nothing."""
        if dated.seq > self._dated[shard][-1].seq:
            self._dated[shard].append(dated)

    def at(self, shard: int, seq: int) -> Book:
        """In force for a frame."""
        dated = self._dated[shard]
        return dated[bisect_left(dated, seq, key=lambda one: one.seq) - 1].book

    def all(self) -> Iterator[Book]:
        """Every one that any shard had."""
        for dated in self._dated.values():
            yield from (one.book for one in dated)

    def last(self) -> dict[int, Book]:
        """By shard."""
        return {shard: dated[-1].book for shard, dated in self._dated.items()}
