"""Queries over many events: those of one user, and statistics."""

from collections.abc import Callable
from typing import Literal, cast
from urllib.parse import quote, urlencode

from actors.ports import EngineClient
from gateway.call import Answer, Call, json_answer
from gateway.cursors import decode_cursor
from gateway.lookup import EVENT_PLACE, EVENTS_PER_PAGE, event_cursor
from gateway.normalise import PROJECT_ID
from gateway.params import choice, default_range, identifier, limit
from gateway.views import stats_view, user_event_view
from persistence.ports import EventFilter, StatsFilter


class Queries:
    def __init__(self, engine: EngineClient, now_ms: Callable[[], int]) -> None:
        self._engine = engine
        self._now_ms = now_ms

    async def user_events(self, call: Call) -> Answer:
        """An array, as seed 004 has it, so the next page is told in headers."""
        params = call.query
        from_ms, to_ms = default_range(params, self._now_ms())
        size = limit(params, EVENTS_PER_PAGE)
        wanted = EventFilter(
            PROJECT_ID,
            user_id=identifier("user_id", call.path_params["user_id"]),
            from_ms=from_ms,
            to_ms=to_ms,
            order=cast(Literal["asc", "desc"], choice(params, "order", "asc", "desc")),
            limit=size + 1,
            after=decode_cursor(params, EVENT_PLACE),
        )
        found = await self._engine.events(wanted)
        answer = json_answer([user_event_view(event) for event in found[:size]])
        cursor = event_cursor(found, size)
        if cursor is not None:
            answer.headers += [(b"x-next-cursor", cursor.encode()), (b"link", _next_link(call, cursor))]
        return answer

    async def stats(self, call: Call) -> Answer:
        from_ms, to_ms = default_range(call.query, self._now_ms())
        interval = cast(Literal["hour", "day"], choice(call.query, "interval", "hour", "day"))
        return json_answer(stats_view(await self._engine.stats(StatsFilter(PROJECT_ID, from_ms, to_ms, interval))))


def _next_link(call: Call, cursor: str) -> bytes:
    query = urlencode({**call.query, "cursor": cursor})
    return f'<{quote(call.path)}?{query}>; rel="next"'.encode()
