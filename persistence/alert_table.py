"""The table `alerts`."""

from types import MappingProxyType
from typing import Final

from persistence.table import TIME, WORD, Table

# What the monitor reported, issued again under its id whenever it changes.
ALERTS: Final = Table(
    name="alerts",
    key=("project_id", "started_at", "alert_id"),
    version="version",
    columns=MappingProxyType(
        {
            "project_id": WORD,
            "alert_id": "String",
            "rule": WORD,
            "kind": WORD,
            "metric": WORD,
            "group_name": "String",
            "state": WORD,
            "severity": WORD,
            "text": "String",
            "value": "Float64",
            "threshold": "Float64",
            "baseline": "Nullable(Float64)",
            "sessions": "UInt32",
            "version": "UInt32",
            "started_at": TIME,
            "updated_at": TIME,
            "resolved_at": f"Nullable({TIME})",
            "acked_at": f"Nullable({TIME})",
            "acked_by": "String",
            "note": "String",
        }
    ),
)
