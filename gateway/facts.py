"""`Facts` out of the payload's fields, one function per kind of event. None: the payload says nothing of it."""

from typing import Final

import msgspec

from engine.wire import Facts
from gateway.fields import Fields, fields_of, int32, number, read, real, text, whole
from gateway.paths import route_of

MAX_POINTS: Final = 200  # of one batch of mouse moves: at 50 ms each it is 10 s
MAX_NAME: Final = 100  # characters of a form's or a field's name

_VITALS: Final = (
    ("lcp",),
    ("fid",),
    ("cls",),
    ("ttfb",),
    ("fcp",),
    ("load", "load_time_ms", "loadTime"),
    ("inp",),
)
_NOT_ONE: Final = Facts()
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])
_numbers: Final = msgspec.json.Decoder(list[int | float])


def vitals_facts(fields: Fields) -> Facts | None:
    """Milliseconds; `cls` has no unit."""
    lcp, fid, cls, ttfb, fcp, load, inp = (real(fields, *names) for names in _VITALS)
    found = Facts(lcp, fid, cls, ttfb, fcp, load, inp)
    return None if found == _NOT_ONE else found


def page_facts(fields: Fields) -> Facts | None:
    navigation = text(fields, "navigation", "navigation_type", "navigationType").lower()[:MAX_NAME]
    return Facts(navigation=navigation) if navigation else None


def request_facts(fields: Fields) -> Facts | None:
    """Browsers give the status 0 to a request that failed without an answer."""
    route = route_of(text(fields, "method"), text(fields, "url", "path", "route"))
    status = whole(fields, "status", "status_code", "statusCode")
    if status is None or not 0 <= status < 1_000:
        return Facts(route=route) if route else None
    return Facts(status=status or -1, route=route)


def field_facts(fields: Fields) -> Facts | None:
    """Of forms and inputs. How long a value is, never what it is."""
    form = text(fields, "form_id", "formId", "form")[:MAX_NAME]
    field = text(fields, "field", "name", "field_name", "fieldName")[:MAX_NAME]
    length = whole(fields, "length", "value_length", "valueLength", "characters")
    if length is None:
        value = text(fields, "value")
        length = len(value) if value else -1
    if not (form or field or length >= 0):
        return None
    return Facts(form=form, field=field, length=max(length, -1))


def scroll_facts(fields: Fields, view_height: int) -> Facts | None:
    """`view_height`: of the device, where the payload does not say one."""
    scroll_y = whole(fields, "scroll_y", "scrollY", "y", "top")
    if scroll_y is None:
        return None
    return Facts(scroll_y=scroll_y, view_height=whole(fields, "viewport_height", "viewportHeight") or view_height)


def move_facts(fields: Fields) -> Facts | None:
    """One point, or `positions`: objects with x, y and an offset in time, or lists of the three. Offsets are
    milliseconds after the event's time, below 0 for those before it (rrweb)."""
    points = read(fields, "positions", _items)
    if points is None:
        x, y = whole(fields, "x"), whole(fields, "y")
        return None if x is None or y is None else Facts(moves=(0, x, y))
    moves = [value for point in points[-MAX_POINTS:] for value in _point(point)]
    return Facts(moves=tuple(moves)) if moves else None


def _point(point: msgspec.Raw) -> tuple[int, ...]:
    """Nothing for one that is none."""
    if bytes(point)[:1] == b"[":
        values: list[int | float] = read({"point": point}, "point", _numbers) or []
        whole_values = [int32(value) for value in values[:3]]
        if len(whole_values) < 2:
            return ()
        x, y, after_ms = whole_values[0], whole_values[1], (whole_values[2:] or [0])[0] or 0
    else:
        fields = fields_of(point)
        x, y = whole(fields, "x"), whole(fields, "y")
        after_ms = int32(number(fields, "timeOffset", "time_offset", "t")) or 0
    return () if x is None or y is None else (after_ms, x, y)
