"""What a running server says of its sessions, and whether the rows that it leaves agree."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from random import Random
from typing import Any, Final, NamedTuple

from actors.wiring import system_now_ms
from engine.config import Config
from tests.chaos.books import Books
from tests.chaos.refold import AT_THE_END, GONE, Refold, key_of
from tests.chaos.rows import Rows
from tests.chaos.verdict import told
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


def disagreements(
    analyses: Sequence[Told], rows: Rows, config: Config, started_ms: int, books: Books | None = None
) -> list[str]:
    """One sentence each. `started_ms`: when the server last came back; `books`: see `Refold`."""
    refold = Refold(rows.events, config, started_ms=started_ms, books=books)
    answers = [answer for answer in analyses if "session_id" in answer.view]
    refusals = [view["detail"] for view, _ in analyses if "session_id" not in view]
    seen = {(view["session_id"], view["generation"]): view for view, _ in answers}
    differing = [found for view, at_ms in answers for found in refold.differences(view, at_ms)]
    live = Counter(key_of(view) for view in seen.values() if view["state"] == "live")
    standing = {row["anomaly_id"] for row in rows.anomalies if row["type"] not in AT_THE_END and row["status"] != GONE}
    return [
        *told("acked events have sessions that the server does not know", refusals),
        *told("sessions of stored events are in no answer", refold.sessions.keys() - seen.keys()),
        *told("keys have several live sessions", [owner for owner, count in live.items() if count > 1]),
        *told("answers differ from the rows", differing),
        *told("anomalies differ from the rows", standing ^ refold.standing()),
    ]
