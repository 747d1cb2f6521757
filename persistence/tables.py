"""The one list of tables and columns, with their ClickHouse types: inserts read it, a test holds the schema to it.

Values of an insert: DateTime64 = Unix milliseconds (int), Date = days since 1970-01-01 (int), String = str, or bytes
where the column keeps foreign bytes. A column left out, or None in it, is `default_of` its type.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from engine.errors import OperatorError
from persistence.alert_table import ALERTS
from persistence.table import TIME, WORD, Table

# Where a row came from: for finding its journal frame, not for users.
PROVENANCE: Final = MappingProxyType({"src_shard": "UInt16", "src_seq": "UInt64"})

DEVICE: Final = MappingProxyType(
    {
        "browser": WORD,
        "browser_version": "String",
        "os": WORD,
        "os_version": "String",
        "device_type": WORD,
        "screen_width": "UInt16",
        "screen_height": "UInt16",
        "viewport_width": "UInt16",
        "viewport_height": "UInt16",
    }
)

# The worst of a session; null = no page said it.
VITALS: Final = MappingProxyType(
    {name: "Nullable(Float64)" for name in ("lcp", "fid", "cls", "ttfb", "fcp", "load", "inp")}
)

# In the order of the fields of `Campaign`.
CAMPAIGN: Final = MappingProxyType(
    {
        "utm_source": "String",
        "utm_medium": "String",
        "utm_campaign": "String",
        "utm_term": "String",
        "utm_content": "String",
        "click_id": WORD,
    }
)

EVENTS: Final = Table(
    name="events",
    key=("project_id", "session_id", "timestamp", "event_id"),
    version="received_at",
    columns=MappingProxyType(
        {
            "project_id": WORD,
            "session_id": "String",
            "generation": "UInt32",
            "user_id": "String",
            "event_id": "String",
            "event_type": WORD,
            "timestamp": TIME,
            "received_at": TIME,
            "url": "String",
            "path": "String",
            "title": "String",
            "referrer": "String",
            "screen_name": "String",
            "click_x": "Nullable(Int32)",
            "click_y": "Nullable(Int32)",
            "target_selector": "String",
            "target_tag": "String",
            "target_text": "String",
            "scroll_depth": "Nullable(UInt8)",
            "error_message": "String",
            "error_stack": "String",
            "error_type": "String",
            "lcp": "Nullable(Float64)",
            "fid": "Nullable(Float64)",
            "cls": "Nullable(Float64)",
            "ttfb": "Nullable(Float64)",
            "payload": "String",
            **DEVICE,
            "ip": "String",
            "country": WORD,
            "city": "String",
            "custom": "String",
            "late": "UInt8",
            "flags": "UInt8",
            **PROVENANCE,
            "src_index": "UInt32",
            "src_journal": WORD,
            "fcp": "Nullable(Float64)",
            "load": "Nullable(Float64)",
            "inp": "Nullable(Float64)",
            "request_status": "Int16",
            "request_route": WORD,
            "event_index": "UInt32",
            "clock_moved_ms": "Int64",
        }
    ),
)

SESSIONS: Final = Table(
    name="sessions",
    key=("project_id", "session_id", "generation"),
    version="version",
    columns=MappingProxyType(
        {
            "project_id": WORD,
            "session_id": "String",
            "user_id": "String",
            "generation": "UInt32",
            "state": WORD,
            "version": "UInt64",
            "started_at": TIME,
            "last_active_at": TIME,
            "ended_at": f"Nullable({TIME})",
            "end_reason": WORD,
            "duration_ms": "UInt64",
            "start_date": "Date",
            "event_count": "UInt32",
            "page_count": "UInt32",
            "click_count": "UInt32",
            "error_count": "UInt32",
            "unique_screens": "UInt32",
            "max_scroll_depth": "UInt8",
            "entry_url": "String",
            "entry_path": "String",
            "exit_url": "String",
            "exit_path": "String",
            "is_bounce": "UInt8",
            "has_error": "UInt8",
            "has_rage_click": "UInt8",
            "has_dead_click": "UInt8",
            "most_used_actions": "String",
            "common_patterns": "String",
            "repeated_patterns": "String",
            "anomalies": "String",
            "anomaly_types": "Array(LowCardinality(String))",
            **DEVICE,
            "country": WORD,
            "city": "String",
            "events_duplicate": "UInt32",
            "events_late": "UInt32",
            **PROVENANCE,
            "active_ms": "UInt64",
            "pages": "String",
            **VITALS,
            "session_index": "UInt32",
            "previous_session_id": "String",
            **CAMPAIGN,
            "frustration": "UInt8",
            "frustration_parts": "String",
            "clock_offset_ms": "Nullable(Int64)",
            "referrer_host": "String",
        }
    ),
)

ANOMALIES: Final = Table(
    name="anomalies",
    key=("project_id", "session_id", "generation", "anomaly_id"),
    version="version",
    columns=MappingProxyType(
        {
            "project_id": WORD,
            "session_id": "String",
            "generation": "UInt32",
            "user_id": "String",
            "anomaly_id": "String",
            "type": WORD,
            "severity": WORD,
            "description": "String",
            "started_at": TIME,
            "detected_at": TIME,
            "version": "UInt32",
            "event_ids": "Array(String)",
            "details": "String",
            **PROVENANCE,
            "status": WORD,
            "rule_version": "UInt32",
            "last_at": TIME,
            "thresholds": "String",
        }
    ),
)

BAD_ROWS: Final = Table(
    name="bad_rows",
    foreign_bytes=frozenset({"original"}),
    columns=MappingProxyType(
        {
            "project_id": WORD,
            "received_at": TIME,
            "code": WORD,
            "message": "String",
            "original": "String",
            **PROVENANCE,
            "src_index": "UInt32",
        }
    ),
)

AGGREGATED_EVENTS: Final = Table(
    name="aggregated_events",
    key=("project_id", "date", "event_type"),
    version="computed_at",
    columns=MappingProxyType(
        {
            "project_id": WORD,
            "event_type": WORD,
            "date": "Date",
            "count": "UInt64",
            "computed_at": TIME,
        }
    ),
)

# What was sent when: a row per chunk. See `persistence/audit.py`.
DELIVERIES: Final = Table(
    name="deliveries",
    key=("journal_id", "first_seq", "last_seq"),
    version="received_to",
    columns=MappingProxyType(
        {
            "journal_id": WORD,
            "src_shard": "UInt16",
            "first_seq": "UInt64",
            "last_seq": "UInt64",
            "received_from": TIME,
            "received_to": TIME,
            "events": "UInt32",
            "anomalies": "UInt32",
            "sessions": "UInt32",
            "bad_rows": "UInt32",
            "days": "Array(UInt32)",
            "day_events": "Array(UInt32)",
            "day_replacing": "Array(UInt32)",
        }
    ),
)

TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {table.name: table for table in (EVENTS, SESSIONS, ANOMALIES, BAD_ROWS, AGGREGATED_EVENTS, DELIVERIES, ALERTS)}
)


def default_of(column_type: str) -> Any:
    """What the database puts where an insert says nothing: None, "", [] or 0."""
    if column_type.startswith("Nullable("):
        return None
    if column_type.startswith("Array("):
        return []
    return "" if "String" in column_type else 0


def table_named(name: str) -> Table:
    """Raises `OperatorError` for a table that does not exist."""
    if name not in TABLES:
        msg = f"There is no table `{name}`; there are {', '.join(TABLES)}."
        raise OperatorError(msg)
    return TABLES[name]
