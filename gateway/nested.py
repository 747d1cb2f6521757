"""The nested message of seed 002 (page_info, location, technical_info, a referrer object) -> flat fields.

What is understood moves to its field; the rest of the object stays, and ends in `custom` under the object's name.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

Fields = dict[str, bytes]  # name -> JSON text

# Inner name -> field. An inner value is used only where the event does not say the field itself.
OBJECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "page_info": {"page_url": "url", "page_title": "title"},
    "location": {"country": "country", "city": "city"},
    "technical_info": {"ip_address": "client_ip", "user_agent": "user_agent"},
    "referrer": {"source": "referrer"},
}

NESTED_NAMES: Final = frozenset(OBJECTS)

_object: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def fields_in(text: bytes) -> Fields:
    """Raises the decoder's errors when `text` is no JSON object."""
    return {name: bytes(value) for name, value in _object.decode(text).items()}


def object_of(fields: Fields) -> bytes:
    """The JSON object again; every value byte for byte as it came."""
    return msgspec.json.encode({name: msgspec.Raw(value) for name, value in fields.items()})


def flattened(fields: Fields) -> tuple[Fields, Fields]:
    """`fields` without its nested objects, and what was left of those: both by name."""
    flat = dict(fields)
    rest: Fields = {}
    for name, moves in OBJECTS.items():
        if flat.get(name, b"")[:1] == b"{":
            left = _move(fields_in(flat.pop(name)), moves, flat)
            if left:
                rest[name] = object_of(left)
    return flat, rest


def _move(inner: Fields, moves: Mapping[str, str], flat: Fields) -> Fields:
    left = {}
    for name, value in inner.items():
        field = moves.get(name)
        if field is None or field in flat or value[:1] != b'"':
            left[name] = value
        else:
            flat[field] = value
    return left
