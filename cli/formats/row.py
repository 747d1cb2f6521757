"""What every format reader gives: rows in the order of the file, and the lines that are none."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import xxhash


class Line(msgspec.Struct, frozen=True):
    """`number` counts from 1. `text`: the bytes as they came, without the line end."""

    number: int
    text: bytes


class Row(msgspec.Struct, array_like=True):
    """One event in the API's form. `at_ms`: None = the event has no readable time.

    `digest` stands for the line as it came and becomes the event id; empty when the event brings its own.
    """

    line: int
    at_ms: int | None
    digest: bytes
    event: dict[str, Any]


class BadLine(msgspec.Struct, frozen=True):
    line: int
    reason: str


class ReadOptions(msgspec.Struct, frozen=True):
    """`columns`: field of the API -> column of the file (CSV). `site`: put before the paths of an access log."""

    columns: Mapping[str, str] = {}
    site: str = ""


Reader = Callable[[Iterable[Line], ReadOptions], Iterator[Row | BadLine]]


def digest_of(raw: bytes) -> bytes:
    return xxhash.xxh3_128_digest(raw)


def readable(raw: bytes) -> str:
    """Bytes that are not UTF-8 are written as \\xNN, as web servers do: nothing is lost and nothing fails."""
    return raw.decode("utf-8", "backslashreplace")


def time_ms(value: object) -> int | None:
    """The sort key of a timestamp: Unix milliseconds, or ISO 8601 (UTC if it names no zone)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and abs(value) < 1e15:
        return int(value)
    return _iso_ms(value) if isinstance(value, str) else None


def _iso_ms(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return unix_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def unix_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
