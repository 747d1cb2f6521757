"""Web server access logs: common and combined format, of Apache, nginx and those who write the same.

A visitor is (address, user agent): its `user_id` is a hash of both, so that the address is not the name of a person.
There is no session id; the engine cuts sessions by visitor and the 30-minute gap.
"""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, Final, NamedTuple

import xxhash

from cli.formats.row import BadLine, Line, ReadOptions, Row, digest_of, readable, unix_ms

_QUOTED: Final = r'"([^"\\]*(?:\\.[^"\\]*)*)"'
# Further fields behind the agent are allowed, but each must be whole: a quote that never closes is a torn line.
_LINE: Final = re.compile(
    r"(?:[\w.-]+:\d{1,5} )?"  # the virtual host, where the format begins with it
    r"(\S+) \S+ (?:\S+|\S.*?) \[([^\]]{1,64})\] "  # address, identity, user, time
    + _QUOTED
    + r" (\d{3}|-) (\d+|-)"  # request, status, bytes
    + rf"(?: {_QUOTED} {_QUOTED}(?: (?:{_QUOTED}|[^\"\s]\S*))*)?\s*"  # referrer, agent, anything
)
_TIME: Final = re.compile(r"(\d{1,2})/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ESCAPED: Final = re.compile(r'\\(["\\])')  # \xNN stays as it is: it stands for a byte, not for a character
# What a page loads for itself, and what only programs fetch: no view of a person.
_RESOURCES: Final = re.compile(
    r"\.(?:css|js|mjs|map|wasm|png|jpe?g|gif|svg|webp|avif|bmp|ico|woff2?|ttf|otf|eot"
    r"|mp3|mp4|m4a|ogg|wav|webm|swf|xml|rss|atom|webmanifest)$|/robots\.txt$",
    re.IGNORECASE,
)
_KEEP: Final = 10_000


class _Request(NamedTuple):
    method: str = ""
    target: str = ""
    protocol: str = ""
    raw: str = ""


def read(lines: Iterable[Line], options: ReadOptions) -> Iterator[Row | BadLine]:
    for line in lines:
        yield _row(line, options.site.rstrip("/"))


def _row(line: Line, site: str) -> Row | BadLine:
    found = _LINE.fullmatch(readable(line.text))
    if found is None:
        return BadLine(line.number, "not in the common or combined log format")
    address, time, asked, status, size, referrer, agent = found.groups(default="")[:7]
    moment = _moment(time)
    if moment is None:
        return BadLine(line.number, f"the time {time!r} is not one")
    request = _request(_unescaped(asked))
    event: dict[str, Any] = {"user_id": _visitor(address, agent), "timestamp": moment.isoformat()}
    event.update(_page(request, site), **_origin(address, _unescaped(referrer), _unescaped(agent)))
    event["payload"] = _response(request, status, size)
    return Row(line.number, unix_ms(moment), digest_of(line.text), event)


@lru_cache(maxsize=_KEEP)
def _moment(text: str) -> datetime | None:
    """`17/May/2015:10:05:03 +0200`, in its own zone. Written out because strptime is slow and follows the locale."""
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    day, month, year, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    offset = timedelta(hours=int(zone_hours), minutes=int(zone_minutes))
    numbers = (int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minute), int(second))
    try:
        return datetime(*numbers, tzinfo=timezone(-offset if sign == "-" else offset))
    except ValueError:
        return None


def _visitor(address: str, agent: str) -> str:
    return "v_" + xxhash.xxh3_64_hexdigest(f"{address}\0{agent}".encode())


def _request(text: str) -> _Request:
    """The target may hold spaces; what is no request at all is kept as `raw`."""
    method, _, rest = text.partition(" ")
    target, _, protocol = rest.rpartition(" ")
    if not protocol.startswith("HTTP/"):
        target, protocol = rest, ""
    is_request = method.isalpha() and method.isascii() and bool(target)
    return _Request(method, target, protocol) if is_request else _Request(raw=text)


def _page(request: _Request, site: str) -> dict[str, str]:
    if not request.target:
        return {"event_type": "request"}
    path = _path(request.target)
    url = site + request.target if request.target.startswith("/") else request.target
    return {"event_type": _event_type(request.method, path), "url": url, "path": path}


def _path(target: str) -> str:
    """`/a` of `/a?b` and of `http://host/a?b`, which is how proxies are asked."""
    before_query = target.partition("?")[0]
    _, is_absolute, rest = before_query.partition("://")
    return "/" + rest.partition("/")[2] if is_absolute and not target.startswith("/") else before_query


def _event_type(method: str, path: str) -> str:
    if method in ("GET", "HEAD") and _RESOURCES.search(path):
        return "resource_load"
    return "page_view" if method == "GET" else "request"


def _response(request: _Request, status: str, size: str) -> dict[str, str | int]:
    said = {"method": request.method, "protocol": request.protocol, "request": request.raw}
    numbers = {name: int(text) for name, text in (("status", status), ("bytes", size)) if text.isdecimal()}
    return {name: text for name, text in said.items() if text} | numbers


def _origin(address: str, referrer: str, agent: str) -> dict[str, Any]:
    said: dict[str, Any] = {"client_ip": address} if _is_ip(address) else {"custom": {"host": address}}
    if referrer not in ("", "-"):
        said["referrer"] = referrer
    if agent not in ("", "-"):
        said["device"] = {"user_agent": agent}
    return said


@lru_cache(maxsize=_KEEP)
def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text
