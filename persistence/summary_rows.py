"""A `Summary` as a row of the table `sessions`, and back. Lists become JSON texts; device, vitals and campaign columns.

What a version before did not know has its column's default, and reads as unknown.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from engine.analysis import (
    ActionCount,
    Anomaly,
    Campaign,
    CommonPattern,
    Frustration,
    FrustrationPart,
    PageStay,
    RepeatedPattern,
    Summary,
)
from engine.device import Device
from persistence.columns import Columns
from persistence.tables import CAMPAIGN, DEVICE, PROVENANCE, SESSIONS, VITALS, default_of

DAY_MS: Final = 86_400_000

_json_encode = msgspec.json.Encoder().encode
_LISTS: Final[Mapping[str, msgspec.json.Decoder[Any]]] = {
    "most_used_actions": msgspec.json.Decoder(list[ActionCount]),
    "common_patterns": msgspec.json.Decoder(list[CommonPattern]),
    "repeated_patterns": msgspec.json.Decoder(list[RepeatedPattern]),
    "anomalies": msgspec.json.Decoder(list[Anomaly]),
    "pages": msgspec.json.Decoder(list[PageStay]),
}
_parts: Final = msgspec.json.Decoder(list[FrustrationPart])
_FLAGS: Final = ("is_bounce", "has_error", "has_rage_click", "has_dead_click")
_NONE_IS_EMPTY: Final = ("end_reason", "session_index", "previous_session_id")
_SAME_NAME: Final = tuple(
    name
    for name in SESSIONS.columns
    if name in Summary.__struct_fields__ and name not in (*_LISTS, *_FLAGS, *_NONE_IS_EMPTY, "frustration")
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
    row |= {name: getattr(summary, name) or default_of(SESSIONS.columns[name]) for name in _NONE_IS_EMPTY}
    row |= {name: getattr(summary.device, name) for name in DEVICE}
    row |= {name: summary.vitals.get(name) for name in VITALS}
    row |= dict(zip(CAMPAIGN, astuple(summary.campaign), strict=True))
    return row | {
        "started_at": summary.started_ms,
        "last_active_at": summary.last_active_ms,
        "ended_at": summary.ended_ms,
        "duration_ms": summary.duration_ms,
        "start_date": summary.started_ms // DAY_MS,
        "anomaly_types": sorted({anomaly.type for anomaly in summary.anomalies if anomaly.status != "withdrawn"}),
        "frustration": summary.frustration.score,
        "frustration_parts": _json_encode(summary.frustration.parts).decode(),
    }


def summary_of(row: Mapping[str, Any]) -> Summary:
    """The inverse of `sessions_row`; raises `msgspec.ValidationError` for JSON that another program damaged."""
    fields: dict[str, Any] = {name: row[name] for name in _SAME_NAME}
    fields |= {name: bool(row[name]) for name in _FLAGS}
    fields |= {name: decoder.decode(row[name]) if row[name] else [] for name, decoder in _LISTS.items()}
    fields |= {name: row[name] or None for name in _NONE_IS_EMPTY}
    parts = _parts.decode(row["frustration_parts"]) if row["frustration_parts"] else []
    return Summary(
        **fields,
        started_ms=row["started_at"],
        last_active_ms=row["last_active_at"],
        ended_ms=row["ended_at"],
        device=Device(**{name: row[name] for name in DEVICE}),
        vitals={name: row[name] for name in VITALS if row[name] is not None},
        campaign=Campaign(*(row[name] for name in CAMPAIGN)),
        frustration=Frustration(row["frustration"], parts),
    )
