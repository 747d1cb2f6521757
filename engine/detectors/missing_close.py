"""Missing close: the session ended by inactivity and no close event ever came (seed 000)."""

from typing import Any

from engine.detectors.base import Detector, Finding
from engine.wire import EndReason


class MissingClose(Detector):
    kind = "missing_close"
    severity = "low"
    event_types = frozenset()

    def on_end(self, state: Any, reason: EndReason, last_ms: int) -> Finding | None:
        if reason != "timeout":
            return None
        return Finding(
            first_event_id="",
            started_ms=last_ms,
            detected_ms=last_ms,
            description="The session ended by inactivity, without a close event.",
            event_ids=[],
            details={},
        )
