"""Alerts for tests."""

from collections.abc import Iterable
from typing import Any

from actors.monitor import decode_step
from engine.alerting import Alert, AlertRule, Board
from tests.builders import T0


def alert(alert_id: str = "a1", **fields: Any) -> Alert:
    given: dict[str, Any] = {
        "project_id": "default",
        "rule": "errors",
        "kind": "threshold",
        "metric": "js_errors",
        "group": "/pay",
        "state": "firing",
        "value": 12.0,
        "threshold": 5.0,
        "sessions": 3,
        "started_ms": T0,
        "updated_ms": T0,
        "resolved_ms": 0,
        "severity": "high",
        "text": "12 errors on /pay",
        **fields,
    }
    return Alert(id=alert_id, **given)


def many_events(value: float = 5, *, name: str = "many", channels: tuple[str, ...] = ()) -> AlertRule:
    """Fires when more than so many events came in five minutes."""
    return AlertRule(name=name, metric="events", value=value, channels=channels)


def counted_events(board: bytes, steps: Iterable[bytes]) -> int:
    """How many events a monitor has on its disk: of its last hour, from its saved state and the steps since then."""
    found = Board.decode(board, ()) if board else Board(())
    now_ms = 0
    for encoded in steps:
        step = decode_step(encoded)
        now_ms = step.now_ms
        for one in step.slices:
            found.feed(one)
    return found.count("default", "events", now_ms)
