"""Addresses made short: the path of a page, and the route of a request, in which ids are `:id`."""

import re
from functools import lru_cache
from typing import Final

MAX_ROUTE: Final = 200  # characters
_REMEMBERED_CHARS: Final = 300  # long addresses are rare, and would make the cache large
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# Sixteen hexadecimal digits are an id (a MongoDB id has 24); eight may be a word: "deadbeef", "facade".
_IS_ID: Final = re.compile(rf"[0-9]+|{_UUID}|[0-9a-f]{{16,}}", re.IGNORECASE | re.ASCII).fullmatch
# The host of an authority: a name, or an address in brackets; what is none matches nothing.
_AUTHORITY: Final = re.compile(r"(?:[^/?#@]*@)?(\[[0-9a-fA-F:.]{2,45}\]|[\w.-]{1,253})(?::[0-9]*)?(?=[/?#]|$)").match


def path_of(url: str) -> str:
    """The path without query and fragment: "https://a.example/b?c#d" -> "/b", "https://a.example" -> "/"."""
    return _remembered_path(url) if len(url) <= _REMEMBERED_CHARS else _path(url)


def route_of(method: str, url: str) -> str:
    """("post", "https://a.example/orders/17?x=1") -> "POST /orders/:id"; GET where no method was said."""
    short = len(url) <= _REMEMBERED_CHARS and len(method) <= _REMEMBERED_CHARS
    return _remembered_route(method, url) if short else _route(method, url)


def other_host(referrer: str, url: str) -> str:
    """("https://News.example:8080/a", "https://shop.example/b") -> "news.example"; "" where both are of one site, or
    where the referrer names none ("$direct", "/a")."""
    host = _host_of(referrer)
    return "" if host == _host_of(url) else host


@lru_cache(10_000)
def _remembered_host(address: str) -> str:
    return _host(address)


def _host_of(address: str) -> str:
    return _remembered_host(address) if len(address) <= _REMEMBERED_CHARS else _host(address)


def _host(address: str) -> str:
    """Without `www.`, name of a user and port. Of what has no scheme only a name with a dot is one."""
    _, mark, rest = address.partition("://")
    found = _AUTHORITY(rest if mark else address)
    name = found.group(1).lower().removeprefix("www.") if found else ""
    return name if mark or "." in name.strip(".") else ""


def _path(url: str) -> str:
    if not url:
        return ""
    rest = url.partition("#")[0].partition("?")[0]
    scheme = rest.find("://")
    if scheme < 0:
        return rest
    slash = rest.find("/", scheme + 3)
    return "/" if slash < 0 else rest[slash:]


def _route(method: str, url: str) -> str:
    segments = _path(url).split("/")
    path = "/".join(":id" if _IS_ID(segment) else segment for segment in segments)
    return f"{method.upper() or 'GET'} {path}"[:MAX_ROUTE] if path else ""


_remembered_path = lru_cache(10_000)(_path)
_remembered_route = lru_cache(10_000)(_route)
