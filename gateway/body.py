"""Read a request body within its limits of size and time, and decompress it while it streams."""

import asyncio
import zlib
from typing import Final

from engine.config import Server
from engine.errors import ClientError
from gateway.budget import Budget
from gateway.call import Call, Disconnected
from gateway.stalls import Reading, Stalls

# A client that sends less per timeout is stalling, byte by byte or not; and less than a twentieth of what has come, or
# a few large bodies that trickle on would hold all the memory there is for bodies for a day.
PROGRESS_BYTES: Final = 1_024
_PROGRESS_PART: Final = 20
_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_WINDOW: Final = 31  # zlib: largest window, gzip header and checksum
_INFLATE_BYTES: Final = 65_536  # output per step: the size is checked before the next step
_PLAIN: Final = (None, b"", b"identity")
_GZIP: Final = (b"gzip", b"x-gzip")


class BodyReader:
    """Of one event loop."""

    def __init__(self, limits: Server, budget: Budget) -> None:
        self._limits = limits
        self._budget = budget
        self._stalls = Stalls(limits.body_timeout_ms)

    async def read(self, call: Call) -> bytes:
        """The whole body, decompressed. What it takes of the budget stands in `call.held_bytes` afterwards.

        Raises `ClientError` (400, 408, 413, 415), `Wait` or `Disconnected`.
        """
        encoding = call.headers.get(b"content-encoding")
        if encoding not in _PLAIN and encoding.lower() not in _GZIP:
            msg = f'`Content-Encoding` is "{encoding.decode("latin-1")[:100]}"; gzip or none is allowed.'
            raise ClientError(msg, "unsupported_encoding", 415)
        self._check_announced(call)
        chunks = await self._receive(call)
        start = chunks[0][:2] if len(chunks[0]) > 1 else b"".join(chunks)[:2]
        if start == _GZIP_MAGIC:
            body = _inflated(chunks, self._limits.max_body_bytes)
            self._budget.take(len(body))
            call.held_bytes += len(body)
            return body
        if encoding not in _PLAIN:
            msg = "The body is no gzip data, but `Content-Encoding` says so."
            raise ClientError(msg, "invalid_gzip")
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _receive(self, call: Call) -> list[bytes]:
        """At least one chunk."""
        reading = self._stalls.begin()
        try:
            return await self._chunks(call, reading)
        except asyncio.CancelledError:
            if not reading.is_stalled:
                raise
            reading.task.uncancel()
            wait_ms = self._limits.body_timeout_ms
            msg = f"The body stalled: too little came within {wait_ms} ms."
            raise ClientError(msg, "body_timeout", 408) from None
        finally:
            self._stalls.end(reading)

    async def _chunks(self, call: Call, reading: Reading) -> list[bytes]:
        chunks: list[bytes] = []
        size = counted = 0
        while True:
            message = await call.receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            chunk = message.get("body", b"")
            chunks.append(chunk)
            size += len(chunk)
            if size > self._limits.max_body_bytes:
                raise _too_large(self._limits.max_body_bytes)
            self._budget.take(len(chunk))
            call.held_bytes += len(chunk)
            if not message.get("more_body", False):
                return chunks
            if has_come_on(counted, size):
                counted = size
                self._stalls.came_on(reading)

    def _check_announced(self, call: Call) -> None:
        """Before anything is read. Only what has come is taken of the budget: an announcement costs its client nothing,
        and a few that announce much and send little would lock everybody out."""
        announced = call.headers.get(b"content-length", b"")
        if announced.isdigit():
            size = int(announced[:20])
            if size > self._limits.max_body_bytes:
                raise _too_large(self._limits.max_body_bytes)
            self._budget.require(size)


def has_come_on(counted_bytes: int, size_bytes: int) -> bool:
    """Whether the time of a body begins anew, that had `counted_bytes` when it last did."""
    return size_bytes - counted_bytes >= max(PROGRESS_BYTES, counted_bytes // _PROGRESS_PART)


def _inflated(chunks: list[bytes], max_bytes: int) -> bytes:
    """All members of a gzip stream. Never holds more than `max_bytes` and one step of output."""
    output = bytearray()
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    for chunk in chunks:
        data = chunk
        while data:
            if inflater.eof:  # gzip files may be concatenated
                inflater = zlib.decompressobj(_GZIP_WINDOW)
            output += _inflate_step(inflater, data)
            if len(output) > max_bytes:
                raise _too_large(max_bytes)
            data = inflater.unconsumed_tail or inflater.unused_data
    while not inflater.eof:
        tail = _inflate_step(inflater, b"")
        if not tail:
            msg = f"The gzip data ends early, after {len(output)} bytes of content."
            raise ClientError(msg, "invalid_gzip")
        output += tail
        if len(output) > max_bytes:
            raise _too_large(max_bytes)
    return bytes(output)


def _inflate_step(inflater: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return inflater.decompress(data, _INFLATE_BYTES)
    except zlib.error as error:
        msg = f"The gzip data is damaged: {error}."
        raise ClientError(msg, "invalid_gzip") from None


def _too_large(max_bytes: int) -> ClientError:
    msg = f"The body is larger than {max_bytes} bytes (decompressed too), which is the limit."
    return ClientError(msg, "body_too_large", 413)
