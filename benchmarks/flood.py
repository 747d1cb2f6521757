"""A load that keeps its rate whatever the answers are, and knows of each request what became of it.

Open: every request has its moment, laid down from the first one on, and its latency is counted from that moment, so
that neither a slow answer nor a busy generator hides what would have waited behind it. Nothing that was refused is sent
again. Closed: each connection sends when it was answered; what it then reaches is the capacity of the machine with the
generator on it. One thread, in Python; a request is a text made before, with its number put in.
"""

import asyncio
import re
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from benchmarks import templates
from benchmarks.outcome import BATCH_EVENTS, Told

MAX_CONNECTIONS: Final = 4_000
LAST_ANSWER_S: Final = 15.0
_BODIES: Final = 200  # with the sessions of BATCH_EVENTS visitors each
_NUMBER: Final = b"@" * 12
_TIME: Final = b"#" * 24
_ROUND: Final = b"~~"
ROUND_S: Final = 20  # as long as sessions live; then all visitors come with new ones, and the server must end the old
_TICK_S: Final = 0.001
_MAX_REST_S: Final = 5.0
_LATE_S: Final = 0.005
_HEAD: Final = (
    b"POST /api/v1/events HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nUser-Agent: flood\r\n"
    b"Content-Length: %d\r\n\r\n"
)
_LENGTH: Final = re.compile(rb"content-length: (\d+)")


class _Line(asyncio.Protocol):
    """One connection, one request at a time. `free` is called when it may send again."""

    def __init__(self, told: Told, free: Callable[["_Line"], None]) -> None:
        self._told = told
        self._free = free
        self._got = b""
        self._due_s: float | None = None
        self._transport: asyncio.Transport | None = None
        self._rests_since_s = time.monotonic()

    def is_usable(self) -> bool:
        """The server ends who rests for long, perhaps just now."""
        rested_s = time.monotonic() - self._rests_since_s
        return self._transport is not None and not self._transport.is_closing() and rested_s < _MAX_REST_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def send(self, request: bytes, due_s: float) -> None:
        assert self._transport is not None
        self._due_s = due_s
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if end else None
        if length is None or len(body) < int(length[1]) or self._due_s is None:
            return
        self._told.take(int(head[9:12]), head, body, time.monotonic() - self._due_s)
        self._got, self._due_s, self._rests_since_s = b"", None, time.monotonic()
        if b"\r\nconnection: close" not in head:
            self._free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._due_s is not None:
            self._told.unanswered += 1
            self._due_s = None

    def close(self) -> None:
        """What has no answer now gets none."""
        if self._transport is not None:
            self._transport.abort()


class Flood:
    """`run` names its events and sessions: no two floods on one server may share it."""

    def __init__(self, port: int, run: str) -> None:
        self._port = port
        self._bodies = [_body(run, number) for number in range(_BODIES)]
        self._number = 0
        self._started_s = time.monotonic()

    async def closed(self, connections: int, seconds: float) -> Told:
        """Each connection sends when it was answered."""
        return await self._flow(seconds, connections, lambda told, elapsed_s, idle: len(idle))

    async def open(self, per_s: float, seconds: float) -> Told:
        """So many requests a second."""
        return await self._flow(seconds, 0, lambda told, elapsed_s, idle: int(elapsed_s * per_s) + 1 - told.sent, per_s)

    async def _flow(
        self, seconds: float, connections: int, due: Callable[[Told, float, deque[_Line]], int], per_s: float = 0.0
    ) -> Told:
        told, idle, lines = Told(), deque[_Line](), list[_Line]()
        for _ in range(connections):
            idle.append(await self._line(told, idle, lines))
        started_s = time.monotonic()
        while (elapsed_s := time.monotonic() - started_s) < seconds:
            for _ in range(due(told, elapsed_s, idle)):
                line = await self._usable(told, idle, lines)
                if line is None:
                    break  # it leaves late, and its latency counts from its moment all the same
                due_s = started_s + told.sent / per_s if per_s else time.monotonic()
                told.late += time.monotonic() - due_s > _LATE_S
                told.sent += 1
                line.send(self._request(), due_s)
            await asyncio.sleep(_TICK_S)
        told.seconds = time.monotonic() - started_s
        await self._end(told, lines)
        return told

    async def _end(self, told: Told, lines: list[_Line]) -> None:
        deadline_s = time.monotonic() + LAST_ANSWER_S
        while sum(told.answers.values()) + told.unanswered < told.sent and time.monotonic() < deadline_s:
            await asyncio.sleep(0.01)
        for line in lines:
            line.close()
        await asyncio.sleep(0.05)  # every line hears that it is closed

    async def _usable(self, told: Told, idle: deque[_Line], lines: list[_Line]) -> _Line | None:
        """The one that was used last, or a new one; None when there are as many as there may be."""
        while idle:
            line = idle.pop()
            if line.is_usable():
                return line
            line.close()
            lines.remove(line)
        return await self._line(told, idle, lines) if len(lines) < MAX_CONNECTIONS else None

    async def _line(self, told: Told, idle: deque[_Line], lines: list[_Line]) -> _Line:
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(lambda: _Line(told, idle.append), "127.0.0.1", self._port)
        lines.append(line)
        return line

    def _request(self) -> bytes:
        self._number += 1
        body = self._bodies[self._number % _BODIES]
        round_ = int((time.monotonic() - self._started_s) / ROUND_S)
        now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
        body = body.replace(_NUMBER, b"%012d" % self._number).replace(_TIME, now.encode())
        body = body.replace(_ROUND, b"%02d" % round_)
        return _HEAD % len(body) + body


def _body(run: str, number: int) -> bytes:
    """A batch without its number, time and round. Its sessions are its own, and no event ends one."""
    events = []
    for place in range(BATCH_EVENTS):
        visitor = number * BATCH_EVENTS + place
        event, session = f"{run}-{_NUMBER.decode()}-{place}", f"{run}-{_ROUND.decode()}-{visitor}"
        values = (event, session, f"user-{visitor}", _TIME.decode(), "")
        pieces = templates.MIDDLE[visitor % len(templates.MIDDLE)]
        events.append("".join(piece + value for piece, value in zip(pieces, values, strict=True)))
    return f"[{','.join(events)}]".encode()
