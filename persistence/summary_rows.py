"""A `Summary` as a row of the table `sessions`, and back. Lists become JSON texts, the device becomes columns."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from engine.analysis import ActionCount, Anomaly, CommonPattern, RepeatedPattern, Summary
from engine.device import Device
from persistence.columns import Columns
from persistence.tables import DEVICE, PROVENANCE, SESSIONS

DAY_MS: Final = 86_400_000

_json_encode = msgspec.json.Encoder().encode
_LISTS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    "most_used_actions": msgspec.json.Decoder(list[ActionCount]),
    "common_patterns": msgspec.json.Decoder(list[CommonPattern]),
    "repeated_patterns": msgspec.json.Decoder(list[RepeatedPattern]),
    "anomalies": msgspec.json.Decoder(list[Anomaly]),
}
_FLAGS: Final = ("is_bounce", "has_error", "has_rage_click", "has_dead_click")
_SAME_NAME: Final = tuple(
    name
    for name in SESSIONS.columns
    if name in Summary.__struct_fields__ and name not in (*_LISTS, *_FLAGS, "end_reason")
)


def sessions_columns(summaries: Sequence[Summary]) -> Columns:
    """Every column of `sessions` but the provenance, one value per summary."""
    rows = [sessions_row(summary) for summary in summaries]
    return {name: [row[name] for row in rows] for name in SESSIONS.columns if name not in PROVENANCE}


def sessions_row(summary: Summary) -> dict[str, Any]:
    """Every column of `sessions` but the provenance."""
    row = {name: getattr(summary, name) for name in _SAME_NAME}
    row |= {name: int(getattr(summary, name)) for name in _FLAGS}
    row |= {name: _json_encode(getattr(summary, name)).decode() for name in _LISTS}
    row |= {name: getattr(summary.device, name) for name in DEVICE}
    return row | {
        "started_at": summary.started_ms,
        "last_active_at": summary.last_active_ms,
        "ended_at": summary.ended_ms,
        "end_reason": summary.end_reason or "",
        "duration_ms": summary.duration_ms,
        "start_date": summary.started_ms // DAY_MS,
        "anomaly_types": sorted({anomaly.type for anomaly in summary.anomalies if anomaly.status != "withdrawn"}),
    }


def summary_of(row: Mapping[str, Any]) -> Summary:
    """The inverse of `sessions_row`; raises `msgspec.ValidationError` for JSON that another program damaged."""
    fields: dict[str, Any] = {name: row[name] for name in _SAME_NAME}
    fields |= {name: bool(row[name]) for name in _FLAGS}
    fields |= {name: decoder.decode(row[name]) if row[name] else [] for name, decoder in _LISTS.items()}
    return Summary(
        **fields,
        started_ms=row["started_at"],
        last_active_ms=row["last_active_at"],
        ended_ms=row["ended_at"],
        end_reason=row["end_reason"] or None,
        device=Device(**{name: row[name] for name in DEVICE}),
    )
