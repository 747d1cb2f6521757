"""Reading a payload leniently: it belongs to its client, so what is missing or of another type is simply not there."""

from typing import Final, TypeVar

import msgspec

T = TypeVar("T")
Fields = dict[str, msgspec.Raw]

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
MAX_INT32: Final = 2**31 - 1

_fields: Final = msgspec.json.Decoder(Fields)
_text: Final = msgspec.json.Decoder(str)
_number: Final = msgspec.json.Decoder(int | float)
_truth: Final = msgspec.json.Decoder(bool)


def fields_of(value: str | bytes | msgspec.Raw) -> Fields:
    """{} when it is no object."""
    try:
        return _fields.decode(value)
    except UNREADABLE:
        return {}


def read(fields: Fields, name: str, decoder: msgspec.json.Decoder[T]) -> T | None:
    value = fields.get(name)
    if value is None:
        return None
    try:
        return decoder.decode(value)
    except UNREADABLE:
        return None


def text(fields: Fields, *names: str) -> str:
    """The first of them that holds a text which is not empty."""
    for name in names:
        if name in fields and (found := read(fields, name, _text)):
            return found
    return ""


def truth(fields: Fields, *names: str) -> bool | None:
    return next((found for name in names if (found := read(fields, name, _truth)) is not None), None)


def number(fields: Fields, *names: str) -> int | float | None:
    """The first of them that holds a number."""
    for name in names:
        found: int | float | None = read(fields, name, _number) if name in fields else None
        if found is not None:
            return found
    return None


def real(fields: Fields, *names: str) -> float | None:
    value = number(fields, *names)
    try:
        return None if value is None else float(value)
    except OverflowError:  # an integer of more than 308 digits
        return None


def whole(fields: Fields, *names: str) -> int | None:
    return int32(number(fields, *names))


def int32(value: float | None) -> int | None:
    """Without its fraction; None when it does not fit into 32 bits."""
    if value is None:
        return None
    found = int(value)
    return found if -MAX_INT32 - 1 <= found <= MAX_INT32 else None
