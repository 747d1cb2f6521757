"""Queries to one shard or to the store: a bounded number of them, each answered in time."""

import asyncio
from collections.abc import Coroutine
from itertools import cycle
from typing import Any, Final, TypeVar

from actors.link import LinkLost
from engine.errors import RETRY_AFTER_MS, Wait

T = TypeVar("T")

MAX_OPEN: Final = 200  # they wait in line before a process that also takes events; Ray itself holds 1,000 calls


class Questions:
    """A question that was given up still counts until the other side has done with it: it stands in its line."""

    def __init__(self, timeout_ms: int) -> None:
        self._timeout_s = timeout_ms / 1000
        self._open: set[asyncio.Task[Any]] = set()
        self._retry_after_ms = cycle(RETRY_AFTER_MS)

    async def ask(self, call: Coroutine[Any, Any, T]) -> T:
        """An answer in time, or Wait."""
        if len(self._open) >= MAX_OPEN:
            call.close()
            message = f"{len(self._open)} queries wait for the part that holds this answer, the most it may be."
            raise Wait(message, "overloaded", next(self._retry_after_ms))
        task = asyncio.ensure_future(call)
        self._open.add(task)
        task.add_done_callback(self._closed)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await asyncio.shield(task)
        except (LinkLost, TimeoutError):
            message = "The part that holds this answer restarts or does not respond."
            raise Wait(message, "unavailable", next(self._retry_after_ms)) from None

    def _closed(self, task: "asyncio.Task[Any]") -> None:
        self._open.discard(task)
        if not task.cancelled():
            task.exception()  # whoever still waits gets it; if nobody does, nobody has to hear of it

    async def close(self) -> None:
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
