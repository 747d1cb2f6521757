"""Asks every source what happened, once for all who listen, and only while somebody does."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from itertools import cycle
from typing import Final

import structlog

from actors.live_sources import Source
from engine.config import Live
from engine.errors import RETRY_AFTER_MS, SessiondError, Wait
from engine.happening import Position, Told
from gateway.happening_view import Vector, data_of, id_of
from gateway.stream_filter import StreamFilter
from gateway.subscriber import Pending, Subscriber

_PAGE: Final = 500  # happenings of one answer: what a shard needs for it holds up events for a millisecond
_PAUSE_S: Final = 0.5  # before a source that did not answer is asked again

_log = structlog.get_logger(__name__)


class Hub:
    """Of one event loop. `dropped` and `gaps` count since the start."""

    def __init__(self, sources: Sequence[Source], config: Live) -> None:
        self._sources = {source.name: source for source in sources}
        self._config = config
        self._subscribers: set[Subscriber] = set()
        self._vector: Vector = {}
        self._polls: list[asyncio.Task[None]] = []
        self._beginning = asyncio.Lock()
        self._retry_after_ms = cycle(RETRY_AFTER_MS)
        self._is_stopped = False
        self.dropped = 0
        self.gaps = 0

    @property
    def subscribers(self) -> int:
        return len(self._subscribers)

    async def join(self, wanted: StreamFilter) -> Subscriber:
        """From now on. Raises Wait when there are too many, or a source does not answer."""
        self._require_place()
        async with self._beginning:
            if not self._polls:
                self._vector = await self._ends()
            self._require_place()
            if not self._polls:
                self._polls = [self._start(source) for source in self._sources.values()]
            subscriber = Subscriber(wanted, dict(self._vector))
            self._subscribers.add(subscriber)
            return subscriber

    def _require_place(self) -> None:
        if self._is_stopped:
            msg = "The server is stopping."
            raise Wait(msg, "stopping")
        if len(self._subscribers) >= self._config.max_subscribers:
            message = f"{len(self._subscribers)} clients listen to the stream, the most that may."
            raise Wait(message, "too_many_subscribers", next(self._retry_after_ms))

    async def _ends(self) -> Vector:
        told = await asyncio.gather(*(source.happenings(None, 0) for source in self._sources.values()))
        return {name: one.position for name, one in zip(self._sources, told, strict=True)}

    def leave(self, subscriber: Subscriber) -> None:
        """May be called again."""
        if subscriber in self._subscribers:
            self._subscribers.discard(subscriber)
            self.dropped += subscriber.dropped
        if not self._subscribers:
            for poll in self._polls:
                poll.cancel()
            self._polls = []

    def stop(self) -> None:
        """Every stream ends."""
        self._is_stopped = True
        for subscriber in self._subscribers:
            subscriber.close()

    async def backlog(self, since: Vector, subscriber: Subscriber) -> AsyncIterator[Pending]:
        """What happened between a position and the coming of the subscriber. What is not known any more is said first;
        of a source that the position does not name, nothing is told."""
        at = {**subscriber.since, **{name: place for name, place in since.items() if name in self._sources}}
        for name, end in subscriber.since.items():
            while at[name] != end:
                told = await self._sources[name].happenings(at[name], _PAGE)
                if told.has_gap:
                    self.gaps += 1
                    yield _gap(name, at)
                for happening in told.items:
                    if happening.position > end:
                        break
                    at[name] = happening.position
                    if subscriber.wanted.fits(happening):
                        yield Pending(happening.kind, data_of(happening), id_of(at))
                if told.position >= end or not told.items:
                    at[name] = end

    def _start(self, source: Source) -> asyncio.Task[None]:
        task = asyncio.create_task(self._poll(source))
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Something that nobody foresaw ended it: the streams end too, and who comes again starts it anew."""
        if not task.cancelled():
            _log.error("a source of the live stream failed", exc_info=task.exception())
            for subscriber in self._subscribers:
                subscriber.close()

    async def _poll(self, source: Source) -> None:
        while True:
            try:
                told = await source.happenings(self._vector[source.name], _PAGE)
            except SessiondError:  # whoever looks after the source says why
                await asyncio.sleep(_PAUSE_S)
                continue
            self._tell(source.name, told)
            if len(told.items) < _PAGE:
                await asyncio.sleep(self._config.poll_ms / 1000)

    def _tell(self, name: str, told: Told) -> None:
        if told.has_gap:
            self.gaps += 1
            for subscriber in self._subscribers:
                subscriber.put(_gap(name, self._vector))
        for happening in told.items:
            self._vector[name] = happening.position
            wanting = [one for one in self._subscribers if one.wanted.fits(happening)]
            if wanting:
                event = Pending(happening.kind, data_of(happening), id_of(self._vector))
                for subscriber in wanting:
                    subscriber.put(event)
        self._vector[name] = Position(*told.position)

    def here(self) -> str:
        """Where the stream is now."""
        return id_of(self._vector)


def _gap(name: str, at: Vector) -> Pending:
    data = b'{"type":"gap","source":"%b","message":"What happened here before is not kept any more."}' % name.encode()
    return Pending("gap", data, id_of(at))
