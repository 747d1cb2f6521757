"""Missing close: the session ended by inactivity and no close event ever came (seed 000)."""

from collections.abc import Sequence
from typing import Any

from engine.analysis import EndReason
from engine.detectors.base import NO_FINDINGS, Detector, Finding


class MissingClose(Detector):
    kind = "missing_close"
    severity = "low"
    event_types = frozenset()

    def end(self, state: Any, reason: EndReason, last_ms: int) -> Sequence[Finding]:
        if reason != "timeout":
            return NO_FINDINGS
        found = Finding(
            first_event_id="",
            started_ms=last_ms,
            last_ms=last_ms,
            detected_ms=last_ms,
            description="The session ended by inactivity, without a close event.",
            event_ids=(),
            details={},
        )
        return (found,)
