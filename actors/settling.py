"""One book of rules in all shards. The first shard decides between two who change it at once; a shard that was away
gets the book when it is back."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import structlog

from actors.link import ShardLink
from actors.ports import ShardStats
from actors.questions import Questions
from engine.book import Book, decode_book, encode_book
from engine.config import Config
from engine.errors import ClientError, SessiondError
from engine.overlay import Overlay
from engine.rulebook import configured

_log = structlog.get_logger(__name__)


class Settling:
    """Over the links of one gateway, and the lines of questions to them."""

    def __init__(
        self, shards: Sequence[ShardLink], lines: Sequence[Questions], config: Config, now_ms: Callable[[], int]
    ) -> None:
        self._shards = shards
        self._lines = lines
        self._configured = configured(config)
        self._now_ms = now_ms
        self._changing = asyncio.Lock()
        self._passing: asyncio.Task[None] | None = None  # of a book to shards that were away

    async def book(self) -> Book:
        """The newest there is. Raises Wait while a shard is away, which may hold a newer one."""
        asked = (line.ask(shard.rules()) for line, shard in zip(self._lines, self._shards, strict=True))
        return max(map(decode_book, await asyncio.gather(*asked)), key=lambda book: book.version)

    async def put(self, project_id: str, own: Overlay, version: int | None) -> Book:
        async with self._changing:
            newest = await self.book()
            book = self._configured.put(newest, project_id, own)
            now = newest.page(project_id).version
            if book is not newest and version not in (None, now):
                message = f"`version` is {version}, but the rules in force are version {now}"
                raise _conflict(message)
            await self._give_all(book)
            return book

    async def _give_all(self, book: Book) -> None:
        encoded = encode_book(book)
        for number in range(len(self._shards)):
            if await self._give(number, encoded) > book.version or (
                number == 0 and decode_book(await self._lines[0].ask(self._shards[0].rules())) != book
            ):
                message = "The rules were changed by somebody else meanwhile"
                raise _conflict(message)

    def _give(self, number: int, book: bytes) -> Coroutine[Any, Any, int]:
        return self._lines[number].ask(self._shards[number].configure(book, self._now_ms()))

    def tick(self, stats: Sequence[ShardStats | None]) -> None:
        """Pass the newest book on to shards that have an older one, without anybody waiting for it."""
        versions = [one.rules_version for one in stats if one is not None]
        is_passing = self._passing is not None and not self._passing.done()
        if versions and min(versions) < max(versions) and not is_passing and not self._changing.locked():
            behind = [n for n, one in enumerate(stats) if one is not None and one.rules_version < max(versions)]
            newest = next(n for n, one in enumerate(stats) if one is not None and one.rules_version == max(versions))
            self._passing = asyncio.ensure_future(self._pass_on(newest, behind))

    async def _pass_on(self, newest: int, behind: Sequence[int]) -> None:
        """What fails is tried again by the next tick."""
        with suppress(SessiondError):
            book = await self._lines[newest].ask(self._shards[newest].rules())
            for number in behind:
                version = await self._give(number, book)
                _log.info("a shard that was away has the rules now", shard=number, version=version)

    async def close(self) -> None:
        if self._passing is not None:
            self._passing.cancel()
            await asyncio.gather(self._passing, return_exceptions=True)


def _conflict(what: str) -> ClientError:
    return ClientError(f"{what}; read them again and send your change anew.", "rules_changed", 409)
