"""What is sent in one go: the rows of a run of whole frames, with the bounds that name it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from persistence.columns import joined
from persistence.counted import Place, Step
from persistence.plan import Bounds, Day
from persistence.ports import Rows
from persistence.tables import ANOMALIES, BAD_ROWS, EVENTS, SESSIONS
from persistence.unpacked import Unpacked, minutes_of

# Events go first, so that whoever sees a summary finds its events too.
_IN_ORDER: Final = (EVENTS.name, ANOMALIES.name, SESSIONS.name, BAD_ROWS.name)


class Chunk(NamedTuple):
    """`oldest_ms`, `newest_ms`: when its first and its last frame were received; `days`: whose counts it changes. The
    others: see `Unpacked`."""

    bounds: Bounds
    oldest_ms: int
    newest_ms: int
    tables: dict[str, Rows]
    days: set[Day]
    minutes: list[Step]
    unfit: list[Place]
    unsure: int


def chunk_of(frames: Sequence[Unpacked]) -> Chunk:
    """The same frames make the same chunk, whenever. At least one frame."""
    first, last = frames[0], frames[-1]
    parts = {table: [frame.tables[table] for frame in frames if table in frame.tables] for table in _IN_ORDER}
    tables = {table: joined(rows) for table, rows in parts.items() if rows}
    return Chunk(
        bounds=Bounds(first.first_seq, last.last_seq),
        oldest_ms=first.oldest_ms,
        newest_ms=last.newest_ms,
        tables=tables,
        days=_days(tables[EVENTS.name]) if EVENTS.name in tables else set(),
        minutes=minutes_of(step for frame in frames for step in frame.minutes),
        unfit=[place for frame in frames for place in frame.unfit],
        unsure=sum(frame.unsure for frame in frames),
    )


def _days(events: Rows) -> set[Day]:
    """The days (UTC) of each project's events."""
    projects, dates = events["project_id"], events["timestamp"].cast(pa.date32())
    return {
        (project_id, date.isoformat())
        for project_id in projects.unique().to_pylist()
        for date in dates.filter(pc.equal(projects, project_id)).unique().to_pylist()
    }
