"""Any JSON text -> `RawEvent`, field by field: the slower way, for unknown fields, other shapes and clear reasons."""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gateway.nested import NESTED_NAMES, Fields, fields_in, flattened, object_of
from gateway.normalise import object_text
from gateway.raw_event import ABSENT, DEVICE_NAMES, PAYLOAD_NAMES, RawDevice, RawEvent
from gateway.rejection import Rejected, shown, wrong_value

_NULL: Final = b"null"
_TEXT: Final = "a string"

Reader = tuple[msgspec.json.Decoder[Any], str]  # how to read a field, and what is allowed in words

_string: Final[Reader] = (msgspec.json.Decoder(str), _TEXT)
_number: Final[Reader] = (msgspec.json.Decoder(int | float), "a number")
_time: Final[Reader] = (msgspec.json.Decoder(int | float | str), "ISO-8601 text or Unix milliseconds")

_STRINGS: Final = (
    *("event_id", "session_id", "user_id", "event_type", "type", "url", "path", "title", "referrer", "screen_name"),
    *("client_ip", "country", "city"),
)
_READERS: Final[Mapping[str, Reader]] = {"timestamp": _time, **dict.fromkeys(_STRINGS, _string)}
_SIZES: Final = frozenset({"screen_width", "screen_height", "viewport_width", "viewport_height"})
_DEVICE_READERS: Final[Mapping[str, Reader]] = {
    name: _number if name in _SIZES else _string for name in RawDevice.__struct_fields__
}


class _OpenEvent(RawEvent, forbid_unknown_fields=False, gc=False):
    """Reads past unknown fields instead of failing."""


_open: Final = msgspec.json.Decoder(_OpenEvent)
_values: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_UNDERSTOOD: Final = frozenset(RawEvent.__struct_encode_fields__)
# Field -> the name under which it comes.
_SENT: Final = {"sent_at": "sent_at", "sent_at_camel": "sentAt", "sent_at_ms": "sent_at_ms"}
_MOVED: Final = (NESTED_NAMES | {"user_agent"}) - _UNDERSTOOD


def adapt(text: bytes) -> RawEvent:
    """Every field that is understood in its place, every other one in `custom`. Raises `Rejected`."""
    return _with_unknown_fields(text) or _field_by_field(text)


def _with_unknown_fields(text: bytes) -> RawEvent | None:
    """The common case, fast: nothing is wrong or nested, there are only fields of the client's own."""
    try:
        raw = _open.decode(text)
        fields = _values.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not raw.is_plain() or not _MOVED.isdisjoint(fields):
        return None
    unknown = {name: bytes(value) for name, value in fields.items() if name not in _UNDERSTOOD}
    raw.custom = _custom(unknown, bytes(fields.get("custom", _NULL)))
    return raw


def _field_by_field(text: bytes) -> RawEvent:
    fields, rest = flattened(_fields_of(text))
    agent = fields.pop("user_agent", None)
    own = fields.pop("custom", _NULL)
    raw = RawEvent(**_read(fields, _READERS, ""))
    for field, name in _SENT.items():
        if name in fields:
            setattr(raw, field, msgspec.Raw(fields.pop(name)))
    raw.payload = _payload(fields)
    raw.device = _device(fields, agent, rest)
    raw.custom = _custom({**fields, **rest}, own)
    return raw


def _fields_of(text: bytes) -> Fields:
    try:
        return fields_in(text)
    except msgspec.ValidationError:
        msg = f"The event is {shown(text)}; an object is allowed."
        raise Rejected(msg) from None
    except UnicodeDecodeError as error:
        msg = f"The event is no valid UTF-8 at byte {error.start}."
        raise Rejected(msg) from None
    except RecursionError:
        msg = "The event is nested too deep; about 900 levels are allowed."
        raise Rejected(msg) from None
    except msgspec.DecodeError as error:
        raise _explained(text, error) from None


def _explained(text: bytes, error: msgspec.DecodeError) -> Rejected:
    """What Python's more tolerant parser finds in a text that is no JSON: NaN, or half a surrogate pair."""
    try:
        event = json.loads(text.decode(errors="replace"))
    except (ValueError, RecursionError):
        return Rejected(f"The event is no JSON: {str(error).removeprefix('JSON is malformed: ')}.")
    named = event.items() if isinstance(event, dict) else ()
    reasons = (_unwritable(str(name), value) for name, value in named)
    found = next((reason for reason in reasons if reason), "")
    return Rejected(found or f"The event is no JSON: {str(error).removeprefix('JSON is malformed: ')}.")


def _unwritable(name: str, value: object) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f"`{name}` is {value}; JSON has no such number."
    try:
        json.dumps({name: value}, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        shown_name = name.encode(errors="backslashreplace").decode()
        return f"`{shown_name}` holds half of a surrogate pair; only whole characters are allowed."
    except ValueError:
        return f"`{name}` holds NaN or Infinity; JSON has no such number."
    return ""


def _read(fields: Fields, readers: Mapping[str, Reader], prefix: str) -> dict[str, Any]:
    """Take the fields that `readers` know out of `fields`; null is the same as absent."""
    found = {}
    for name, (decoder, allowed) in readers.items():
        value = fields.pop(name, _NULL)
        if value != _NULL:
            found[name] = _decoded(prefix + name, value, decoder, allowed)
    return found


def _decoded(name: str, value: bytes, decoder: msgspec.json.Decoder[Any], allowed: str) -> object:
    try:
        return decoder.decode(value)
    except msgspec.DecodeError:
        raise wrong_value(name, value, allowed) from None
    except UnicodeDecodeError as error:
        msg = f"`{name}` is no valid UTF-8 at byte {error.start}."
        raise Rejected(msg) from None


def _payload(fields: Fields) -> msgspec.Raw:
    name = _first(fields, PAYLOAD_NAMES)
    # What is no object is refused here, where the name that the client used is still known.
    return msgspec.Raw(object_text(name, msgspec.Raw(fields.pop(name))) or _NULL) if name else ABSENT


def _device(fields: Fields, agent: bytes | None, rest: Fields) -> RawDevice | None:
    name = _first(fields, DEVICE_NAMES)
    if not name and agent is None:
        return None
    value = fields.pop(name) if name else b"{}"
    if value[:1] != b"{":
        raise wrong_value(name, value, "an object")
    inner = _fields_of(value)
    if agent is not None:
        inner.setdefault("user_agent", agent)
    found = _read(inner, _DEVICE_READERS, f"{name}.")
    if inner:
        rest[name] = object_of(inner)
    return RawDevice(**found)


def _first(fields: Fields, names: tuple[str, ...]) -> str:
    """The first of several names that says something; the later ones stay in `fields`, and so reach `custom`."""
    for name in names:
        if fields.get(name) == _NULL:
            del fields[name]
    return next((name for name in names if name in fields), "")


def _custom(unknown: Fields, own: bytes) -> msgspec.Raw:
    text = object_text("custom", msgspec.Raw(own))
    if not unknown:
        return msgspec.Raw(text) if text else ABSENT
    for name, value in (_fields_of(text.encode()) if text else {}).items():
        unknown[_free(name, unknown)] = value
    return msgspec.Raw(object_of(unknown))


def _free(name: str, taken: Mapping[str, object]) -> str:
    while name in taken:
        name += "_"
    return name
