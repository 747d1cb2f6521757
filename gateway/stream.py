"""`GET /api/v1/stream`: what happens, as Server-Sent Events (the WHATWG's HTML standard, section 9.2)."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

import msgspec
from starlette.types import Receive, Send

from engine.config import Live
from engine.errors import Wait
from gateway.call import Answer, Call, Headers
from gateway.happening_view import Vector, event_bytes, heartbeat_bytes, id_of, vector_of
from gateway.hub import Hub
from gateway.stream_filter import stream_filter
from gateway.subscriber import Subscriber

_HEADERS: Final[Headers] = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx keeps answers back otherwise
]


class Stream:
    """`hub` None: there is nothing to listen to."""

    def __init__(self, hub: Hub | None, config: Live) -> None:
        self._hub = hub
        self._config = config

    async def listen(self, call: Call) -> Answer:
        if self._hub is None:
            msg = "This server has no live stream."
            raise Wait(msg, "no_stream")
        wanted = stream_filter(call.query, "default")
        text = call.headers.get(b"last-event-id", b"").decode("latin-1") or call.query.get("last_event_id", "")
        since = vector_of(text) if text else None
        subscriber = await self._hub.join(wanted)
        return Listening(
            *(200, b"", list(_HEADERS)),
            hub=self._hub,
            subscriber=subscriber,
            since=since,
            receive=call.receive,
            config=self._config,
        )


class Listening(Answer, kw_only=True):
    """An answer without an end, until the client goes, is too slow, or the server stops."""

    hub: Hub
    subscriber: Subscriber
    since: Vector | None
    receive: Receive
    config: Live

    async def send(self, send: Send) -> None:
        """The client is waited for in each `send`, so that what he does not take waits in his bounded queue."""
        watching = asyncio.create_task(self._watch())
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
            async with aclosing(self._pieces()) as pieces:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self.hub.leave(self.subscriber)
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    async def _watch(self) -> None:
        while (await self.receive())["type"] != "http.disconnect":
            pass
        self.subscriber.close()

    async def _pieces(self) -> AsyncGenerator[bytes]:
        subscriber = self.subscriber
        yield b"retry: 1000\n\n"
        last_id = id_of(self.since or subscriber.since)
        if self.since is not None:
            try:
                async for event in self.hub.backlog(self.since, subscriber):
                    last_id = event.event_id
                    yield event_bytes(event.kind, event.data, event.event_id)
            except Wait:
                return  # a shard restarts: the client comes again with the id it has
        while not subscriber.is_closed:
            events = subscriber.take()
            for event in events:
                last_id = event.event_id
                yield event_bytes(event.kind, event.data, event.event_id)
            if subscriber.dropped:
                yield _dropped(subscriber.dropped, last_id)
                return
            if not events:
                await subscriber.wait(self.config.heartbeat_ms)
                if not subscriber.has_news:
                    last_id = self.hub.here()
                    yield heartbeat_bytes(last_id)


def _dropped(count: int, last_id: str) -> bytes:
    data = {"type": "dropped", "events": count, "last_event_id": last_id}
    return event_bytes("dropped", msgspec.json.encode(data), last_id)
