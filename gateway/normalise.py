"""One raw event -> one `engine.wire.Event`, or `Rejected` with the reason. The hot path: a few microseconds each."""

from uuid import uuid4

import msgspec

from engine.config import Config
from engine.device import Device
from engine.wire import HISTORIC, ID_GENERATED, TIME_MISSING, Event
from gateway.agent import AgentReader
from gateway.event_type import event_type_of
from gateway.ids import checked_id
from gateway.paths import path_of
from gateway.payloads import extractors
from gateway.places import PlaceReader
from gateway.raw_event import ABSENT, RawEvent
from gateway.rejection import Rejected, wrong_value
from gateway.sent import mark, offset_of
from gateway.timestamps import event_time_ms

PROJECT_ID = "default"


class Arrival(msgspec.Struct, frozen=True):
    """What all events of one request share: when they came, from where, and what their sender runs on."""

    now_ms: int
    latest_ms: int  # a later event time is a broken clock
    flags: int = 0
    client_ip: str = ""
    device: Device | None = None
    offset_ms: int | None = None  # receive time minus the time of sending that the envelope says


class Normaliser:
    """Applies the rules for one event. `event` raises `Rejected` only; making one raises ConfigError."""

    def __init__(self, config: Config, agents: AgentReader) -> None:
        self._extractors = extractors(config.session)
        self._agents = agents
        self._tolerance_ms = config.server.clock_tolerance_ms
        database = config.server.geoip_database
        self._places = PlaceReader(database) if database else None

    def event(self, raw: RawEvent, arrival: Arrival) -> Event:
        event_type = event_type_of(raw.event_type, raw.type)
        session_id, user_id = _who(raw)
        flags = arrival.flags
        event_id = raw.event_id
        if event_id is None:
            event_id = uuid4().hex
            flags |= ID_GENERATED
        else:
            checked_id("event_id", event_id)
        if raw.timestamp is None:
            at_ms, offset_ms = arrival.now_ms, None
            flags |= TIME_MISSING
        else:
            offset_ms = _offset_of(raw, arrival)
            # A clock that is said to run ahead gives times that are ahead.
            ahead_ms = 0 if offset_ms is None or offset_ms > 0 else -offset_ms
            at_ms = event_time_ms(raw.timestamp, arrival.latest_ms + ahead_ms)
        url = raw.url or ""
        event = Event(
            PROJECT_ID,
            event_id,
            session_id,
            user_id,
            event_type,
            at_ms,
            flags,
            url,
            path_of(url) if raw.path is None else raw.path,
            raw.screen_name or "",
            self._device_of(raw, arrival),
            raw.country or "",
            raw.city or "",
            title=raw.title or "",
            referrer=raw.referrer or "",
            payload=_payload_of(raw),
            custom=object_text("custom", raw.custom),
            client_ip=raw.client_ip or arrival.client_ip,
        )
        if self._places is not None and not event.country:
            event.country, event.city = self._places.look_up(event.client_ip)
        extract = self._extractors.get(event_type)
        if extract is not None:
            extract(event)
        if offset_ms is not None:
            mark(event, offset_ms, self._tolerance_ms)
        return event

    def _device_of(self, raw: RawEvent, arrival: Arrival) -> Device | None:
        if raw.device is None and raw.device_info is None:
            return arrival.device
        return self._agents.merged(raw.device or raw.device_info, arrival.device)


def _offset_of(raw: RawEvent, arrival: Arrival) -> int | None:
    """What an event says itself goes before what its envelope says. History was sent long ago: it says nothing now."""
    if arrival.flags & HISTORIC:
        return None
    if raw.sent_at is raw.sent_at_camel is raw.sent_at_ms:  # all three absent, which nearly all are
        return arrival.offset_ms
    own_ms = offset_of(raw, arrival.now_ms)
    return arrival.offset_ms if own_ms is None else own_ms


def _who(raw: RawEvent) -> tuple[str, str]:
    session_id, user_id = raw.session_id, raw.user_id
    if session_id is not None:
        checked_id("session_id", session_id)
    elif user_id is None:
        msg = "`session_id` and `user_id` are missing; one of them is needed to find the session."
        raise Rejected(msg)
    if user_id is not None:
        checked_id("user_id", user_id)
    return session_id or "", user_id or ""


def _payload_of(raw: RawEvent) -> str:
    if raw.payload is not ABSENT:
        return object_text("payload", raw.payload)
    if raw.metadata is not ABSENT:
        return object_text("metadata", raw.metadata)
    if raw.event_data is not ABSENT:
        return object_text("event_data", raw.event_data)
    return object_text("properties", raw.properties)


def object_text(name: str, raw: msgspec.Raw) -> str:
    """The JSON text of an object, byte for byte as it came; "" for null. A string holding an object is unwrapped."""
    if raw is ABSENT:
        return ""
    try:
        text = str(raw, "utf-8")
    except UnicodeDecodeError as error:
        msg = f"`{name}` is no valid UTF-8 at byte {error.start}."
        raise Rejected(msg) from None
    if text[0] == "{":
        return text
    if text == "null":
        return ""
    return _unwrapped(name, text)


def _unwrapped(name: str, text: str) -> str:
    if text[0] == '"':
        inner = msgspec.json.decode(text, type=str).strip()
        if not inner:
            return ""
        if inner[0] == "{" and _is_json(inner):
            return inner
    raise wrong_value(name, text.encode(), "an object, or a string that holds one as JSON,")


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True
