"""A link that fails when it is told to, in front of a real shard."""

import asyncio
from collections import deque
from typing import Literal

from actors.link import LinkLost
from actors.local import LocalShardLink
from actors.shard import Shard
from engine.errors import Wait
from engine.wire import Batch, Event, decode_batch

Fault = Literal["", "lost before", "lost after", "hang before", "hang after", "refuse"]


class FaultyLink(LocalShardLink):
    """`faults` are used up one per call, in order; after them all calls succeed. While `gate` is clear calls stand in
    line, as they do before a busy actor."""

    def __init__(self, shard: Shard, *faults: Fault) -> None:
        super().__init__(shard)
        self.faults = deque(faults)
        self.gate = asyncio.Event()
        self.gate.set()
        self.calls: list[Batch[Event]] = []
        self._line = asyncio.Lock()

    async def apply(self, payload: bytes) -> bytes:
        self.calls.append(decode_batch(payload))
        fault = self.faults.popleft() if self.faults else ""
        async with self._line:
            await self.gate.wait()
            if fault.endswith("before"):
                await self._fail(fault)
            if fault == "refuse":
                message = "The disk is full."
                raise Wait(message, "disk_full")
            reply = await super().apply(payload)
        if fault.endswith("after"):
            await self._fail(fault)
        return reply

    async def _fail(self, fault: str) -> None:
        if fault.startswith("hang"):
            await asyncio.Event().wait()
        raise LinkLost

    def sizes(self) -> list[int]:
        """How many events each call carried."""
        return [len(batch.events) for batch in self.calls]
