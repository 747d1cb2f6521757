"""`Facts` out of the payload's fields, one function per kind of event. None: the payload says nothing of it."""

from typing import Final

import msgspec

from engine.wire import Event, Facts
from gateway.fields import Fields, fields_of, int32, number, read, real, text, whole
from gateway.navigation import navigation_of
from gateway.paths import other_host, route_of
from gateway.payload_names import (
    ADDRESS,
    CLS,
    FCP,
    FID,
    FIELD,
    FORM,
    INP,
    LCP,
    LENGTH,
    LOAD,
    METHOD,
    MOVE_POINTER,
    MOVE_SOURCE,
    MOVE_X,
    MOVE_Y,
    POINT_TIME,
    POSITIONS,
    PREVIOUS_SESSION,
    REFERRER,
    SCROLL_Y,
    SESSION_INDEX,
    STATUS,
    TTFB,
    VALUE,
    VIEW_HEIGHT,
)
from gateway.timestamps import EARLIEST_MS, parse_iso_ms

MAX_POINTS: Final = 200  # of one batch of mouse moves: at 50 ms each it is 10 s
MAX_ID: Final = 200
MAX_NAME: Final = 100  # characters of a form's or a field's name

_VITALS: Final = (LCP, FID, CLS, TTFB, FCP, LOAD, INP)
_NO_OBJECT: Final = "{}"
_NOT_ONE: Final = Facts()
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])
_values: Final[msgspec.json.Decoder[list[object]]] = msgspec.json.Decoder(list[object])
_time: Final[msgspec.json.Decoder[int | float | str]] = msgspec.json.Decoder(int | float | str)
_TOUCH: Final = "touch"
_TOUCH_MOVE: Final = 6  # rrweb's source of moves of fingers; of a mouse it is 1


def vitals_facts(fields: Fields) -> Facts | None:
    """Milliseconds; `cls` has no unit."""
    lcp, fid, cls, ttfb, fcp, load, inp = (real(fields, *vital.names) for vital in _VITALS)
    found = Facts(lcp, fid, cls, ttfb, fcp, load, inp)
    return None if found == _NOT_ONE else found


def page_facts(event: Event) -> Facts | None:
    """What the client counts itself may also stand beside the event's own fields."""
    fields, beside = fields_of(event.payload or _NO_OBJECT), fields_of(event.custom or _NO_OBJECT)
    navigation = navigation_of(fields)
    host = other_host(event.referrer or text(fields, *REFERRER.names), event.url)
    index = max(whole(fields, *SESSION_INDEX.names) or whole(beside, *SESSION_INDEX.names) or 0, 0)
    previous_id = (text(fields, *PREVIOUS_SESSION.names) or text(beside, *PREVIOUS_SESSION.names))[:MAX_ID]
    if not (navigation or host or index or previous_id):
        return None
    return Facts(navigation=navigation, referrer_host=host, session_index=index, previous_session_id=previous_id)


def request_facts(fields: Fields) -> Facts | None:
    """Browsers give the status 0 to a request that failed without an answer."""
    route = route_of(text(fields, *METHOD.names), text(fields, *ADDRESS.names))
    status = whole(fields, *STATUS.names)
    if status is None or not 0 <= status < 1_000:
        return Facts(route=route) if route else None
    return Facts(status=status or -1, route=route)


def field_facts(fields: Fields) -> Facts | None:
    """Of forms and inputs. How long a value is, never what it is."""
    form = text(fields, *FORM.names)[:MAX_NAME]
    field = text(fields, *FIELD.names)[:MAX_NAME]
    length = whole(fields, *LENGTH.names)
    if length is None:
        value = text(fields, *VALUE.names)
        length = len(value) if value else -1
    if not (form or field or length >= 0):
        return None
    return Facts(form=form, field=field, length=max(length, -1))


def scroll_facts(fields: Fields, view_height: int) -> Facts | None:
    """`view_height`: of the device, where the payload does not say one."""
    scroll_y = whole(fields, *SCROLL_Y.names)
    if scroll_y is None:
        return None
    return Facts(scroll_y=scroll_y, view_height=whole(fields, *VIEW_HEIGHT.names) or view_height)


def move_facts(fields: Fields, at_ms: int) -> Facts | None:
    """One point, or `positions`: objects with x, y and a time, or lists of the three. A time is milliseconds after the
    event's, which is `at_ms`, below 0 for those before it (rrweb); or a time of its own, ISO-8601 or Unix milliseconds.
    Fingers move no pointer: nothing is read of them."""
    if text(fields, *MOVE_POINTER.names).lower() == _TOUCH or number(fields, *MOVE_SOURCE.names) == _TOUCH_MOVE:
        return None
    points = read(fields, POSITIONS.names[0], _items)
    if points is None:
        x, y = whole(fields, *MOVE_X.names), whole(fields, *MOVE_Y.names)
        return None if x is None or y is None else Facts(moves=(0, x, y))
    moves = [value for point in points[-MAX_POINTS:] for value in _point(point, at_ms)]
    return Facts(moves=tuple(moves)) if moves else None


def _point(point: msgspec.Raw, at_ms: int) -> tuple[int, ...]:
    """Nothing for one that is none."""
    if bytes(point)[:1] == b"[":
        values = (read({"point": point}, "point", _values) or [])[:3]
        if len(values) < 2:
            return ()
        x, y, time = _whole(values[0]), _whole(values[1]), values[2] if len(values) > 2 else 0
    else:
        fields = fields_of(point)
        x, y = whole(fields, *MOVE_X.names), whole(fields, *MOVE_Y.names)
        time = next((found for name in POINT_TIME.names if (found := read(fields, name, _time)) is not None), 0)
    return () if x is None or y is None else (_after_ms(time, at_ms), x, y)


def _whole(value: object) -> int | None:
    return int32(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _after_ms(time: object, at_ms: int) -> int:
    """0 for what is no time."""
    if isinstance(time, str):
        try:
            return int32(parse_iso_ms(time) - at_ms) or 0
        except (ValueError, OverflowError):
            return 0
    if not isinstance(time, int | float) or isinstance(time, bool):
        return 0
    return int32(time - at_ms if time >= EARLIEST_MS else time) or 0
