"""Engine shapes -> the JSON that api.md promises: ISO times instead of milliseconds, objects instead of arrays."""

from typing import Any, Literal

import msgspec

from engine.analysis import (
    ActionCount,
    Anomaly,
    AnomalyStatus,
    Campaign,
    CommonPattern,
    Frustration,
    PageStay,
    RepeatedPattern,
    Summary,
)
from engine.device import Device
from gateway.timestamps import iso
from persistence.ports import DailyCount, EventStats, StoredEvent

_NO_OBJECT = msgspec.Raw(b"{}")


class DeviceView(msgspec.Struct):
    browser: str
    browser_version: str
    os: str
    os_version: str
    device_type: str
    screen_width: int
    screen_height: int
    viewport_width: int
    viewport_height: int


class AnomalyView(msgspec.Struct):
    id: str
    type: str
    severity: Literal["low", "medium", "high"]
    status: AnomalyStatus
    version: int
    rule_version: int
    description: str
    started_at: str
    last_at: str
    detected_at: str
    event_ids: list[str]
    details: dict[str, int | float | str]
    thresholds: dict[str, int | float | str]


class RepeatedPatternView(msgspec.Struct):
    pattern: list[str]
    repeat_count: int
    first_at: str
    last_at: str


class SessionView(msgspec.Struct):
    """`/session/analysis`."""

    session_id: str
    project_id: str
    user_id: str
    generation: int
    state: Literal["live", "ended"]
    version: int
    started_at: str
    last_active_at: str
    ended_at: str | None
    end_reason: Literal["close", "timeout", "max_length"] | None
    duration_ms: int
    event_count: int
    page_count: int
    click_count: int
    error_count: int
    unique_screens: int
    max_scroll_depth: int
    entry_url: str
    entry_path: str
    exit_url: str
    exit_path: str
    is_bounce: bool
    has_error: bool
    has_rage_click: bool
    has_dead_click: bool
    most_used_actions: list[ActionCount]
    common_patterns: list[CommonPattern]
    repeated_patterns: list[RepeatedPatternView]
    anomalies: list[AnomalyView]
    device: DeviceView
    country: str
    city: str
    events_duplicate: int
    events_late: int
    active_ms: int
    pages: list[PageStay]
    vitals: dict[str, float]
    session_index: int | None
    previous_session_id: str | None
    campaign: Campaign
    frustration: Frustration
    clock_offset_ms: int | None
    referrer_host: str


class UserEventView(msgspec.Struct):
    """Seed 004's shape of an event."""

    event_id: str
    session_id: str
    event_type: str
    timestamp: str
    metadata: Any


class TypeCount(msgspec.Struct):
    event_type: str
    count: int
    percentage: float


class IntervalCount(msgspec.Struct):
    at: str
    count: int


class StatsView(msgspec.Struct):
    total: int
    unique_users: int
    unique_sessions: int
    by_type: list[TypeCount]
    series: list[IntervalCount]
    daily: list[DailyCount]


# The fields of a session view that a summary holds under the same name and in the same shape.
_SAME = tuple(
    set(SessionView.__struct_fields__) & set(Summary.__struct_fields__) - {"repeated_patterns", "anomalies", "device"}
)


def session_view(summary: Summary) -> SessionView:
    return SessionView(
        started_at=iso(summary.started_ms),
        last_active_at=iso(summary.last_active_ms),
        ended_at=None if summary.ended_ms is None else iso(summary.ended_ms),
        duration_ms=summary.duration_ms,
        repeated_patterns=[_repeated_view(pattern) for pattern in summary.repeated_patterns],
        anomalies=[anomaly_view(anomaly) for anomaly in summary.anomalies],
        device=_device_view(summary.device),
        **{name: getattr(summary, name) for name in _SAME},
    )


def _device_view(device: Device) -> DeviceView:
    return DeviceView(*(getattr(device, name) for name in DeviceView.__struct_fields__))


def _repeated_view(found: RepeatedPattern) -> RepeatedPatternView:
    return RepeatedPatternView(found.pattern, found.repeat_count, iso(found.first_ms), iso(found.last_ms))


def anomaly_view(found: Anomaly) -> AnomalyView:
    return AnomalyView(
        id=found.id,
        type=found.type,
        severity=found.severity,
        status=found.status,
        version=found.version,
        rule_version=found.rule_version,
        description=found.description,
        started_at=iso(found.started_ms),
        last_at=iso(found.last_ms or found.detected_ms),
        detected_at=iso(found.detected_ms),
        event_ids=found.event_ids,
        details=found.details,
        thresholds=found.thresholds,
    )


def user_event_view(event: StoredEvent) -> UserEventView:
    at = iso(event.at_ms)
    return UserEventView(event.event_id, event.session_id, event.event_type, at, _object(event.payload))


def event_view(event: StoredEvent) -> dict[str, Any]:
    """A raw event, flat: first what every event has, then every other column that is not empty."""
    view = {
        "event_id": event.event_id,
        "session_id": event.session_id,
        "generation": event.generation,
        "user_id": event.user_id,
        "event_type": event.event_type,
        "timestamp": iso(event.at_ms),
        "payload": _object(event.payload),
    }
    custom = event.fields.get("custom")
    fields = {**event.fields, "custom": _object(str(custom))} if custom else event.fields
    return {**view, **fields}


def _object(text: str) -> msgspec.Raw:
    """JSON text as part of an answer, without reading it again."""
    return msgspec.Raw(text) if text else _NO_OBJECT


def stats_view(stats: EventStats) -> StatsView:
    return StatsView(
        total=stats.total,
        unique_users=stats.unique_users,
        unique_sessions=stats.unique_sessions,
        by_type=[TypeCount(name, count, _percentage(count, stats.total)) for name, count in stats.by_type],
        series=[IntervalCount(iso(at_ms), count) for at_ms, count in stats.series],
        daily=stats.daily,
    )


def _percentage(count: int, total: int) -> float:
    return round(100 * count / total, 2) if total else 0.0
