"""Every route, once: how it is reached, who answers, and what /openapi.json says about it."""

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from gateway.alerts import AlertDesk
from gateway.call import Answer, Call
from gateway.detectors import Detectors
from gateway.health import Health
from gateway.ingest import Ingest
from gateway.ledger import Ledger
from gateway.live import LiveDesk
from gateway.lookup import Lookup
from gateway.query import Queries
from gateway.session import SessionWriter
from gateway.stream import Stream
from gateway.whatif import WhatIf

Handler = Callable[[Call], Awaitable[Answer]]


class Param(NamedTuple):
    """A query parameter, or a path one when `path` names it in braces."""

    name: str
    help: str
    type: Literal["string", "integer", "boolean"] = "string"
    required: bool = False


class Doc(NamedTuple):
    """`body`: what is read, or the component schema of a JSON object; `answer`: the component schema of a 200, "" =
    free JSON; `errors`: beside those of all."""

    summary: str
    params: tuple[Param, ...] = ()
    body: Literal["", "events", "form", "detectors", "whatif", "Ack"] = ""
    answer: str = ""
    errors: tuple[int, ...] = ()


class Route(NamedTuple):
    method: Literal["GET", "POST", "PUT"]
    path: str
    handler: Handler
    doc: Doc


class Parts(NamedTuple):
    ingest: Ingest
    sessions: SessionWriter
    lookup: Lookup
    queries: Queries
    health: Health
    ledger: Ledger
    detectors: Detectors
    whatif: WhatIf
    live: LiveDesk
    stream: Stream
    alerts: AlertDesk


_LIMIT = Param("limit", "Items in a page, at most 10,000.", "integer")
_CURSOR = Param("cursor", "The cursor that the page before gave.")
_FROM = Param("started_at", "Start of the range, inclusive: ISO-8601 or Unix milliseconds.")
_TO = Param("ended_at", "End of the range, exclusive: ISO-8601 or Unix milliseconds.")
_GENERATION = Param("generation", "Which session under this id, counted from 1; the latest when missing.", "integer")
_HISTORIC = Param("historic", "true: an import; a sweep may end these sessions by event time.", "boolean")
_SESSION = Param("session_id", "The id of a session.", required=True)
_USER = Param("user_id", "The id of a user.", required=True)

_EVENTS_IN = Doc(
    'Take one event, an array, or {"events": […]}; 200 means on disk.',
    (_HISTORIC,),
    "events",
    "Accepted",
    (400, 408, 413, 415, 429, 503),
)
_CREATE = Doc("Make a live session for a user.", (_USER,), "form", "Created", (400, 408, 413, 415, 503))
_CLOSE = Doc("End a live session now.", (_SESSION,), "form", "Message", (400, 404, 408, 413, 415, 503))
_TRACK = Doc(
    "Track one event; a JSON object in the body becomes its payload.",
    (
        Param("event_type", "What happened.", required=True),
        Param("session_id", "An unknown session starts."),
        Param("user_id", "Needed when there is no session_id."),
        Param("screen_name", "Where it happened."),
    ),
    "form",
    "Tracked",
    (400, 408, 413, 415, 503),
)
_SWEEP = Doc("End every imported session whose gap has passed.", answer="Swept", errors=(503,))
_ANALYSIS = Doc("Everything about one session.", (_SESSION, _GENERATION), answer="SessionView", errors=(400, 404, 503))
_SESSIONS = Doc(
    "Sessions, newest first.",
    (
        Param("state", "live or ended."),
        Param("user_id", "Of this user only."),
        Param("anomaly", "With an anomaly of this type only."),
        *(_FROM, _TO, _LIMIT, _CURSOR),
    ),
    answer="Sessions",
    errors=(400, 503),
)
_SESSION_EVENTS = Doc(
    "The raw events of a session in time order.",
    (_SESSION, _GENERATION, _LIMIT, _CURSOR),
    answer="Events",
    errors=(400, 404, 503),
)
_USER_EVENTS = Doc(
    "The events of a user; from today 00:00 UTC for 30 days unless a range is given. More: header X-Next-Cursor.",
    (_USER, _FROM, _TO, Param("order", "asc or desc."), _LIMIT, _CURSOR),
    answer="UserEvents",
    errors=(400, 503),
)
_STATS = Doc(
    "Counts by type, interval and day.",
    (_FROM, _TO, Param("interval", "hour or day.")),
    answer="StatsView",
    errors=(400, 503),
)
_LEDGER = Doc(
    "What became of every event received, in whole minutes of receive time; everything kept unless a range is given.",
    (_FROM, _TO),
    answer="LedgerView",
    errors=(400, 503),
)
_AUDIT = Doc(
    "Whether the store holds what was sent to it: gaps, lost and doubled rows, by shard.",
    (_FROM,),
    answer="AuditView",
    errors=(400, 503),
)
_RULES = Doc(
    "The rules of the detectors: what is in force, and where it comes from.", answer="DetectorsView", errors=(503,)
)
_SET_RULES = Doc(
    "Set what the project has otherwise than configured, in the place of what it had set; 200 means on disk.",
    body="detectors",
    answer="DetectorsView",
    errors=(400, 408, 409, 413, 415, 503),
)
_WHATIF = Doc(
    "Judge stored sessions by another rule: what that would add and remove. Changes nothing.",
    body="whatif",
    answer="WhatIfView",
    errors=(400, 408, 413, 415, 503),
)
_LIVE = Doc(
    "Who is stuck right now, and where everybody is: live sessions only, from memory.",
    (
        Param("page", "Those who are stuck on this page only."),
        Param("element", "With an anomaly of the element with this selector only."),
        Param("anomaly", "With an anomaly of this type only."),
        Param("severity", "low, medium or high."),
        Param("minutes", "With an anomaly that changed in the last so many minutes, 5 unless given.", "integer"),
        _LIMIT,
    ),
    answer="LiveView",
    errors=(400, 503),
)
_STREAM = Doc(
    "What happens, as Server-Sent Events: anomaly, alert, session_start, session_end, gap, dropped.",
    (
        Param("type", "Of these kinds only: anomaly, alert, session_start, session_end, with commas."),
        Param("anomaly", "Anomalies of these types only, with commas."),
        Param("severity", "Of these severities only: low, medium, high, with commas."),
        Param("session_id", "Of this session only."),
        Param("user_id", "Of this user only."),
        Param("path", "Of sessions on this path only; `*` at its end stands for any rest."),
        Param("last_event_id", "Go on behind this event, as the header Last-Event-ID says it."),
    ),
    answer="",
    errors=(400, 503),
)
_ALERT = Param("alert_id", "The id of an alert.", required=True)
_ALERTS = Doc(
    "Alerts, newest first.",
    (Param("state", "firing or resolved."), Param("rule", "Of this rule only."), _FROM, _TO, _LIMIT, _CURSOR),
    answer="AlertPage",
    errors=(400, 404, 503),
)
_ONE_ALERT = Doc("One alert, and what became of the messages about it.", (_ALERT,), "", "AlertView", (400, 404, 503))
_ACK = Doc(
    "Say who looks after an alert. The first who says so stays.",
    (_ALERT,),
    "Ack",
    "AlertView",
    (400, 404, 408, 413, 415, 503),
)
_HEALTH = Doc("How the server is; 503 when it cannot take events.", answer="Health", errors=(503,))
_READY = Doc("200 when events are accepted now.", answer="Ready", errors=(503,))


