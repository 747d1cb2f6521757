"""How far a sender's clock is from ours: it says when it sent a request, or an event of it, and we know when it came.

Nothing of it is a reason to refuse: what cannot be read as a time was not said.
"""

from typing import Final

import msgspec

from engine.wire import ON_TIME, Event, Facts
from gateway.raw_event import ABSENT, RawEvent
from gateway.timestamps import EARLIEST_MS, parse_iso_ms

LATEST_MS: Final = 4_102_444_800_000  # 2100-01-01: a clock beyond it says nothing

_Decoder = msgspec.json.Decoder[int | float | str] | msgspec.msgpack.Decoder[int | float | str]

_time: Final[_Decoder] = msgspec.json.Decoder(int | float | str)
_packed_time: Final[_Decoder] = msgspec.msgpack.Decoder(int | float | str)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Sent(msgspec.Struct, gc=False):
    """What an envelope says beside its events. The first of the three names that holds a time counts."""

    sent_at: msgspec.Raw = ABSENT
    sent_at_camel: msgspec.Raw = msgspec.field(default=ABSENT, name="sentAt")
    sent_at_ms: msgspec.Raw = ABSENT


_sent: Final = msgspec.json.Decoder(Sent)
_packed_sent: Final = msgspec.msgpack.Decoder(Sent)


def offset_of(said: Sent | RawEvent, now_ms: int, *, packed: bool = False) -> int | None:
    """Receive time minus time of sending, in ms; None = it was not said."""
    decoder = _packed_time if packed else _time
    for raw in (said.sent_at, said.sent_at_camel, said.sent_at_ms):
        sent_ms = None if raw is ABSENT else _sent_ms(raw, decoder)
        if sent_ms is not None:
            return now_ms - sent_ms
    return None


def _sent_ms(raw: msgspec.Raw, decoder: _Decoder) -> int | None:
    try:
        value = decoder.decode(raw)
        sent_ms = parse_iso_ms(value) if isinstance(value, str) else int(value)
    except (*_UNREADABLE, ValueError, OverflowError):
        return None
    return sent_ms if EARLIEST_MS <= sent_ms <= LATEST_MS else None


def envelope_of(body: bytes, *, packed: bool) -> Sent:
    """Empty when the body is no readable object."""
    try:
        return (_packed_sent if packed else _sent).decode(body)
    except _UNREADABLE:
        return Sent()


def mark(event: Event, offset_ms: int, tolerance_ms: int) -> None:
    """Says of the event whether its clock can be trusted."""
    if -tolerance_ms <= offset_ms <= tolerance_ms:
        event.flags |= ON_TIME
    else:
        event.facts = msgspec.structs.replace(event.facts or Facts(), offset_ms=offset_ms)
