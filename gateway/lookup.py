"""Sessions, asked for: one, a list, or the raw events of one."""

from collections.abc import Sequence
from typing import Annotated, Final, Literal, cast

import msgspec

from actors.ports import EngineClient
from engine.analysis import Summary
from gateway.call import Answer, Call, json_answer
from gateway.cursors import decode_cursor, encode_cursor
from gateway.normalise import PROJECT_ID
from gateway.params import Params, choice, identifier, limit, optional_id, required, time_range, whole_number
from gateway.session import unknown_session
from gateway.timestamps import LAST_MS
from gateway.views import event_view, session_view
from persistence.ports import EventFilter, SessionFilter, StoredEvent

SESSIONS_PER_PAGE = 100
EVENTS_PER_PAGE = 1_000
MAX_GENERATION = 10**8

# Bounded, because a cursor is text that anybody can write.
_Ms = Annotated[int, msgspec.Meta(ge=0, le=LAST_MS)]
_Generation = Annotated[int, msgspec.Meta(ge=0, le=MAX_GENERATION)]
SESSION_PLACE: Final = msgspec.json.Decoder(tuple[_Ms, str, _Generation])
EVENT_PLACE: Final = msgspec.json.Decoder(tuple[_Ms, str])


class Lookup:
    """Live sessions come from their shard, ended ones from the store; the engine knows which."""

    def __init__(self, engine: EngineClient) -> None:
        self._engine = engine

    async def analysis(self, call: Call) -> Answer:
        return await self._one(required(call.query, "session_id"), call.query)

    async def one(self, call: Call) -> Answer:
        return await self._one(identifier("session_id", call.path_params["session_id"]), call.query)

    async def _one(self, session_id: str, params: Params) -> Answer:
        found = await self._engine.session(PROJECT_ID, session_id, _generation(params))
        if found is None:
            raise unknown_session(session_id)
        return json_answer(session_view(found))

    async def many(self, call: Call) -> Answer:
        wanted = _session_filter(call.query)
        # One more than asked for tells whether there is a next page.
        page = await self._engine.sessions(_one_more(wanted))
        items, cursor = _page(page, wanted.limit)
        return json_answer({"items": [session_view(item) for item in items], "next_cursor": cursor})

    async def events(self, call: Call) -> Answer:
        params = call.query
        session_id = identifier("session_id", call.path_params["session_id"])
        size = limit(params, EVENTS_PER_PAGE)
        wanted = EventFilter(
            PROJECT_ID,
            session_id=session_id,
            generation=_generation(params),
            limit=size + 1,
            after=decode_cursor(params, EVENT_PLACE),
        )
        found = await self._engine.events(wanted)
        if not found and await self._engine.session(PROJECT_ID, session_id, wanted.generation) is None:
            raise unknown_session(session_id)
        items = [event_view(event) for event in found[:size]]
        return json_answer({"items": items, "next_cursor": event_cursor(found, size)})


def _generation(params: Params) -> int | None:
    return whole_number(params, "generation", None, MAX_GENERATION)


def _session_filter(params: Params) -> SessionFilter:
    from_ms, to_ms = time_range(params)
    return SessionFilter(
        PROJECT_ID,
        state=cast(Literal["", "live", "ended"], choice(params, "state", "", "live", "ended")),
        user_id=optional_id(params, "user_id"),
        anomaly=optional_id(params, "anomaly"),
        from_ms=from_ms,
        to_ms=to_ms,
        limit=limit(params, SESSIONS_PER_PAGE),
        before=decode_cursor(params, SESSION_PLACE),
    )


def _one_more(wanted: SessionFilter) -> SessionFilter:
    return msgspec.structs.replace(wanted, limit=wanted.limit + 1)


def _page(found: Sequence[Summary], size: int) -> tuple[Sequence[Summary], str | None]:
    if len(found) <= size:
        return found, None
    last = found[size - 1]
    return found[:size], encode_cursor((last.started_ms, last.session_id, last.generation))


def event_cursor(found: Sequence[StoredEvent], size: int) -> str | None:
    """Where a page of `size` events ends, None when it is the last one."""
    return encode_cursor((found[size - 1].at_ms, found[size - 1].event_id)) if len(found) > size else None
