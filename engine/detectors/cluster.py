"""Things of one kind that come close together: so many within a window are a burst, which then goes on."""

from typing import Final, Self

import msgspec

from engine.analysis import Severity
from engine.detectors.base import MAX_EVIDENCE, Finding

FOREVER_MS: Final = 1 << 62  # a window that never closes


class Part(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One of them, from its first event to its last."""

    first_ms: int
    last_ms: int
    event_ids: tuple[str, ...]


class Cluster(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """`recent`: those inside of the window, always fewer than make a burst. `count` of the burst, 0 = there is none;
    the rest is the burst's."""

    recent: tuple[Part, ...] = ()
    count: int = 0
    first_ms: int = 0
    last_ms: int = 0
    event_ids: tuple[str, ...] = ()

    def grown(self, part: Part, *, min_count: int, window_ms: int) -> Self:
        """With one more. It belongs to the burst when it ends within the window after the one before; a burst begins
        when `min_count` of them, the first to the last, fit into the window. Both edges are inside."""
        if self.count and part.last_ms - self.last_ms <= window_ms:
            ids = (*self.event_ids, *part.event_ids)[:MAX_EVIDENCE]
            return type(self)((), self.count + 1, self.first_ms, part.last_ms, ids)
        parts = (*(old for old in self.recent if part.last_ms - old.first_ms <= window_ms), part)
        if len(parts) < min_count:
            return type(self)(parts)
        ids = tuple(event_id for one in parts for event_id in one.event_ids)[:MAX_EVIDENCE]
        return type(self)((), len(parts), parts[0].first_ms, part.last_ms, ids)

    @property
    def seconds(self) -> float:
        return (self.last_ms - self.first_ms) / 1000

    def finding(
        self,
        description: str,
        details: dict[str, int | float | str],
        *,
        severity: Severity | None = None,
        type: str = "",
    ) -> Finding:
        """What is said of the burst, at its last event."""
        return Finding(
            first_event_id=self.event_ids[0],
            started_ms=self.first_ms,
            last_ms=self.last_ms,
            detected_ms=self.last_ms,
            description=description,
            event_ids=self.event_ids,
            details=details,
            severity=severity,
            type=type,
        )
