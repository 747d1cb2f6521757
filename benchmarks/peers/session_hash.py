"""A session as a Redis hash, command by command as the event processor of the open-source project GoSight keeps it: its
aggregator sends these in one pipeline per event."""

from typing import Any, Final, NamedTuple

from benchmarks.peers.answers import to_ms
from benchmarks.peers.lines import Line

TTL_S: Final = 3_600
_DEEPEST: Final = """
local current = redis.call('HGET', KEYS[1], 'max_scroll_depth')
if not current or tonumber(ARGV[1]) > tonumber(current) then
    redis.call('HSET', KEYS[1], 'max_scroll_depth', ARGV[1])
end
"""


class Row(NamedTuple):
    session_id: str
    user_id: str
    event_type: str
    at_ms: int
    url: str = ""
    path: str = ""
    browser: str = ""
    os: str = ""
    device_type: str = ""
    country: str = ""
    scroll_depth: int | None = None


def row_of(line: Line) -> Row:
    url, device = line.page_info.page_url, line.device_info
    return Row(
        line.session_id,
        line.user_id,
        line.event_type,
        to_ms(line.timestamp),
        url,
        url.partition("?")[0],
        device.browser,
        device.os,
        device.type,
        line.location.country,
    )


def update(pipe: Any, row: Row) -> None:
    """Append the commands of one event to a pipeline, of the client that waits or of the one that does not."""
    key = f"session:{row.session_id}"
    pipe.hset(key, "ended_at", row.at_ms)
    pipe.hincrby(key, "event_count", 1)
    _by_type(pipe, key, row)
    for name, value in _first_values(row):
        pipe.hsetnx(key, name, value)
    pipe.expire(key, TTL_S)


def _by_type(pipe: Any, key: str, row: Row) -> None:
    if row.event_type == "page_view":
        pipe.hincrby(key, "page_count", 1)
        pipe.hsetnx(key, "entry_url", row.url)
        pipe.hsetnx(key, "entry_path", row.path)
        pipe.hset(key, "exit_url", row.url)
        pipe.hset(key, "exit_path", row.path)
    elif row.event_type == "click":
        pipe.hincrby(key, "click_count", 1)
    elif row.event_type == "js_error":
        pipe.hincrby(key, "error_count", 1)
        pipe.hset(key, "has_error", 1)
    elif row.event_type == "scroll" and row.scroll_depth is not None:
        pipe.eval(_DEEPEST, 1, key, row.scroll_depth)


def _first_values(row: Row) -> tuple[tuple[str, str | int], ...]:
    return (
        ("project_id", "default"),
        ("user_id", row.user_id),
        ("started_at", row.at_ms),
        ("browser", row.browser),
        ("os", row.os),
        ("device_type", row.device_type),
        ("country", row.country),
    )
