"""Alerts as rows of the table `alerts`."""

from collections.abc import Sequence
from typing import Final

import xxhash

from engine.alerting import Alert
from persistence.alert_table import ALERTS
from persistence.columns import Columns

_TIMES: Final = {
    "started_at": "started_ms",
    "updated_at": "updated_ms",
    "resolved_at": "resolved_ms",
    "acked_at": "acked_ms",
}
_OTHERS: Final = {"alert_id": "id", "group_name": "group"}  # GROUP is a word of SQL


def alerts_columns(alerts: Sequence[Alert]) -> Columns:
    """Every column, one value per alert."""
    return {name: [_value(alert, name) for alert in alerts] for name in ALERTS.columns}


def token_of(alerts: Sequence[Alert]) -> str:
    """Names an insert of just these versions."""
    names = "\n".join(f"{alert.id}:{alert.version}" for alert in alerts)
    return f"alerts:{xxhash.xxh3_128_hexdigest(names.encode())}"


def _value(alert: Alert, column: str) -> object:
    if column in _TIMES:
        return getattr(alert, _TIMES[column]) or None
    return getattr(alert, _OTHERS.get(column, column))
