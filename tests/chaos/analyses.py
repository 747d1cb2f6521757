"""What a running server says of its sessions: every one from the list, and some by themselves."""

from collections.abc import Collection, Iterator
from random import Random
from typing import Any, Final, NamedTuple

from actors.wiring import system_now_ms
from tests.live.serving import Serving

_PAGE: Final = 500


class Told(NamedTuple):
    """`at_ms`: when it was asked."""

    view: dict[str, Any]
    at_ms: int


def listed(server: Serving) -> Iterator[Told]:
    """Every session, live or ended."""
    cursor: str | None = ""
    while cursor is not None:
        at_ms = system_now_ms()
        page = server.get("/api/v1/sessions", params={"limit": _PAGE, **({"cursor": cursor} if cursor else {})}).json
        yield from (Told(view, at_ms) for view in page["items"])
        cursor = page["next_cursor"]


def asked(server: Serving, sessions: Collection[str], *, sample: int, seed: str) -> Iterator[Told]:
    """The latest generation of some sessions, each from `/session/analysis`."""
    for session_id in Random(seed).sample(sorted(sessions), min(sample, len(sessions))):
        at_ms = system_now_ms()
        yield Told(server.get("/session/analysis", params={"session_id": session_id}).json, at_ms)
