"""Typed columns out of a payload: clicks, scroll depth, errors, web vitals.

A payload belongs to its client: what is missing there or of another type leaves its column empty, nothing more.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from engine.config import Session
from engine.wire import Click, ErrorInfo, Event, Vitals

T = TypeVar("T")
Extractor = Callable[[Event], None]

_INT32: Final = range(-(2**31), 2**31)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Target(msgspec.Struct, gc=False):
    selector: str = ""
    tag: str = ""
    text: str = ""


class _ClickPayload(msgspec.Struct, gc=False):
    x: int | float | None = None
    y: int | float | None = None
    target: _Target | None = None


_click: Final = msgspec.json.Decoder(_ClickPayload)
_fields: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text: Final = msgspec.json.Decoder(str)
_number: Final = msgspec.json.Decoder(int | float)


def extractors(session: Session) -> Mapping[str, Extractor]:
    """What to read from the payload, by event type."""
    table: dict[str, Extractor] = {"scroll": _set_scroll_depth, "web_vitals": _set_vitals}
    table.update(dict.fromkeys(session.error_types, _set_error))
    table.update(dict.fromkeys(session.click_types, _set_click))
    return table


def _set_click(event: Event) -> None:
    try:
        came = _click.decode(event.payload)
    except _UNREADABLE:
        came = _lenient_click(event.payload)
    target = came.target or _Target()
    event.click = Click(_int32(came.x), _int32(came.y), target.selector, target.tag, target.text)


def _lenient_click(payload: str) -> _ClickPayload:
    fields = _fields_of(payload)
    target = _fields_of(fields.get("target", "{}"))
    return _ClickPayload(
        x=_field(fields, "x", _number),
        y=_field(fields, "y", _number),
        target=_Target(_words(target, "selector"), _words(target, "tag"), _words(target, "text")),
    )


def _set_scroll_depth(event: Event) -> None:
    depth = _field(_fields_of(event.payload), "depth_percent", _number)
    event.scroll_depth = None if depth is None else int(min(max(depth, 0), 100))


def _set_error(event: Event) -> None:
    fields = _fields_of(event.payload)
    error_type = _words(fields, "errorType") or _words(fields, "error_type")
    event.error = ErrorInfo(_words(fields, "message"), _words(fields, "stack"), error_type)


def _set_vitals(event: Event) -> None:
    fields = _fields_of(event.payload)
    event.vitals = Vitals(*(_float(fields, name) for name in ("lcp", "fid", "cls", "ttfb")))


def _fields_of(value: str | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        return _fields.decode(value)
    except _UNREADABLE:
        return {}


def _field(fields: dict[str, msgspec.Raw], name: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        return decoder.decode(value)
    except _UNREADABLE:
        return None


def _words(fields: dict[str, msgspec.Raw], name: str) -> str:
    return _field(fields, name, _text) or ""


def _float(fields: dict[str, msgspec.Raw], name: str) -> float | None:
    value = _field(fields, name, _number)
    try:
        return None if value is None else float(value)
    except OverflowError:  # an integer of more than 308 digits
        return None


def _int32(value: float | None) -> int | None:
    if value is None:
        return None
    whole = int(value)
    return whole if whole in _INT32 else None
