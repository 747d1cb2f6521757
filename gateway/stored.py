"""A stored event as the engine saw it: the columns, the time as it was corrected, and what the extractors read from the
payload anew."""

from typing import Final

from engine.config import Session
from engine.whatif import Received
from engine.wire import ISOLATED, MOVED, OVERFLOWED, Event
from gateway.payloads import extractors
from persistence.ports import StoredEvent

# What is read of `StoredEvent.fields`.
FIELDS: Final = (
    "received_at",
    "event_index",
    "clock_moved_ms",
    "late",
    "flags",
    "url",
    "path",
    "screen_name",
)
_NOT_FOLDED: Final = OVERFLOWED | ISOLATED


class StoredReader:
    def __init__(self, session: Session) -> None:
        self._extractors = extractors(session)

    def received(self, stored: StoredEvent, project_id: str) -> Received:
        fields = stored.fields
        moved_ms = fields.get("clock_moved_ms", 0)
        event = Event(
            project_id,
            stored.event_id,
            stored.session_id,
            stored.user_id,
            stored.event_type,
            stored.at_ms,
            fields.get("flags", 0) | (MOVED if moved_ms else 0),
            fields.get("url", ""),
            fields.get("path", ""),
            fields.get("screen_name", ""),
            payload=stored.payload,
        )
        extract = self._extractors.get(stored.event_type)
        if extract is not None:
            extract(event)
        event.at_ms += moved_ms  # only now: the times in a payload are those of the same clock
        return Received(event, fields["received_at"], fields.get("event_index", 0))


def was_folded(stored: StoredEvent) -> bool:
    return not (stored.fields.get("late", 0) or stored.fields.get("flags", 0) & _NOT_FOLDED)
