"""The same service as a team would write it first, and well: Starlette, a Redis hash per session, ClickHouse.

`python -m benchmarks.peers.plain_service PORT REDIS_PORT FOLDER`. It answers when the session is in Redis and the rows
are in a list in memory: a kill loses up to 5 seconds of rows that were acked. ClickHouse is embedded, as in sessiond.
It looks for no anomaly, for no duplicate and for no gap, and reads no User-Agent.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from urllib.parse import urlsplit

import msgspec
import redis.asyncio
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from benchmarks.peers.answers import to_ms
from benchmarks.peers.plain_table import Table, TableRow
from benchmarks.peers.session_hash import Row, update


class Event(msgspec.Struct):
    event_id: str
    session_id: str
    user_id: str
    event_type: str
    timestamp: datetime
    url: str = ""
    title: str = ""
    referrer: str = ""
    screen_name: str = ""
    payload: msgspec.Raw = msgspec.Raw(b"{}")


class Scroll(msgspec.Struct):
    depth_percent: int | None = None


class Service:
    def __init__(self, client: "redis.asyncio.Redis", table: Table) -> None:
        self._redis = client
        self._table = table
        self._decode = msgspec.json.Decoder(Event | list[Event]).decode
        self._scroll = msgspec.json.Decoder(Scroll).decode

    async def take(self, request: Request) -> JSONResponse:
        """400 for a body that is no event: nothing of it is taken."""
        try:
            body = self._decode(await request.body())
        except msgspec.DecodeError as error:
            return JSONResponse({"message": str(error)}, 400)
        events = body if isinstance(body, list) else [body]
        pipe = self._redis.pipeline(transaction=False)
        for event in events:
            update(pipe, self._session_row(event))
        await pipe.execute()
        self._table.add([table_row(event) for event in events])
        return JSONResponse({"message": "Event received successfully", "accepted": len(events)})

    def _session_row(self, event: Event) -> Row:
        depth = self._scroll(event.payload).depth_percent if event.event_type == "scroll" else None
        path = urlsplit(event.url).path
        return Row(
            event.session_id,
            event.user_id,
            event.event_type,
            to_ms(event.timestamp),
            event.url,
            path,
            scroll_depth=depth,
        )

    async def stored(self, _: Request) -> JSONResponse:
        return JSONResponse(await self._table.counts())


def table_row(event: Event) -> TableRow:
    return TableRow(
        event.event_id,
        event.session_id,
        event.user_id,
        event.event_type,
        event.timestamp,
        event.url,
        urlsplit(event.url).path,
        event.title,
        event.referrer,
        event.screen_name,
        bytes(event.payload).decode(),
    )


def application(redis_port: int, folder: str) -> Starlette:
    client, table = redis.asyncio.Redis(port=redis_port), Table(folder)
    service = Service(client, table)

    @contextlib.asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        inserting = asyncio.create_task(table.run())
        yield
        inserting.cancel()
        await table.counts()
        await client.aclose()

    routes = [Route("/api/v1/events", service.take, methods=["POST"]), Route("/stored", service.stored)]
    return Starlette(routes=routes, lifespan=life)


def serve(port: int, redis_port: int, folder: str) -> None:
    uvicorn.run(
        application(redis_port, folder),
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
