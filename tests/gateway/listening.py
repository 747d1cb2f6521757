"""A client of the stream without a network: it takes what is sent when it is told to."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import msgspec

from gateway.call import Call
from gateway.stream import Stream


class Heard(msgspec.Struct):
    event: str = ""
    id: str = ""
    data: Any = None


class Listener:
    """`gate` closed: it takes nothing."""

    def __init__(self, stream: Stream, *, last_event_id: str = "", query: dict[str, str] | None = None) -> None:
        headers = [(b"last-event-id", last_event_id.encode())] if last_event_id else []
        scope = {"type": "http", "query_string": urlencode(query or {}).encode(), "headers": headers, "path": "/"}
        self.gate = asyncio.Event()
        self.gate.set()
        self.heard: asyncio.Queue[Heard] = asyncio.Queue()
        self.status = 0
        self._gone = asyncio.Event()
        self._call = Call(scope, self._receive)
        self._stream = stream
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Listener":
        answer = await self._stream.listen(self._call)
        self._task = asyncio.create_task(answer.send(self._send))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._gone.set()
        self.gate.set()
        await self.ended()

    async def ended(self) -> None:
        assert self._task is not None
        await asyncio.wait_for(asyncio.shield(self._task), 5)

    async def next(self) -> Heard:
        return await asyncio.wait_for(self.heard.get(), 5)

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self.gate.wait()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        for block in message.get("body", b"").decode().split("\n\n"):
            lines = [line.partition(": ") for line in block.splitlines()]
            found = {name: value for name, _, value in lines}
            if "event" in found or "id" in found:
                data = msgspec.json.decode(found["data"]) if "data" in found else None
                self.heard.put_nowait(Heard(found.get("event", ""), found.get("id", ""), data))
