"""A row of the table `events` as the `StoredEvent` that queries answer."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from persistence.ports import StoredEvent
from persistence.tables import EVENTS, PROVENANCE

_OWN: Final = ("project_id", "session_id", "generation", "user_id", "event_id", "event_type", "timestamp", "payload")
_EXTRA: Final = tuple(name for name in EVENTS.columns if name not in (*_OWN, *PROVENANCE, "src_index", "src_journal"))


def columns_of(fields: Collection[str]) -> tuple[str, ...]:
    """What is read of the table for these fields, () = all."""
    return tuple(name for name in EVENTS.columns if not fields or name in _OWN or name in fields)


def stored_event(row: Mapping[str, Any], fields: Collection[str] = ()) -> StoredEvent:
    """`fields` leaves out "", None and 0 where 0 means unknown; a click at x = 0 stays. Times are Unix ms."""
    return StoredEvent(
        event_id=row["event_id"],
        session_id=row["session_id"],
        generation=row["generation"],
        user_id=row["user_id"],
        event_type=row["event_type"],
        at_ms=row["timestamp"],
        payload=row["payload"],
        fields={name: row[name] for name in fields or _EXTRA if not _is_empty(name, row[name])},
    )


def _is_empty(name: str, value: Any) -> bool:
    if EVENTS.columns[name].startswith("Nullable("):
        return value is None
    return not value
