"""Events on their way to a shard: encoded once when they come in, joined to calls by copying bytes."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from engine.config import Engine
from engine.wire import BadRow, Batch, Control, Event, Reply, encode


class Parcel(NamedTuple):
    """What one request has for one shard, small enough for one call. `items`: the events as msgpack, joined."""

    events: int
    items: bytes
    controls: Sequence[Control]
    bad_rows: Sequence[BadRow]
    reply: "asyncio.Future[Reply]"


def parcels(
    events: Sequence[Event],
    controls: Sequence[Control],
    bad_rows: Sequence[BadRow],
    *,
    limits: Engine,
    loop: asyncio.AbstractEventLoop,
) -> Iterator[Parcel]:
    """At least one; controls and bad rows travel with the first."""
    chunks = list(_chunks(events, limits)) or [(0, b"")]
    for place, (count, items) in enumerate(chunks):
        rest = (controls, bad_rows) if place == 0 else ((), ())
        yield Parcel(count, items, *rest, loop.create_future())


def _chunks(events: Sequence[Event], limits: Engine) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(events), limits.max_call_events):
        yield from _halved(events[start : start + limits.max_call_events], limits.max_call_bytes)


def _halved(events: Sequence[Event], max_bytes: int) -> Iterator[tuple[int, bytes]]:
    """One event alone may be larger than a call should be; it travels all the same."""
    items = _without_header(encode(events))
    if len(items) <= max_bytes or len(events) == 1:
        yield len(events), items
    else:
        middle = len(events) // 2
        yield from _halved(events[:middle], max_bytes)
        yield from _halved(events[middle:], max_bytes)


def _without_header(array: bytes) -> bytes:
    """A msgpack array without its length: 1 byte up to 15 items, then 0xdc + 2 bytes, then 0xdd + 4 bytes."""
    return array[{0xDC: 3, 0xDD: 5}.get(array[0], 1) :]


def payload(gateway: str, number: int, received_ms: int, load: Sequence[Parcel]) -> bytes:
    """The msgpack of the `Batch` that holds all these parcels, without encoding an event again."""
    count = sum(parcel.events for parcel in load)
    controls = [control for parcel in load for control in parcel.controls]
    bad_rows = [row for parcel in load for row in parcel.bad_rows]
    empty = encode(Batch(gateway, number, received_ms, [], controls, bad_rows))
    head = encode((gateway, number, received_ms))[1:]
    events = b"\xdd" + count.to_bytes(4, "big") + b"".join([parcel.items for parcel in load])
    return empty[:1] + head + events + empty[1 + len(head) + 1 :]


def deliver(load: Sequence[Parcel], reply: Reply) -> None:
    """Each parcel gets its part of the reply. One that nobody waits for any more is left alone."""
    first, control = 0, 0
    for parcel in load:
        last, controls = first + parcel.events, control + len(parcel.controls)
        if not parcel.reply.done():
            parcel.reply.set_result(Reply(reply.statuses[first:last], reply.controls[control:controls]))
        first, control = last, controls


def refuse(load: Sequence[Parcel], error: Exception) -> None:
    for parcel in load:
        if not parcel.reply.done():
            parcel.reply.set_exception(error)
