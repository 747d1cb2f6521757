"""Rows of the table `events`, counted as they are sent: per minute for the ledger, per day for the audit."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from engine.ledger import REFUSED, STORED, Entry
from engine.wire import ISOLATED, OVERFLOWED
from persistence.ports import Rows

Step = tuple[int, int]  # the first frame that was received in a minute, the minute
Place = tuple[str, int]  # project, frame

_NO_END: Final = 2**63 - 1


class Day(NamedTuple):
    """`day`: 20260102, of the events' own time (UTC). `replacing`: rows that may be copies of earlier ones, which they
    then replace: nobody asked for their ids, because they came too late or were not folded."""

    day: int
    events: int
    replacing: int


def entries(events: "Rows | None", refused: Iterable[Place], steps: Sequence[Step], after_seq: int) -> Counter[Entry]:
    """What the ledger books for these rows and for those that were refused; only frames after `after_seq` count."""
    booked: Counter[Entry] = Counter()
    if events is not None:
        for minute_ms, project_id, count in _per_minute(events, steps, after_seq):
            booked[minute_ms, project_id, STORED] += count
    for project_id, seq in refused:
        if seq > after_seq:
            booked[_minute_of(seq, steps), project_id, REFUSED] += 1
    return booked


def _per_minute(events: Rows, steps: Sequence[Step], after_seq: int) -> Iterable[tuple[int, str, int]]:
    seqs = events["src_seq"]
    for (first_seq, minute_ms), (next_seq, _) in pairwise([*steps, (_NO_END, 0)]):
        rows = events
        if len(steps) > 1 or first_seq <= after_seq:  # else all rows are of this minute, and none needs a look
            first_seq = max(first_seq, after_seq + 1)
            rows = events.filter(pc.and_(pc.greater_equal(seqs, first_seq), pc.less(seqs, next_seq)))
        yield from ((minute_ms, project_id, count) for project_id, count in _counts(rows["project_id"]))


def _minute_of(seq: int, steps: Sequence[Step]) -> int:
    return steps[bisect_right(steps, (seq, _NO_END)) - 1][1]


def days(events: Rows, unsure: int) -> list[Day]:
    """`unsure`: how many more may be copies, of whichever day."""
    dates = events["timestamp"].cast(pa.date32())
    copies = dict(_counts(dates.filter(_may_replace(events))))
    return sorted(
        Day(int(date.strftime("%Y%m%d")), count, min(count, copies.get(date, 0) + unsure))
        for date, count in _counts(dates)
    )


def _may_replace(events: Rows) -> Any:
    """A row each: true or false."""
    found = pa.repeat(pa.scalar(False), events.num_rows)
    if "late" in events.column_names:
        found = pc.or_(found, pc.fill_null(pc.equal(events["late"], 1), False))
    if "flags" in events.column_names:
        unfolded = pc.bit_wise_and(events["flags"], pa.scalar(OVERFLOWED | ISOLATED, pa.uint8()))
        found = pc.or_(found, pc.fill_null(pc.greater(unfolded, 0), False))
    return found


def _counts(values: Any) -> list[tuple[Any, int]]:
    return [(found["values"], found["counts"]) for found in pc.value_counts(values).to_pylist()]
