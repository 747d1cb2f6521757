"""What somebody who watches live is told: a session began or ended, an anomaly or an alert changed.

Each has a position in the source that tells it: (frame, place in the frame) of a shard, (position, 0) of the monitor.
The same frame always says the same at the same places, so that whoever knows a position can go on from it.
"""

from typing import Final, Literal, NamedTuple

import msgspec

from engine.analysis import Anomaly, Severity
from engine.wire import Outcome

Kind = Literal["session_start", "session_end", "anomaly", "alert"]

_FIXED_BYTES: Final = 600  # of a happening without its texts: measured with an anomaly of six events


class Position(NamedTuple):
    seq: int
    place: int


class Happening(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Times are Unix milliseconds: `at_ms` is when it was received. `page`: where the session is, or where it began.
    `anomaly`: of kind anomaly. `end_reason`, `event_count`, `duration_ms`: of session_end. `alert`: its JSON, of kind
    alert."""

    kind: Kind
    seq: int
    place: int
    at_ms: int
    project_id: str
    session_id: str = ""
    generation: int = 1
    user_id: str = ""
    page: str = ""
    severity: Severity | Literal[""] = ""
    anomaly: Anomaly | None = None
    end_reason: str = ""
    event_count: int = 0
    duration_ms: int = 0
    alert: bytes = b""

    @property
    def position(self) -> Position:
        return Position(self.seq, self.place)

    def size_bytes(self) -> int:
        """About what it takes in memory."""
        size = _FIXED_BYTES + len(self.alert) + len(self.page)
        if self.anomaly is not None:
            size += len(self.anomaly.description) + sum(len(event_id) + 60 for event_id in self.anomaly.event_ids)
        return size


class Told(msgspec.Struct):
    """What one source says to a question. `position`: ask from here next time. `has_gap`: something that came after
    the position asked from is not known any more. `items` begin with the oldest that is."""

    position: Position
    items: list[Happening] = []
    has_gap: bool = False


def happenings_of(outcome: Outcome, seq: int, at_ms: int) -> list[Happening]:
    """What a frame did, as far as it is told: who began, which anomalies changed, who ended."""
    found = [
        Happening(
            *("session_start", seq, place, at_ms, began.project_id, began.session_id),
            generation=began.generation,
            user_id=began.user_id,
            page=began.page,
        )
        for place, began in enumerate(outcome.begun)
    ]
    for row in outcome.anomalies:
        found.append(
            Happening(
                *("anomaly", seq, len(found), at_ms, row.project_id, row.session_id),
                generation=row.generation,
                user_id=row.user_id,
                page=row.page,
                severity=row.anomaly.severity,
                anomaly=row.anomaly,
            )
        )
    for summary in outcome.summaries:
        found.append(
            Happening(
                *("session_end", seq, len(found), at_ms, summary.project_id, summary.session_id),
                generation=summary.generation,
                user_id=summary.user_id,
                page=summary.exit_path,
                end_reason=summary.end_reason or "",
                event_count=summary.event_count,
                duration_ms=summary.duration_ms,
            )
        )
    return found
