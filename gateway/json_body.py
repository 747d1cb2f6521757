"""A small JSON object as the body of a request -> its fields, or a 400 that names the field."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.inspect import type_info

from engine.allowed import allowed
from engine.errors import ClientError
from gateway.rejection import shown
from gateway.split import not_json

MAX_BYTES = 300_000


def fields_of(body: bytes, known: Sequence[str]) -> dict[str, Any]:
    """Raises ClientError for what is no object, and for a field that is none of `known`."""
    if len(body) > MAX_BYTES:
        msg = f"The body is {len(body)} bytes long; at most {MAX_BYTES} are allowed here."
        raise ClientError(msg, "body_too_large", 413)
    try:
        fields = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.ValidationError:
        msg = f"The body is {shown(body)}; a JSON object is allowed."
        raise ClientError(msg, "invalid_json") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise not_json(error, body) from None
    for name in fields:
        if name not in known:
            msg = f"`{shown(name)[1:-1]}` is no field here; there are {', '.join(known)}."
            raise ClientError(msg, "invalid_parameter")
    return fields


def taken(fields: Mapping[str, Any], name: str, kind: Any, default: Any) -> Any:
    """A field's value as `kind`; `default` when it is missing or null."""
    value = fields.get(name)
    if value is None:
        return default
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        msg = f"`{name}` is {shown(value)}; {allowed(type_info(kind))} is allowed."
        raise ClientError(msg, "invalid_parameter") from None
