"""The heartbeat of a gateway: ticks the shards and asks the store how it is, for as long as it runs."""

import asyncio

from actors.client import Client

_STORE_EVERY_TICKS = 4


class Ticker:
    """`start` in a running event loop; `stop` before the client is closed."""

    def __init__(self, client: Client, *, tick_ms: int) -> None:
        self._client = client
        self._tick_s = tick_ms / 1000
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Returns after the first round, so that health knows something when the door opens."""
        await self._client.ask_store()
        await self._client.tick()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._tick()), loop.create_task(self._ask_store())]

    def has_stopped(self) -> bool:
        """Something that nobody foresaw ended it: no session would end any more."""
        return any(task.done() for task in self._tasks)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s)
            await self._client.tick()

    async def _ask_store(self) -> None:
        while True:
            await asyncio.sleep(self._tick_s * _STORE_EVERY_TICKS)
            await self._client.ask_store()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
