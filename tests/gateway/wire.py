"""A connection without a network: what a client sends is put in by hand, and so is what it takes."""

import asyncio
from typing import Any

import msgspec
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.server import ServerState

from engine.config import Server
from gateway.connection import Connection, Porter, connections
from gateway.metrics import Metrics


class Wire(asyncio.Transport):
    """`unsent`: what the client has not taken yet. Nothing more is written once it is closed; uvloop raises for what is
    written after the connection was lost, which is counted."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.unsent = 0
        self.is_reading_paused = False
        self.is_lost = False
        self.late_writes = 0
        self.end = ""  # "closed" or "aborted"

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.late_writes += self.is_lost
        if not self.end:
            self.written += bytes(data)

    def close(self) -> None:
        self.end = self.end or "closed"

    def abort(self) -> None:
        self.end = "aborted"

    def is_closing(self) -> bool:
        return bool(self.end)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None:
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        self.is_reading_paused = False

    def answers(self) -> list[tuple[int, dict[str, str], bytes]]:
        """Every answer so far: status, headers, body."""
        found = []
        rest = self.written
        while rest:
            head, _, rest = rest.partition(b"\r\n\r\n")
            first, *lines = head.decode().split("\r\n")
            headers = dict(line.split(": ", 1) for line in lines)
            length = int(headers["content-length"])
            found.append((int(first.split()[1]), headers, rest[:length]))
            rest = rest[length:]
        return found

    def problem(self, status: int, code: str) -> dict[str, str]:
        """The headers of the one answer, which must be this problem and the last on its connection."""
        ((found, headers, body),) = self.answers()
        document = msgspec.json.decode(body)
        assert (found, document["status"], document["code"]) == (status, status, code)
        assert document["message"] == document["detail"]
        assert (headers["content-type"], headers["connection"]) == ("application/problem+json", "close")
        return headers


class Hall:
    """The connections of one server, whose app answers with `body` when `gate` is open."""

    def __init__(self, limits: Server, body: bytes = b"{}") -> None:
        self.metrics = Metrics()
        self.gate = asyncio.Event()
        self.gate.set()
        self.body = body
        self._state = ServerState()
        self._config = uvicorn.Config(
            self._app, http=connections(Porter(limits, self.metrics)), ws="none", lifespan="off", log_level="error"
        )

    @property
    def _app(self) -> ASGIApp:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await self.gate.wait()
            headers = [(b"content-length", b"%d" % len(self.body))]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self.body})

        return app

    def connect(self) -> tuple[Connection, Wire]:
        loop = asyncio.get_running_loop()
        made = self._config.http if isinstance(self._config.http, type) else Connection
        connection = made(config=self._config, server_state=self._state, app_state={}, _loop=loop)  # type: ignore[call-arg]
        assert isinstance(connection, Connection)
        wire = Wire()
        connection.connection_made(wire)
        return connection, wire

    def refused(self) -> str:
        """What /metrics counts as refused."""
        lines = self.metrics.expose().decode().splitlines()
        return " ".join(line for line in lines if line.startswith("sessiond_connections_refused_total"))
