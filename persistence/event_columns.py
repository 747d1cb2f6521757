"""The events of a batch as columns of the table `events`: the hot path of the storing side.

Events become tuples and the tuples columns, without a comprehension per column. Columns that hold nothing but defaults
are left out, because the database fills them; which ones depends on the rows alone, so a retry sends the same.
"""

from collections.abc import Mapping, Sequence
from itertools import compress
from operator import or_
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import astuple

from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    ISOLATED,
    LATE_RAW,
    OVERFLOW,
    OVERFLOWED,
    QUARANTINED,
    Batch,
    Event,
    Facts,
    Outcome,
)
from persistence.columns import Columns
from persistence.tables import DEVICE, EVENTS

_RENAMED: Final = MappingProxyType({"at_ms": "timestamp", "client_ip": "ip"})
_VITALS: Final = ("lcp", "fid", "cls", "ttfb", "fcp", "load", "inp")
_FACTS: Final = MappingProxyType(
    {name: name for name in _VITALS} | {"status": "request_status", "route": "request_route"}
)
# The columns of a field that is a struct, in the order of its own fields; "" and those behind them have no column.
_GROUPS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "device": tuple(DEVICE),
        "click": ("click_x", "click_y", "target_selector", "target_tag", "target_text"),
        "error": ("error_message", "error_stack", "error_type"),
        "facts": tuple(_FACTS.get(name, "") for name in Facts.__struct_fields__),
    }
)
_NULLABLE: Final = frozenset(name for name, kind in EVENTS.columns.items() if kind.startswith("Nullable("))
_IS_LATE: Final = bytes(status == LATE_RAW for status in range(256))
# What a row says of an event that was not folded.
_FLAG: Final = bytes({OVERFLOW: OVERFLOWED, QUARANTINED: ISOLATED}.get(status, 0) for status in range(256))
_IS_STORED: Final = bytes(status != DUPLICATE for status in range(256))


def event_columns(batch: Batch[Event], outcome: Outcome) -> Columns:
    """Every column but the provenance; {} when nothing is to be stored."""
    rows = len(batch.events)
    # An event that the fold had to skip has no status: it is stored as it came, with generation 0.
    statuses = outcome.statuses.ljust(rows, bytes([ACCEPTED]))
    columns: dict[str, Sequence[Any]] = _flat(batch.events) | {
        "session_id": _session_ids(batch.events, outcome),
        "generation": outcome.generations + [0] * (rows - len(outcome.generations)),
        "event_index": outcome.indexes + [0] * (rows - len(outcome.indexes)),
        "clock_moved_ms": [outcome.moved.get(place, 0) for place in range(rows)] if outcome.moved else [],
        "received_at": [batch.received_ms] * rows,
        "late": statuses.translate(_IS_LATE),
        "src_index": list(range(rows)),
    }
    if OVERFLOW in statuses or QUARANTINED in statuses:
        columns["flags"] = list(map(or_, columns["flags"], statuses.translate(_FLAG)))
    if DUPLICATE in statuses:
        kept = statuses.translate(_IS_STORED)
        columns = {name: list(compress(values, kept)) for name, values in columns.items()}
    return {name: values for name, values in columns.items() if _says_something(name, values)}


def _flat(events: Sequence[Event]) -> dict[str, Sequence[Any]]:
    """The events' own fields, by column."""
    fields = zip(Event.__struct_fields__, zip(*map(astuple, events), strict=True), strict=False)
    columns: dict[str, Sequence[Any]] = {_RENAMED.get(name, name): values for name, values in fields}
    for group, names in _GROUPS.items():
        columns |= _ungrouped(columns.pop(group, ()), names)
    return columns


def _ungrouped(structs: Sequence[Struct | None], names: Sequence[str]) -> dict[str, Sequence[Any]]:
    """Nothing when no event has one."""
    if not any(structs):
        return {}
    absent = (None,) * max(len(struct.__struct_fields__) for struct in structs if struct is not None)
    tuples = [absent if struct is None else astuple(struct) for struct in structs]
    columns = zip(names, zip(*tuples, strict=True), strict=False)
    return {name: values for name, values in columns if name}


def _session_ids(events: Sequence[Event], outcome: Outcome) -> list[str]:
    session_ids = [event.session_id for event in events]
    for index, session_id in outcome.session_ids.items():
        session_ids[index] = session_id
    return session_ids


def _says_something(name: str, values: Sequence[Any]) -> bool:
    """Where a column can be null, zero is something that was said."""
    return values.count(None) < len(values) if name in _NULLABLE else any(values)
