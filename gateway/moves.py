"""The pointer's way out of the payload of a move: one point, or a batch of positions. Clients send many of them."""

from typing import Final

import msgspec

from engine.wire import Facts
from gateway.fields import Fields, fields_of, int32, number, read, text, whole
from gateway.payload_names import MOVE_POINTER, MOVE_SOURCE, MOVE_X, MOVE_Y, POINT_TIME, POSITIONS
from gateway.timestamps import EARLIEST_MS, parse_iso_ms

MAX_POINTS: Final = 200  # of one batch: at 50 ms each it is 10 s
_TOUCH: Final = "touch"
_TOUCH_MOVE: Final = 6  # rrweb's source of moves of fingers; of a mouse it is 1

Time = int | float | str


class _Point(msgspec.Struct, gc=False):
    """One in the right types, as nearly all are; the times under the names of POINT_TIME."""

    x: int | float
    y: int | float
    time_offset_camel: Time | None = msgspec.field(default=None, name="timeOffset")
    time_offset: Time | None = None
    t: Time | None = None
    timestamp: Time | None = None
    time: Time | None = None

    def said(self) -> Time | None:
        times = (self.time_offset_camel, self.time_offset, self.t, self.timestamp, self.time)
        return next((time for time in times if time is not None), None)


_points: Final = msgspec.json.Decoder(list[_Point])
_items: Final = msgspec.json.Decoder(list[msgspec.Raw])
_values: Final[msgspec.json.Decoder[list[object]]] = msgspec.json.Decoder(list[object])
_time: Final[msgspec.json.Decoder[Time]] = msgspec.json.Decoder(Time)


def move_facts(fields: Fields, at_ms: int) -> Facts | None:
    """One point, or `positions`: objects with x, y and a time, or lists of the three. A time is milliseconds after the
    event's, which is `at_ms`, below 0 for those before it (rrweb); or a time of its own, ISO-8601 or Unix milliseconds.
    Fingers move no pointer: nothing is read of them."""
    if text(fields, *MOVE_POINTER.names).lower() == _TOUCH or number(fields, *MOVE_SOURCE.names) == _TOUCH_MOVE:
        return None
    if POSITIONS.names[0] not in fields:
        return _one(fields)
    points = read(fields, POSITIONS.names[0], _points)
    if points is None:
        items = read(fields, POSITIONS.names[0], _items)
        if items is None:
            return _one(fields)
        moves = [value for item in items[-MAX_POINTS:] for value in _lenient(item, at_ms)]
    else:
        moves = [value for one in points[-MAX_POINTS:] for value in _placed(one.x, one.y, one.said(), at_ms)]
    return Facts(moves=tuple(moves)) if moves else None


def _one(fields: Fields) -> Facts | None:
    x, y = whole(fields, *MOVE_X.names), whole(fields, *MOVE_Y.names)
    return None if x is None or y is None else Facts(moves=(0, x, y))


def _lenient(item: msgspec.Raw, at_ms: int) -> tuple[int, ...]:
    """Nothing for one that is no point."""
    if bytes(item)[:1] == b"[":
        x, y, time, *_ = [*(read({"point": item}, "point", _values) or []), None, None, None]
        return _placed(_number(x), _number(y), time, at_ms)
    fields = fields_of(item)
    time = next((found for name in POINT_TIME.names if (found := read(fields, name, _time)) is not None), None)
    return _placed(number(fields, *MOVE_X.names), number(fields, *MOVE_Y.names), time, at_ms)


def _placed(x: float | None, y: float | None, time: object, at_ms: int) -> tuple[int, ...]:
    whole_x, whole_y = int32(x), int32(y)
    return () if whole_x is None or whole_y is None else (_after_ms(time, at_ms), whole_x, whole_y)


def _number(value: object) -> int | float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _after_ms(time: object, at_ms: int) -> int:
    """0 for what is no time."""
    if isinstance(time, str):
        try:
            return int32(parse_iso_ms(time) - at_ms) or 0
        except (ValueError, OverflowError):
            return 0
    after_ms = _number(time)
    if after_ms is None:
        return 0
    return int32(after_ms - at_ms if after_ms >= EARLIEST_MS else after_ms) or 0
