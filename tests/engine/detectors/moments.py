"""Builders of moments, valid by default. Times are given as milliseconds after `T0`."""

from msgspec.structs import replace

from engine.moment import Moment
from engine.wire import Facts

T0 = 1_767_355_200_000  # 2026-01-02T12:00:00Z


def moment(kind: str, at: int = 0, page: str = "/", *, id: str = "", **facts: object) -> Moment:
    """Its id is made of what it is; `facts`: fields of `Facts`."""
    said = replace(Facts(), **facts) if facts else None
    return Moment(T0 + at, kind, id or f"{kind}@{at}", page, facts=said)


def view(at: int, page: str, *, url: str = "", navigation: str = "", id: str = "") -> Moment:
    facts = Facts(navigation=navigation) if navigation else None
    return Moment(T0 + at, "page_view", id or f"{page}@{at}", page, url or page, facts=facts)


def screen(at: int, name: str) -> Moment:
    return Moment(T0 + at, "screen_view", f"{name}@{at}", name)
