"""The ledger and the audit of the store as JSON.

Always: received = accepted + duplicate + late + unfolded + rejected, and for each sink
stored + refused + pending = accepted + late + unfolded. Nothing here makes it so; `pending` alone is a difference.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from actors.ports import LedgerReport, ShardAudit
from engine.ledger import RECEIVED, REFUSED, REJECTED, STORED, Booked
from gateway.timestamps import iso


class SinkCounts(msgspec.Struct):
    """`refused` by the store: kept in `bad_rows`. `pending`: on disk here, not yet stored."""

    sink: str
    stored: int
    refused: int
    pending: int


class LedgerCounts(msgspec.Struct):
    """`accepted` in time; `unfolded`: stored without being looked at."""

    received: int
    accepted: int
    duplicate: int
    late: int
    unfolded: int
    unfolded_by_reason: dict[str, int]
    rejected: int
    rejected_by_code: dict[str, int]
    sinks: list[SinkCounts]


class ProjectCounts(LedgerCounts, kw_only=True):
    project_id: str


class ShardCounts(LedgerCounts, kw_only=True):
    shard: int


class LedgerView(msgspec.Struct):
    """`started_at`, `ended_at`: the whole minutes that were counted; null = up to now."""

    started_at: str
    ended_at: str | None
    total: LedgerCounts
    projects: list[ProjectCounts]
    shards: list[ShardCounts]


class FrameRange(msgspec.Struct):
    first_seq: int
    last_seq: int


class LostDay(msgspec.Struct):
    """`date` of the events' own time."""

    date: str
    rows: int


class ShardAuditView(msgspec.Struct):
    """`gaps`: frames that no chunk held; `rows_replaced`: missing, and accounted for by copies that came later;
    `repeated`: frames that were sent twice. `is_sound`: no gap, nothing lost, nothing doubled."""

    shard: int
    journal_id: str
    is_sound: bool
    chunks: int
    first_seq: int
    last_seq: int
    rows_expected: int
    rows_found: int
    rows_missing: int
    rows_replaced: int
    rows_lost: int
    rows_doubled: int
    gaps: list[FrameRange]
    repeated: list[FrameRange]
    lost_days: list[LostDay]
    sql: str


class AuditView(msgspec.Struct):
    is_sound: bool
    shards: list[ShardAuditView]


_UNFOLDED = ("overflow", "quarantined")


def ledger_view(report: LedgerReport) -> LedgerView:
    projects = sorted({one.project_id for one in report.booked})
    shards = sorted({one.shard for one in report.booked})
    return LedgerView(
        started_at=iso(max(0, report.from_ms)),
        ended_at=None if report.to_ms is None else iso(report.to_ms),
        total=LedgerCounts(**_counts(report.booked, report.sinks)),
        projects=[
            ProjectCounts(
                project_id=name, **_counts([one for one in report.booked if one.project_id == name], report.sinks)
            )
            for name in projects
        ],
        shards=[
            ShardCounts(shard=shard, **_counts([one for one in report.booked if one.shard == shard], report.sinks))
            for shard in shards
        ],
    )


def _counts(booked: Iterable[Booked], sinks: Sequence[str]) -> dict[str, Any]:
    """The fields of `LedgerCounts`."""
    sums: Counter[tuple[str, str]] = Counter()
    for one in booked:
        sums[one.sink, one.name] += one.count
    unfolded = {name: sums["", name] for name in _UNFOLDED}
    rejected = {
        name.removeprefix(REJECTED): count for (_, name), count in sorted(sums.items()) if name.startswith(REJECTED)
    }
    accepted, late = sums["", "accepted"], sums["", "late"]
    to_store = accepted + late + sum(unfolded.values())
    return {
        "received": sums["", RECEIVED],
        "accepted": accepted,
        "duplicate": sums["", "duplicate"],
        "late": late,
        "unfolded": sum(unfolded.values()),
        "unfolded_by_reason": unfolded,
        "rejected": sum(rejected.values()),
        "rejected_by_code": rejected,
        "sinks": [_sink(sink, sums[sink, STORED], sums[sink, REFUSED], to_store) for sink in sinks],
    }


def _sink(sink: str, stored: int, refused: int, to_store: int) -> SinkCounts:
    return SinkCounts(sink, stored, refused, to_store - stored - refused)


def audit_view(audits: Iterable[ShardAudit]) -> AuditView:
    shards = [_shard_audit(found) for found in audits]
    return AuditView(all(shard.is_sound for shard in shards), shards)


def _shard_audit(found: ShardAudit) -> ShardAuditView:
    audit = found.audit
    return ShardAuditView(
        shard=found.shard,
        journal_id=found.journal_id,
        is_sound=audit.is_sound,
        chunks=audit.ranges,
        first_seq=audit.first_seq,
        last_seq=audit.last_seq,
        rows_expected=audit.expected,
        rows_found=audit.found,
        rows_missing=audit.replaced + audit.lost,
        rows_replaced=audit.replaced,
        rows_lost=audit.lost,
        rows_doubled=audit.doubled,
        gaps=[FrameRange(*gap) for gap in audit.gaps],
        repeated=[FrameRange(*run) for run in audit.repeated],
        lost_days=[LostDay(_date(day), rows) for day, rows in audit.lost_days],
        sql=found.sql,
    )


def _date(day: int) -> str:
    """20260102 -> "2026-01-02"."""
    return f"{day // 10_000}-{day // 100 % 100:02}-{day % 100:02}"
