"""`persistence/audit.py` over the rows of the store in memory."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from persistence.ports import Audit, AuditFilter

Row = dict[str, Any]


class _Range(NamedTuple):
    """`before_seq`: up to where earlier ranges reach."""

    row: Row
    before_seq: int

    @property
    def is_new(self) -> bool:
        return bool(self.row["first_seq"] > self.before_seq)


def audit(deliveries: Iterable[Row], events: Iterable[Row], wanted: AuditFilter) -> Audit:
    ranges = _ranges(
        [r for r in deliveries if r["journal_id"] == wanted.journal_id and r["last_seq"] <= wanted.upto_seq]
    )
    counted = [
        one for one in ranges if one.row["received_to"] >= wanted.since_ms and one.row["first_seq"] > wanted.after_seq
    ]
    from_seq = min((one.row["first_seq"] for one in counted), default=0)
    expected, replacing = _sent([one.row for one in counted if one.is_new])
    own = [row for row in events if row["src_journal"] == wanted.journal_id and _day(row) in expected]
    inside = [row for row in own if from_seq <= row["src_seq"] <= wanted.upto_seq]
    present = Counter(map(_day, own))
    coming = Counter(_day(row) for row in own if row["src_seq"] > wanted.upto_seq)
    found = Counter(day for day, *_ in {(_day(row), row["src_seq"], row["src_index"]) for row in inside})
    missing = {day: max(0, count - found[day]) for day, count in expected.items()}
    lost = {
        day: count if not present[day] else max(0, count - replacing[day] - coming[day])
        for day, count in missing.items()
    }
    return Audit(
        ranges=len(ranges),
        first_seq=ranges[0].row["first_seq"] if ranges else 0,
        last_seq=max((one.row["last_seq"] for one in ranges), default=0),
        expected=sum(expected.values()),
        found=sum(found.values()),
        doubled=len(inside) - sum(found.values()),
        replaced=sum(missing.values()) - sum(lost.values()),
        lost=sum(lost.values()),
        gaps=_gaps(ranges, wanted),
        repeated=[(o.row["first_seq"], min(o.before_seq, o.row["last_seq"])) for o in ranges if not o.is_new],
        lost_days=[(day, count) for day, count in sorted(lost.items()) if count],
    )


def _ranges(rows: Iterable[Row]) -> list[_Range]:
    found: list[_Range] = []
    reached = 0
    for row in sorted(rows, key=lambda row: (row["first_seq"], row["last_seq"])):
        found.append(_Range(row, reached))
        reached = max(reached, row["last_seq"])
    return found


def _sent(rows: Iterable[Row]) -> tuple[Counter[int], Counter[int]]:
    """Per day: rows sent, and how many of them may have replaced another."""
    sent: Counter[int] = Counter()
    replacing: Counter[int] = Counter()
    for row in rows:
        for day, count, may_replace in zip(row["days"], row["day_events"], row["day_replacing"], strict=True):
            sent[day] += count
            replacing[day] += may_replace
    return sent, replacing


def _gaps(ranges: Sequence[_Range], wanted: AuditFilter) -> list[tuple[int, int]]:
    gaps = []
    reached = wanted.after_seq
    for row, _ in ranges:
        if row["first_seq"] > reached + 1:
            gaps.append((reached + 1, row["first_seq"] - 1))
        reached = max(reached, row["last_seq"])
    return [*gaps, *([(reached + 1, wanted.upto_seq)] if wanted.upto_seq > reached else [])]


def _day(row: Row) -> int:
    return int(datetime.fromtimestamp(row["timestamp"] / 1000, UTC).strftime("%Y%m%d"))
