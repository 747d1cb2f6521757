"""The pace of long work in the gateway: it takes what those who wait for acks leave."""

import asyncio
from collections.abc import Awaitable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")

_PIECE: Final = 10  # events worked on in a row
_PIECES: Final = 6  # before a rest: most of a millisecond of work
_REST_S: Final = 0.001  # the least that the loop can sleep
_LONGEST_REST_S: Final = 0.5


class Leisure:
    """An ack goes through the loop in several steps and waits for a piece at each, and batches of one shard wait for
    each other: to give way without a rest is not enough. `python -m benchmarks.whatif` measures it."""

    def __init__(self) -> None:
        self._pieces = 0

    async def give_way(self) -> None:
        """After each piece."""
        self._pieces += 1
        await asyncio.sleep(0 if self._pieces % _PIECES else _REST_S)

    async def query(self, query: Awaitable[T]) -> T:
        """Rests as long as the query took: half of the processor is for those who wait for acks."""
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        answer = await query
        await asyncio.sleep(min(loop.time() - begun_s, _LONGEST_REST_S))
        return answer


def pieces(whole: Sequence[T]) -> Iterator[Sequence[T]]:
    return (whole[start : start + _PIECE] for start in range(0, len(whole), _PIECE))
