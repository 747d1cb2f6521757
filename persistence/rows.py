"""Journal frames as rows of every table they touch. Pure: the same frames always give the same rows."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from engine.wire import AnomalyRow, BadRow, Batch, Event, Outcome
from persistence.columns import Columns, joined, length, merged, typed
from persistence.event_columns import event_columns
from persistence.ports import Rows
from persistence.refused import Refused, fitting, set_aside
from persistence.summary_rows import sessions_columns
from persistence.table import Table
from persistence.tables import ANOMALIES, BAD_ROWS, EVENTS, SESSIONS

_json = msgspec.json.Encoder()


class Origin(NamedTuple):
    """The frame the rows come from: written beside each, so that a row can be traced to it."""

    shard: int
    seq: int
    received_ms: int

    def beside(self, columns: Columns) -> Columns:
        rows = length(columns)
        return {**columns, "src_shard": [self.shard] * rows, "src_seq": [self.seq] * rows}


class Part(NamedTuple):
    """What one frame brought."""

    batch: Batch[Event]
    outcome: Outcome
    origin: Origin

    @property
    def rows(self) -> int:
        """At most so many come of it: duplicates are not stored."""
        return sum(map(len, (self.batch.events, self.batch.bad_rows, self.outcome.summaries, self.outcome.anomalies)))


def tables_of(parts: Sequence[Part]) -> tuple[dict[str, Rows], list[Refused]]:
    """{table: rows}, only the tables that get rows. A row of which a column cannot hold the value becomes a bad row;
    which those were."""
    tables: dict[str, Rows] = {}
    refused: list[Refused] = []
    for table in (EVENTS, ANOMALIES, SESSIONS, BAD_ROWS):
        columns = merged([part.origin.beside(found) for part in parts if (found := _columns(table, part))])
        if columns:
            tables[table.name], unfit = fitting(table, columns)
            refused += unfit
    if refused:
        bad_rows = typed(BAD_ROWS, set_aside(refused, parts[-1].origin.received_ms))
        tables[BAD_ROWS.name] = joined([tables.get(BAD_ROWS.name, bad_rows[:0]), bad_rows])
    return {name: rows for name, rows in tables.items() if rows.num_rows}, refused


def _columns(table: Table, part: Part) -> Columns:
    """{} when the frame has no row for the table."""
    batch, outcome = part.batch, part.outcome
    if table is EVENTS:
        return event_columns(batch, outcome) if batch.events else {}
    if table is ANOMALIES:
        return _anomalies(outcome.anomalies) if outcome.anomalies else {}
    if table is SESSIONS:
        return sessions_columns(outcome.summaries) if outcome.summaries else {}
    return _bad_rows(batch.bad_rows) if batch.bad_rows else {}


def _anomalies(rows: Sequence[AnomalyRow]) -> Columns:
    anomalies = [row.anomaly for row in rows]
    return {
        "project_id": [row.project_id for row in rows],
        "session_id": [row.session_id for row in rows],
        "generation": [row.generation for row in rows],
        "user_id": [row.user_id for row in rows],
        "anomaly_id": [anomaly.id for anomaly in anomalies],
        "type": [anomaly.type for anomaly in anomalies],
        "severity": [anomaly.severity for anomaly in anomalies],
        "description": [anomaly.description for anomaly in anomalies],
        "started_at": [anomaly.started_ms for anomaly in anomalies],
        "detected_at": [anomaly.detected_ms for anomaly in anomalies],
        "version": [anomaly.version for anomaly in anomalies],
        "event_ids": [anomaly.event_ids for anomaly in anomalies],
        "details": [_json.encode(anomaly.details).decode() for anomaly in anomalies],
        "status": [anomaly.status for anomaly in anomalies],
        "rule_version": [anomaly.rule_version for anomaly in anomalies],
        "last_at": [anomaly.last_ms or anomaly.detected_ms for anomaly in anomalies],
        "thresholds": [_json.encode(anomaly.thresholds).decode() for anomaly in anomalies],
    }


def _bad_rows(rows: Sequence[BadRow]) -> Columns:
    return {
        "project_id": [row.project_id for row in rows],
        "received_at": [row.received_ms for row in rows],
        "code": [row.code for row in rows],
        "message": [row.message for row in rows],
        "original": [row.original for row in rows],
        "src_index": range(len(rows)),
    }
