"""Query parameters and form fields -> values, or a 400 that names the parameter."""

from collections.abc import Mapping
from typing import Final

from engine.errors import ClientError
from gateway.ids import checked_id
from gateway.rejection import Rejected, shown
from gateway.timestamps import DAY_MS, query_time_ms, start_of_day_ms

Params = Mapping[str, str]

MAX_LIMIT: Final = 10_000
RANGE_MS: Final = 30 * DAY_MS
_BOOLEANS: Final = {"true": True, "1": True, "false": False, "0": False}


def bad_parameter(name: str, value: str, allowed: str) -> ClientError:
    return ClientError(f"`{name}` is {shown(value)}; {allowed} is allowed.", "invalid_parameter")


def required(params: Params, name: str) -> str:
    value = params.get(name, "")
    if not value:
        msg = f"`{name}` is missing."
        raise ClientError(msg, "missing_parameter")
    return identifier(name, value)


def identifier(name: str, value: str) -> str:
    try:
        return checked_id(name, value)
    except Rejected as fault:
        raise ClientError(fault.message, "invalid_parameter") from None


def optional_id(params: Params, name: str) -> str:
    value = params.get(name, "")
    return identifier(name, value) if value else ""


def flag(params: Params, name: str) -> bool:
    value = params.get(name, "false")
    found = _BOOLEANS.get(value.lower())
    if found is None:
        raise bad_parameter(name, value, "true or false")
    return found


def choice(params: Params, name: str, *allowed: str) -> str:
    """The first of `allowed` is the default."""
    value = params.get(name) or allowed[0]
    if value not in allowed:
        raise bad_parameter(name, value, " or ".join(word for word in allowed if word))
    return value


def whole_number(params: Params, name: str, default: int | None, most: int) -> int | None:
    """A number from 1 to `most`."""
    value = params.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 10 and 1 <= int(value) <= most):
        raise bad_parameter(name, value, f"a whole number from 1 to {most}")
    return int(value)


def limit(params: Params, default: int) -> int:
    return whole_number(params, "limit", default, MAX_LIMIT) or default


def time_ms(params: Params, name: str) -> int | None:
    value = params.get(name, "")
    if not value:
        return None
    try:
        return query_time_ms(value)
    except (ValueError, OverflowError):
        raise bad_parameter(name, value, "ISO-8601 text or Unix milliseconds") from None


def time_range(params: Params) -> tuple[int | None, int | None]:
    """`started_at` and `ended_at`: a half-open range, either end may be missing."""
    from_ms, to_ms = time_ms(params, "started_at"), time_ms(params, "ended_at")
    if from_ms is not None and to_ms is not None and from_ms > to_ms:
        msg = f'`started_at` is "{params["started_at"]}", which is after `ended_at`; an earlier time is allowed.'
        raise ClientError(msg, "invalid_parameter")
    return from_ms, to_ms


def default_range(params: Params, now_ms: int) -> tuple[int, int]:
    """Today 00:00 UTC and 30 days after it; with one end given, the 30 days on its other side."""
    from_ms, to_ms = time_range(params)
    if from_ms is None:
        from_ms = start_of_day_ms(now_ms) if to_ms is None else to_ms - RANGE_MS
    return from_ms, from_ms + RANGE_MS if to_ms is None else to_ms
