"""The events of a batch as columns of the table `events`: the hot path of the storing side.

One comprehension per column, no dictionary per row. Columns that hold nothing but defaults are left out, because the
database fills them; which ones depends on the rows alone, so a retry sends the same.
"""

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any, Final, NamedTuple

from engine.wire import ACCEPTED, DUPLICATE, LATE_RAW, Batch, Click, Device, ErrorInfo, Event, Outcome, Vitals
from persistence.ports import Columns

_NO_DEVICE: Final = Device()
_NO_CLICK: Final = Click()
_NO_ERROR: Final = ErrorInfo()
_NO_VITALS: Final = Vitals()
_IS_LATE: Final = bytes(status == LATE_RAW for status in range(256))
_IS_STORED: Final = bytes(status != DUPLICATE for status in range(256))


class _Stored(NamedTuple):
    """The events that are stored, and beside each what the event itself does not say. Parallel sequences."""

    events: Sequence[Event]
    indexes: Sequence[int]
    session_ids: Sequence[str]
    generations: Sequence[int]
    statuses: bytes


def event_columns(batch: Batch[Event], outcome: Outcome) -> Columns:
    """Every column but the provenance; {} when nothing is to be stored."""
    stored = _without_duplicates(_stored(batch.events, outcome))
    if not stored.events:
        return {}
    return _required(stored, batch.received_ms) | _optional(stored)


def _stored(events: Sequence[Event], outcome: Outcome) -> _Stored:
    session_ids = [event.session_id for event in events]
    for index, session_id in outcome.session_ids.items():
        session_ids[index] = session_id
    # An event that the fold had to skip has no status: it is stored as it came, with generation 0.
    statuses = outcome.statuses.ljust(len(events), bytes([ACCEPTED]))
    generations = outcome.generations + [0] * (len(events) - len(outcome.generations))
    return _Stored(events, range(len(events)), session_ids, generations, statuses)


def _without_duplicates(stored: _Stored) -> _Stored:
    if DUPLICATE not in stored.statuses:
        return stored
    kept = stored.statuses.translate(_IS_STORED)
    return _Stored(
        events=list(compress(stored.events, kept)),
        indexes=list(compress(stored.indexes, kept)),
        session_ids=list(compress(stored.session_ids, kept)),
        generations=list(compress(stored.generations, kept)),
        statuses=bytes(compress(stored.statuses, kept)),
    )


def _required(stored: _Stored, received_ms: int) -> Columns:
    events = stored.events
    return {
        "project_id": [event.project_id for event in events],
        "session_id": stored.session_ids,
        "generation": stored.generations,
        "user_id": [event.user_id for event in events],
        "event_id": [event.event_id for event in events],
        "event_type": [event.event_type for event in events],
        "timestamp": [event.at_ms for event in events],
        "received_at": [received_ms] * len(events),
        "src_index": stored.indexes,
    }


def _optional(stored: _Stored) -> Columns:
    events = stored.events
    columns: Columns = {
        "url": [event.url for event in events],
        "path": [event.path for event in events],
        "title": [event.title for event in events],
        "referrer": [event.referrer for event in events],
        "screen_name": [event.screen_name for event in events],
        "payload": [event.payload for event in events],
        "ip": [event.client_ip for event in events],
        "country": [event.country for event in events],
        "city": [event.city for event in events],
        "custom": [event.custom for event in events],
        "flags": [event.flags for event in events],
        "late": stored.statuses.translate(_IS_LATE),
    }
    kept = _not_empty(columns)
    for group in _GROUPS:
        kept |= group(events)
    return kept


def _scroll(events: Sequence[Event]) -> Columns:
    return _said({"scroll_depth": [event.scroll_depth for event in events]})


def _devices(events: Sequence[Event]) -> Columns:
    present = [event.device for event in events]
    if not any(present):
        return {}
    devices = [device or _NO_DEVICE for device in present]
    columns: Columns = {
        "browser": [device.browser for device in devices],
        "browser_version": [device.browser_version for device in devices],
        "os": [device.os for device in devices],
        "os_version": [device.os_version for device in devices],
        "device_type": [device.device_type for device in devices],
        "screen_width": [device.screen_width for device in devices],
        "screen_height": [device.screen_height for device in devices],
        "viewport_width": [device.viewport_width for device in devices],
        "viewport_height": [device.viewport_height for device in devices],
    }
    return _not_empty(columns)


def _clicks(events: Sequence[Event]) -> Columns:
    present = [event.click for event in events]
    if not any(present):
        return {}
    clicks = [click or _NO_CLICK for click in present]
    columns: Columns = {
        "target_selector": [click.selector for click in clicks],
        "target_tag": [click.tag for click in clicks],
        "target_text": [click.text for click in clicks],
    }
    kept = _not_empty(columns)
    return kept | _said({"click_x": [click.x for click in clicks], "click_y": [click.y for click in clicks]})


def _errors(events: Sequence[Event]) -> Columns:
    present = [event.error for event in events]
    if not any(present):
        return {}
    errors = [error or _NO_ERROR for error in present]
    columns: Columns = {
        "error_message": [error.message for error in errors],
        "error_stack": [error.stack for error in errors],
        "error_type": [error.error_type for error in errors],
    }
    return _not_empty(columns)


def _vitals(events: Sequence[Event]) -> Columns:
    present = [event.vitals for event in events]
    if not any(present):
        return {}
    vitals = [vital or _NO_VITALS for vital in present]
    return _said(
        {
            "lcp": [vital.lcp for vital in vitals],
            "fid": [vital.fid for vital in vitals],
            "cls": [vital.cls for vital in vitals],
            "ttfb": [vital.ttfb for vital in vitals],
        }
    )


def _not_empty(columns: Columns) -> Columns:
    """Without the columns in which every value is "" or 0."""
    return {name: values for name, values in columns.items() if any(values)}


def _said(columns: dict[str, list[Any]]) -> Columns:
    """Without the columns in which every value is None: zero is something that was said."""
    return {name: values for name, values in columns.items() if values.count(None) < len(values)}


_GROUPS: Final[tuple[Callable[[Sequence[Event]], Columns], ...]] = (_scroll, _devices, _clicks, _errors, _vitals)
