"""The client's record beside the rows in the store: what was lost, what was doubled, and what should not be there."""

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from engine.wire import ISOLATED
from tests.chaos.record import Record
from tests.chaos.rows import Row, Rows

_SHOWN: Final = 5
_NAMED: Final = re.compile(rb"[A-Za-z0-9-]+-bad-[0-9]+")


class Verdict(NamedTuple):
    """`lost`: acked events that are not in the store; `doubled`: events that are there twice after a merge, or in two
    rows with different places. `problems`: one sentence each, [] = everything holds."""

    lost: int
    doubled: int
    problems: list[str]


def judge(record: Record, rows: Rows) -> Verdict:
    copies = Counter(row["event_id"] for row in rows.events)
    lost = record.acked - rows.final.keys()
    doubled = {name for name, count in copies.items() if count > 1}
    doubled |= {name for name, count in rows.final.items() if count > 1}
    refused = Counter(name.decode() for original in rows.bad_rows for name in _NAMED.findall(original))
    problems = [
        *told("acked events are not stored", lost),
        *told("events are stored more than once", doubled),
        *told("events are stored that nobody sent", rows.final.keys() - record.sent - record.invalid),
        *told("invalid events are stored as valid ones", rows.final.keys() & record.invalid),
        *told("refused events are not in bad_rows", record.refused - refused.keys()),
        *told("events are in bad_rows that are not invalid", refused.keys() - record.invalid),
        *told("innocent events are isolated", {row["event_id"] for row in rows.events if row["flags"] & ISOLATED}),
        *told("rows come from the same place in a journal", _shared_places(rows.events)),
        *told("answers were wrong", record.surprises),
    ]
    return Verdict(len(lost), len(doubled), problems)


def _shared_places(events: Iterable[Row]) -> set[tuple[int, int, int]]:
    places = Counter((row["src_shard"], row["src_seq"], row["src_index"]) for row in events)
    return {place for place, count in places.items() if count > 1}


def told(what: str, found: Collection[object]) -> list[str]:
    """["2 acked events are not stored: a, b"], or [] when there is nothing to tell."""
    if not found:
        return []
    shown = ", ".join(sorted(map(str, found))[:_SHOWN])
    return [f"{len(found)} {what}: {shown}{' …' if len(found) > _SHOWN else ''}"]
