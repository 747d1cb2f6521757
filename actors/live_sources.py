"""The way to what happens now, in every shard: what the gateway's stream and live view ask."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from heapq import merge
from itertools import islice
from typing import Protocol

from actors.questions import Questions
from engine.happening import Told
from engine.live import Live, LiveFilter

After = tuple[int, int] | None


class LiveLink(Protocol):
    """A link to a shard, as far as this goes. Any call may raise LinkLost."""

    async def happenings(self, after: After, limit: int) -> Told: ...
    async def live(self, wanted: LiveFilter, now_ms: int) -> Live: ...


class Source(Protocol):
    """Somebody who tells what happened after a position. `name` stands in the ids of the stream, so it must stay."""

    @property
    def name(self) -> str: ...
    async def happenings(self, after: After, limit: int) -> Told:
        """Raises Wait when there is no answer. `after` None: where the end is."""


class ShardSource:
    def __init__(self, number: int, link: LiveLink, timeout_ms: int) -> None:
        self.name = f"s{number}"
        self._link = link
        self._questions = Questions(timeout_ms)

    async def happenings(self, after: After, limit: int) -> Told:
        return await self._questions.ask(self._link.happenings(after, limit))

    async def live(self, wanted: LiveFilter, now_ms: int) -> Live:
        return await self._questions.ask(self._link.live(wanted, now_ms))

    async def close(self) -> None:
        await self._questions.close()


class LiveSources:
    """All shards, and `more` sources that only tell, such as the monitor."""

    def __init__(
        self, shards: Sequence[LiveLink], *, timeout_ms: int, now_ms: Callable[[], int], more: Sequence[Source] = ()
    ) -> None:
        self._shards = [ShardSource(number, link, timeout_ms) for number, link in enumerate(shards)]
        self._now_ms = now_ms
        self.sources: list[Source] = [*self._shards, *more]

    async def live(self, wanted: LiveFilter) -> tuple[Live, int]:
        """Of all shards together, and as of when. Raises Wait when one of them does not answer."""
        now_ms = self._now_ms()
        parts = await asyncio.gather(*(shard.live(wanted, now_ms) for shard in self._shards))
        stuck = merge(*(part.stuck for part in parts), key=lambda one: -one.at_ms)
        pages: Counter[str] = Counter()
        for part in parts:
            pages.update(part.pages)
        whole = Live(
            sessions=sum(part.sessions for part in parts),
            stuck=list(islice(stuck, wanted.limit)),
            pages=dict(pages),
            funnels=[[sum(step) for step in zip(*ways, strict=True)] for ways in zip(*_funnels(parts), strict=True)],
        )
        return whole, now_ms

    async def close(self) -> None:
        await asyncio.gather(*(shard.close() for shard in self._shards))


def _funnels(parts: Sequence[Live]) -> list[list[list[int]]]:
    return [part.funnels for part in parts]
