"""MessagePack bodies: split like JSON ones, then each event becomes JSON text, so that one set of rules holds."""

import math
from typing import Final

import msgspec

from engine.errors import ClientError
from gateway.raw_event import ABSENT
from gateway.rejection import Rejected, shown
from gateway.split import Envelope, wrong_body

_envelope: Final = msgspec.msgpack.Decoder(Envelope)
_texts: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_object: Final = msgspec.msgpack.Decoder()

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def split_packed(body: bytes, max_events: int) -> list[bytes]:
    """The MessagePack bytes of each event. Raises `ClientError`."""
    if not body:
        msg = "empty"
        raise wrong_body(msg)
    try:
        array = body
        if _array_length(body) is None:
            if not _is_map(body):
                msg = f"the MessagePack value {shown(body)}"
                raise wrong_body(msg)
            events = _envelope.decode(body).events
            if events is ABSENT:
                return [body]
            array = bytes(events)
        return _split(array, max_events)
    except _UNREADABLE as error:
        msg = f"The body is no MessagePack: {str(error).removeprefix('MessagePack data is malformed: ')}."
        raise ClientError(msg, "invalid_msgpack") from None


def _split(array: bytes, max_events: int) -> list[bytes]:
    length = _array_length(array)
    if length is None:
        msg = "`events` is no array; an array of events is allowed."
        raise ClientError(msg, "invalid_msgpack")
    if length > max_events:  # before decoding: five bytes may announce four billion items
        raise too_many(length, max_events)
    return [bytes(text) for text in _texts.decode(array)]


def too_many(count: int, max_events: int) -> ClientError:
    return ClientError(f"`events` holds {count} items; the limit is {max_events}.", "too_many_events", 413)


def _is_map(body: bytes) -> bool:
    return 0x80 <= body[0] <= 0x8F or body[0] in (0xDE, 0xDF)


def _array_length(body: bytes) -> int | None:
    """The length that the header of a MessagePack array announces; None = not an array."""
    kind = body[0]
    if 0x90 <= kind <= 0x9F:
        return kind & 0x0F
    width = {0xDC: 2, 0xDD: 4}.get(kind)
    return None if width is None else int.from_bytes(body[1 : 1 + width], "big")


def json_of_packed(text: bytes) -> bytes:
    """One event as JSON. Raises `Rejected`."""
    try:
        event = _object.decode(text)
    except _UNREADABLE as error:
        msg = f"The event is no MessagePack: {error}."
        raise Rejected(msg) from None
    stamp = event.get("timestamp") if isinstance(event, dict) else None
    if isinstance(stamp, float) and not math.isfinite(stamp):  # JSON would make it null, as if it were missing
        msg = f"`timestamp` is {stamp}; ISO-8601 text or Unix milliseconds is allowed."
        raise Rejected(msg)
    try:
        return msgspec.json.encode(event)
    except (TypeError, RecursionError, UnicodeError) as error:
        msg = f"The event holds what JSON cannot say: {error}."
        raise Rejected(msg) from None