def routes(parts: Parts) -> tuple[Route, ...]:
    """The first match wins: the longer path of two stands first."""
    return (
        Route("POST", "/api/v1/events", parts.ingest.post_events, _EVENTS_IN),
        Route("POST", "/api/events", parts.ingest.post_events, _EVENTS_IN),
        Route("GET", "/api/v1/events/user/{user_id:path}", parts.queries.user_events, _USER_EVENTS),
        Route("GET", "/api/events/user/{user_id:path}", parts.queries.user_events, _USER_EVENTS),
        Route("GET", "/api/v1/events/stats", parts.queries.stats, _STATS),
        Route("GET", "/api/events/stats", parts.queries.stats, _STATS),
        Route("POST", "/session/create", parts.sessions.create, _CREATE),
        Route("POST", "/track", parts.sessions.track, _TRACK),
        Route("POST", "/session/close", parts.sessions.close, _CLOSE),
        Route("GET", "/session/analysis", parts.lookup.analysis, _ANALYSIS),
        Route("POST", "/api/v1/sessions/sweep", parts.sessions.sweep, _SWEEP),
        Route("GET", "/api/v1/sessions", parts.lookup.many, _SESSIONS),
        Route("GET", "/api/v1/sessions/{session_id:path}/events", parts.lookup.events, _SESSION_EVENTS),
        Route("GET", "/api/v1/sessions/{session_id:path}", parts.lookup.one, _ANALYSIS),
        Route("GET", "/api/v1/ledger", parts.ledger.sums, _LEDGER),
        Route("GET", "/api/v1/ledger/audit", parts.ledger.audit, _AUDIT),
        Route("GET", "/api/v1/detectors", parts.detectors.show, _RULES),
        Route("PUT", "/api/v1/detectors", parts.detectors.put, _SET_RULES),
        Route("POST", "/api/v1/detectors/whatif", parts.whatif.ask, _WHATIF),
        Route("GET", "/api/v1/live", parts.live.now, _LIVE),
        Route("GET", "/api/v1/stream", parts.stream.listen, _STREAM),
        Route("GET", "/api/v1/alerts", parts.alerts.many, _ALERTS),
        Route("POST", "/api/v1/alerts/{alert_id}/ack", parts.alerts.ack, _ACK),
        Route("GET", "/api/v1/alerts/{alert_id}", parts.alerts.one, _ONE_ALERT),
        Route("GET", "/health", parts.health.health, _HEALTH),
        Route("GET", "/api/v1/health", parts.health.health, _HEALTH),
        Route("GET", "/ready", parts.health.ready, _READY),
        Route("GET", "/metrics", parts.health.metrics, Doc("Prometheus text.")),
    )
