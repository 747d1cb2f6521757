"""`GET /api/v1/live`: who is stuck right now, and where everybody is."""

from typing import Final

import msgspec

from actors.live_sources import LiveSources
from engine.config import Live as LiveConfig
from engine.errors import Wait
from engine.live import MINUTE_MS, Live, LiveFilter, Stuck
from gateway.call import Answer, Call, json_answer
from gateway.params import choice, limit, whole_number
from gateway.stream_filter import SEVERITIES
from gateway.timestamps import iso

_MINUTES: Final = 5
_MAX_MINUTES: Final = 1_440
_LIMIT: Final = 100


class StuckView(msgspec.Struct):
    """`minutes` since the first of its anomalies that fit began. `frustration`: 0 to 100, of all of them."""

    session_id: str
    user_id: str
    page: str
    element: str
    anomalies: list[str]
    severity: str
    since: str
    minutes: float
    frustration: int
    last_active_at: str


class PageView(msgspec.Struct):
    path: str
    sessions: int


class StepView(msgspec.Struct):
    """`sessions`: live ones that have come so far and no further."""

    step: str
    sessions: int


class FunnelView(msgspec.Struct):
    name: str
    steps: list[StepView]


class LiveView(msgspec.Struct):
    """`stuck`: found last first. `pages`: those with most sessions first."""

    as_of: str
    sessions_live: int
    stuck: list[StuckView]
    pages: list[PageView]
    funnels: list[FunnelView]


class LiveDesk:
    """`sources` None: this server has no shards to ask."""

    def __init__(self, sources: LiveSources | None, config: LiveConfig) -> None:
        self._sources = sources
        self._config = config

    async def now(self, call: Call) -> Answer:
        if self._sources is None:
            msg = "This server has no live view."
            raise Wait(msg, "no_live_view")
        query = call.query
        wanted = LiveFilter(
            project_id="default",
            page=query.get("page", ""),
            element=query.get("element", ""),
            anomaly=query.get("anomaly", ""),
            severity=choice(query, "severity", "", *SEVERITIES),
            minutes=whole_number(query, "minutes", _MINUTES, _MAX_MINUTES) or _MINUTES,
            limit=limit(query, _LIMIT),
        )
        live, now_ms = await self._sources.live(wanted)
        return json_answer(live_view(live, self._config, now_ms, wanted.limit))


def live_view(live: Live, config: LiveConfig, now_ms: int, most: int) -> LiveView:
    pages = sorted(live.pages.items(), key=lambda page: (-page[1], page[0]))
    return LiveView(
        as_of=iso(now_ms),
        sessions_live=live.sessions,
        stuck=[_stuck_view(one, now_ms) for one in live.stuck],
        pages=[PageView(*page) for page in pages[:most]],
        funnels=[
            FunnelView(
                funnel.name,
                [StepView(step.name, sessions) for step, sessions in zip(funnel.steps, reached, strict=True)],
            )
            for funnel, reached in zip(config.funnels, live.funnels, strict=True)
        ],
    )


def _stuck_view(one: Stuck, now_ms: int) -> StuckView:
    return StuckView(
        one.session_id,
        one.user_id,
        one.page,
        one.element,
        one.anomalies,
        one.severity,
        iso(one.since_ms),
        round(max(0, now_ms - one.since_ms) / MINUTE_MS, 1),
        one.frustration,
        iso(one.last_active_ms),
    )
