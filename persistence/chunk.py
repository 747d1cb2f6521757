"""What is sent in one go: the rows of a run of whole frames, with the bounds that name it."""

from collections.abc import Sequence
from datetime import date
from itertools import repeat
from typing import Any, Final, NamedTuple

from persistence.plan import Bounds, Day
from persistence.ports import Columns
from persistence.rows import length
from persistence.tables import ANOMALIES, BAD_ROWS, EVENTS, SESSIONS, Table, default_of
from persistence.unpacked import Unpacked

# Events go first, so that whoever sees a summary finds its events too.
_IN_ORDER: Final = (EVENTS, ANOMALIES, SESSIONS, BAD_ROWS)
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Chunk(NamedTuple):
    """`oldest_ms`, `newest_ms`: when its first and its last frame were received."""

    bounds: Bounds
    oldest_ms: int
    newest_ms: int
    tables: dict[str, Columns]
    days: set[Day]


def chunk_of(frames: Sequence[Unpacked]) -> Chunk:
    """The same frames make the same chunk, whenever. At least one frame."""
    first, last = frames[0], frames[-1]
    tables = {table.name: _joined(table, frames) for table in _IN_ORDER}
    return Chunk(
        bounds=Bounds(first.seq, last.seq),
        oldest_ms=first.received_ms,
        newest_ms=last.received_ms,
        tables={name: columns for name, columns in tables.items() if columns},
        days={(project_id, _iso_date(day)) for project_id, day in set().union(*(frame.days for frame in frames))},
    )


def _iso_date(day: int) -> str:
    return date.fromordinal(_EPOCH + day).isoformat()


def _joined(table: Table, frames: Sequence[Unpacked]) -> Columns:
    """A column that some frames lack, because it holds only defaults there, gets them."""
    parts = [(part, length(part)) for frame in frames if (part := frame.tables.get(table.name)) is not None]
    names = {name for part, _ in parts for name in part}
    return {name: _column(name, default_of(table.columns[name]), parts) for name in table.columns if name in names}


def _column(name: str, default: Any, parts: Sequence[tuple[Columns, int]]) -> list[Any]:
    column: list[Any] = []
    for part, rows in parts:
        values = part.get(name)
        column += repeat(default, rows) if values is None else values
    return column
