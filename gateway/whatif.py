"""What would another rule have said? Stored sessions are judged again, in small pieces between other requests, and
nothing is changed."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from actors.ports import EngineClient
from engine.analysis import Summary
from engine.config import Config
from engine.errors import ClientError, Wait
from engine.overlay import KINDS, changed
from engine.rulebook import Ruleset, ruleset_of
from engine.rules import Rule
from engine.session import Session
from engine.whatif import Judge, Received, compared, in_order, is_in_its_time, told_apart
from gateway.body import BodyReader
from gateway.call import Answer, Call, json_answer
from gateway.json_body import fields_of, taken
from gateway.leisure import Leisure, pieces
from gateway.normalise import PROJECT_ID
from gateway.params import MAX_LIMIT, default_range, identifier, whole_number
from gateway.rejection import shown
from gateway.stored import FIELDS, StoredReader, was_folded
from gateway.whatif_view import Tally, WhatIfView
from persistence.ports import EventFilter, SessionFilter, StoredEvent

MAX_EVENTS: Final = 1_000_000  # of one question: about a minute
MAX_SESSION_EVENTS: Final = 20_000  # a longer session is left out
DEFAULT_SESSIONS: Final = 1_000
MAX_SECONDS: Final = 50.0  # clients seldom wait longer than a minute
_SESSIONS_PAGE: Final = 500  # few large queries: each costs the store more than its rows do
_GROUP_EVENTS: Final = 1_000  # of sessions whose events are read together
_EVENTS_PAGE: Final = 1_250  # more than a group, so that one query tells that there are no more
_FIELDS: Final = ("detector", "set", "started_at", "ended_at", "limit", "project_id")


class Wanted(msgspec.Struct, frozen=True):
    """`from_ms`, `to_ms`: the start of the sessions that are judged."""

    project_id: str
    kind: str
    tried: Rule
    in_force: Ruleset
    from_ms: int
    to_ms: int
    limit: int


class WhatIf:
    """One question at a time: each takes what is left of the processor."""

    def __init__(self, config: Config, engine: EngineClient, bodies: BodyReader, now_ms: Callable[[], int]) -> None:
        self._config = config
        self._engine = engine
        self._bodies = bodies
        self._now_ms = now_ms
        self._reader = StoredReader(config.session)
        self._asking = asyncio.Lock()
        self._leisure = Leisure()

    async def ask(self, call: Call) -> Answer:
        fields = fields_of(await self._bodies.read(call), _FIELDS)
        wanted = await self._wanted(fields)
        if self._asking.locked():
            msg = "Another what-if is being answered; one at a time is."
            raise Wait(msg, "whatif_busy", 5_000)
        async with self._asking:
            return json_answer(await self.answer(wanted))

    async def _wanted(self, fields: dict[str, Any]) -> Wanted:
        kind = taken(fields, "detector", str, "")
        if not kind:
            msg = f"`detector` is missing; there are {', '.join(KINDS)}."
            raise ClientError(msg, "missing_parameter")
        if kind not in KINDS:
            msg = f"`detector` is {shown(kind)}; one of {', '.join(KINDS)} is allowed."
            raise ClientError(msg, "invalid_parameter")
        project_id = identifier("project_id", taken(fields, "project_id", str, PROJECT_ID))
        params = {name: _text(fields, name) for name in ("started_at", "ended_at", "limit")}
        in_force = ruleset_of((await self._engine.rules()).page(project_id))
        from_ms, to_ms = default_range(params, self._now_ms())
        return Wanted(
            project_id,
            kind,
            changed(getattr(in_force.rules, kind), taken(fields, "set", dict[str, Any], {}), prefix="set"),
            in_force,
            from_ms,
            to_ms,
            whole_number(params, "limit", DEFAULT_SESSIONS, MAX_LIMIT) or DEFAULT_SESSIONS,
        )

    async def answer(self, wanted: Wanted) -> WhatIfView:
        rules = msgspec.structs.replace(wanted.in_force.rules, **{wanted.kind: wanted.tried})
        judge = Judge(self._config.session, rules, wanted.kind)
        before = getattr(wanted.in_force.rules, wanted.kind)
        tally = Tally(
            types=wanted.tried.types(wanted.kind) | before.types(wanted.kind),
            why=told_apart(wanted.tried, before),
            version=wanted.in_force.version_of(wanted.kind),
        )
        until_s = asyncio.get_running_loop().time() + MAX_SECONDS
        place: tuple[int, str, int] | None = None
        while not tally.truncated_by:
            page = await self._page(wanted, tally, place)
            for group in _groups(self._fit(page, tally)):
                if tally.events + sum(summary.event_count for summary in group) > MAX_EVENTS:
                    tally.truncated_by = "events"
                elif asyncio.get_running_loop().time() > until_s:
                    tally.truncated_by = "time"
                if tally.truncated_by:
                    break
                await self._judge(judge, wanted.project_id, group, tally)
            if len(page) < _SESSIONS_PAGE or tally.limit_reached:
                break
            place = (page[-1].started_ms, page[-1].session_id, page[-1].generation)
        return tally.view(wanted.project_id, wanted.kind, wanted.tried, wanted.from_ms, wanted.to_ms)

    async def _page(self, wanted: Wanted, tally: Tally, place: tuple[int, str, int] | None) -> Sequence[Summary]:
        """The next ended sessions, newest first; notes it when there are more than may be asked for."""
        left = wanted.limit - tally.listed
        asked = SessionFilter(
            wanted.project_id,
            state="ended",
            from_ms=wanted.from_ms,
            to_ms=wanted.to_ms,
            limit=min(_SESSIONS_PAGE, left + 1),
            before=place,
        )
        page = await self._leisure.query(self._engine.sessions(asked))
        if len(page) > left:
            tally.limit_reached = True
        tally.listed += min(len(page), left)
        return page[:left]

    def _fit(self, page: Sequence[Summary], tally: Tally) -> list[Summary]:
        """Those that can be judged as they were the first time."""
        found: list[Summary] = []
        for summary in page:
            if summary.event_count > MAX_SESSION_EVENTS:
                tally.skipped["too_long"] += 1
            elif len(summary.anomalies) >= self._config.session.max_anomalies:
                tally.skipped["too_many_anomalies"] += 1
            else:
                found.append(summary)
        return found

    async def _judge(self, judge: Judge, project_id: str, group: Sequence[Summary], tally: Tally) -> None:
        events = await self._events(project_id, group, tally)
        for summary in group:
            received = in_order(events[summary.session_id, summary.generation])
            if len(received) != summary.event_count:
                tally.skipped["not_stored_whole"] += 1
                continue
            if not is_in_its_time(summary, received):
                tally.skipped["clock_corrected"] += 1
                continue
            session = await self._judged(judge, summary, received)
            old = [anomaly for anomaly in summary.anomalies if anomaly.type in tally.types]
            tally.add(summary, compared(old, session.anomalies))

    async def _judged(self, judge: Judge, summary: Summary, received: Sequence[Received]) -> Session:
        """In pieces: whoever waits for an ack goes first."""
        session = judge.begin(summary)
        in_time = len(received) - summary.events_late
        for piece in pieces(received[:in_time]):
            judge.fold(session, piece)
            await self._leisure.give_way()
        judge.end(session, summary)
        for piece in pieces(received[in_time:]):
            judge.fold(session, piece)
            await self._leisure.give_way()
        judge.settle()
        return session

    async def _events(
        self, project_id: str, group: Sequence[Summary], tally: Tally
    ) -> dict[tuple[str, int], list[Received]]:
        """Of each session, those that were folded."""
        found: dict[tuple[str, int], list[Received]] = {(one.session_id, one.generation): [] for one in group}
        wanted = EventFilter(project_id, limit=_EVENTS_PAGE, sessions=tuple(found), fields=FIELDS)
        while True:
            page = await self._leisure.query(self._engine.events(wanted))
            tally.events += len(page)
            for piece in pieces(page):
                self._read(piece, project_id, found)
                await self._leisure.give_way()
            if len(page) < _EVENTS_PAGE:
                return found
            wanted = msgspec.structs.replace(wanted, after=(page[-1].at_ms, page[-1].event_id))

    def _read(
        self, piece: Sequence[StoredEvent], project_id: str, found: dict[tuple[str, int], list[Received]]
    ) -> None:
        for stored in piece:
            if was_folded(stored):
                found[stored.session_id, stored.generation].append(self._reader.received(stored, project_id))


def _groups(summaries: Sequence[Summary]) -> list[list[Summary]]:
    """Sessions whose events are read together; a long one stands alone."""
    groups: list[list[Summary]] = []
    size = _GROUP_EVENTS
    for summary in summaries:
        if size + summary.event_count > _GROUP_EVENTS:
            groups.append([])
            size = 0
        groups[-1].append(summary)
        size += summary.event_count
    return groups


def _text(fields: dict[str, Any], name: str) -> str:
    """Times and numbers may come as texts or as numbers."""
    return str(taken(fields, name, int | str, ""))
