"""A body -> events and rejections. First the whole body at once; only when that fails, each event by itself."""

import codecs
from typing import Final

import msgspec

from engine.config import Config
from engine.errors import ClientError
from engine.wire import BadRow, Event
from gateway.adapt import adapt
from gateway.nested_event import NestedEvent
from gateway.normalise import PROJECT_ID, Arrival, Normaliser
from gateway.packed import json_of_packed, split_packed, too_many
from gateway.raw_event import RawEvent
from gateway.rejection import Rejected, Rejection
from gateway.sent import Sent, envelope_of, offset_of
from gateway.split import split_json

ORIGINAL_BYTES: Final = 4_096  # how much of a refused event is kept to look at
_OBJECTS_PER_EVENT: Final = 10  # an event is about 4 objects; more of them take the way that builds one at a time

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Decoded(msgspec.Struct):
    """`events` in the order of the body, without the refused ones; `rejected` and `bad_rows` run parallel."""

    events: list[Event]
    rejected: list[Rejection] = []
    bad_rows: list[BadRow] = []


class _Batch(Sent, kw_only=True, gc=True):
    events: list[RawEvent]


class _Named(msgspec.Struct):
    event_id: str | None = None


class Decoder:
    """Raises `ClientError` for a body that holds no events at all; a bad event only ends in `rejected`."""

    def __init__(self, config: Config, normaliser: Normaliser) -> None:
        self._limits = config.server
        self._normaliser = normaliser
        self._one = msgspec.json.Decoder(RawEvent)
        self._many = msgspec.json.Decoder(list[RawEvent])
        self._batch = msgspec.json.Decoder(_Batch)
        self._nested = msgspec.json.Decoder(list[NestedEvent])

    def decode(self, body: bytes, arrival: Arrival, *, packed: bool = False) -> Decoded:
        body = body.removeprefix(codecs.BOM_UTF8)  # some Windows tools write one; it is no JSON, and means nothing
        if not packed:
            events = self._all_at_once(body, arrival)
            if events is not None:
                return Decoded(events)
        said = envelope_of(body, packed=packed)
        arrival = _with_offset(arrival, offset_of(said, arrival.now_ms, packed=packed))
        split = split_packed if packed else split_json
        texts = split(body, self._limits.max_batch_events)
        self._check_count(len(texts))
        return self._one_by_one(texts, arrival, packed)

    def _check_count(self, count: int) -> None:
        if count == 0:
            msg = "`events` is empty; at least one event is needed."
            raise ClientError(msg, "empty_batch")
        if count > self._limits.max_batch_events:
            raise too_many(count, self._limits.max_batch_events)

    def _all_at_once(self, body: bytes, arrival: Arrival) -> list[Event] | None:
        """None when one event is special or wrong, or when the body is too large to trust."""
        limits = self._limits
        if body.count(b"{") > limits.max_batch_events * _OBJECTS_PER_EVENT:
            return None
        try:
            raws, offset_ms = self._raws(body, arrival.now_ms)
            arrival = _with_offset(arrival, offset_ms)
            self._check_count(len(raws))
            if not self._are_small(body):
                return None
            one = self._normaliser.event
            return [one(raw, arrival) for raw in raws] if all(map(RawEvent.is_plain, raws)) else None
        except (*_UNREADABLE, Rejected):
            return None

    def _raws(self, body: bytes, now_ms: int) -> tuple[list[RawEvent], int | None]:
        """The events, and what their envelope says of the sender's clock."""
        if body[:1] == b"[":
            try:
                return self._many.decode(body), None
            except msgspec.ValidationError:
                return [nested.plain() for nested in self._nested.decode(body)], None
        try:
            return [self._one.decode(body)], None
        except msgspec.ValidationError:
            batch = self._batch.decode(body)
            return batch.events, offset_of(batch, now_ms)

    def _are_small(self, body: bytes) -> bool:
        limit = self._limits.max_event_bytes
        return len(body) <= limit or all(len(text) <= limit for text in split_json(body, self._limits.max_batch_events))

    def _one_by_one(self, texts: list[bytes], arrival: Arrival, packed: bool) -> Decoded:
        decoded = Decoded([])
        for index, text in enumerate(texts):
            try:
                decoded.events.append(self._event(text, arrival, packed))
            except Rejected as reason:
                decoded.rejected.append(Rejection(index, _id_of(text, packed), reason.code, reason.message))
                decoded.bad_rows.append(_bad_row(text, arrival, reason))
        return decoded

    def _event(self, text: bytes, arrival: Arrival, packed: bool) -> Event:
        if len(text) > self._limits.max_event_bytes:
            msg = f"The event is {len(text)} bytes long; the limit is {self._limits.max_event_bytes}."
            raise Rejected(msg, "event_too_large")
        return self._normaliser.event(self._raw(json_of_packed(text) if packed else text), arrival)

    def _raw(self, text: bytes) -> RawEvent:
        try:
            raw = self._one.decode(text)
        except _UNREADABLE:
            return adapt(text)
        return raw if raw.is_plain() else adapt(text)


def _with_offset(arrival: Arrival, offset_ms: int | None) -> Arrival:
    return arrival if offset_ms is None else msgspec.structs.replace(arrival, offset_ms=offset_ms)


def _bad_row(text: bytes, arrival: Arrival, reason: Rejected) -> BadRow:
    original = text[:ORIGINAL_BYTES]
    return BadRow(PROJECT_ID, arrival.now_ms, reason.code, reason.message, original)


def _id_of(text: bytes, packed: bool) -> str | None:
    """The id of a refused event, if it can be read, so that the client finds it again."""
    decode = msgspec.msgpack.decode if packed else msgspec.json.decode
    try:
        return decode(text, type=_Named).event_id
    except _UNREADABLE:
        return None
