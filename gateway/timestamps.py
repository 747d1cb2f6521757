"""Times in and out: ISO-8601 or Unix milliseconds in, ISO-8601 UTC with milliseconds out. All values are ms."""

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final

from gateway.rejection import Rejected, shown
from persistence.iso import iso as iso

EARLIEST_MS: Final = 946_684_800_000  # 2000-01-01: older clocks are broken ones
DAY_MS: Final = 86_400_000
LAST_MS: Final = 253_402_300_799_999  # 9999-12-31T23:59:59.999Z, the last moment with a name
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COMMON: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII).fullmatch
_ALLOWED: Final = "ISO-8601 text or Unix milliseconds"


def parse_iso_ms(text: str) -> int:
    """Any ISO-8601 time, UTC when it has no offset. Raises ValueError."""
    # What JSON.stringify makes of a date: the events of a second share all but the milliseconds.
    if _COMMON(text):
        return _parsed_ms(text[:19]) + int(text[20:23])
    return _parsed_ms(text)


@lru_cache(4096)
def _parsed_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


def event_time_ms(value: str | int | float, latest_ms: int) -> int:
    """The time of an event. Raises `Rejected` when it is none, or outside 2000-01-01 .. `latest_ms`."""
    if isinstance(value, str):
        try:
            at_ms = parse_iso_ms(value)
        except (ValueError, OverflowError):
            msg = f"`timestamp` is {shown(value)}; {_ALLOWED} is allowed."
            raise Rejected(msg) from None
    elif isinstance(value, float):
        at_ms = _whole_ms(value)
    else:
        at_ms = value
    if not EARLIEST_MS <= at_ms <= latest_ms:
        raise _out_of_range(value, at_ms, latest_ms)
    return at_ms


def _whole_ms(value: float) -> int:
    if not math.isfinite(value):
        msg = f"`timestamp` is {value}; {_ALLOWED} is allowed."
        raise Rejected(msg)
    return int(value)


def _out_of_range(value: object, at_ms: int, latest_ms: int) -> Rejected:
    named = f" ({iso(at_ms)})" if 0 <= at_ms <= LAST_MS and not isinstance(value, str) else ""
    looks = ""
    if not isinstance(value, str) and EARLIEST_MS <= at_ms * 1000 <= latest_ms:
        looks = " It looks like seconds: send milliseconds."
    allowed = f"{iso(EARLIEST_MS)} to {iso(min(latest_ms, LAST_MS))} is allowed"
    return Rejected(f"`timestamp` is {shown(value)}{named}; {allowed}.{looks}")


def query_time_ms(text: str) -> int:
    """A time in a query: digits are milliseconds. Raises ValueError."""
    if text.isascii() and text.removeprefix("-").isdigit():
        at_ms = int(text[:20])
    else:
        # In a query an unescaped "+" arrives as a space.
        at_ms = parse_iso_ms(text.replace(" ", "+") if "T" in text else text)
    if not 0 <= at_ms <= LAST_MS:
        raise ValueError(text)
    return at_ms


def start_of_day_ms(now_ms: int) -> int:
    return now_ms - now_ms % DAY_MS
