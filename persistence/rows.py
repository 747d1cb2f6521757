"""One journal frame as rows of every table it touches. Pure: the same frame always gives the same rows."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from engine.wire import AnomalyRow, BadRow, Batch, Event, Outcome
from persistence.columns import Columns, joined, length, typed
from persistence.event_columns import event_columns
from persistence.ports import Rows
from persistence.refused import Refused, fitting, set_aside
from persistence.summary_rows import sessions_columns
from persistence.tables import ANOMALIES, BAD_ROWS, EVENTS, SESSIONS, Table

_json = msgspec.json.Encoder()


class Origin(NamedTuple):
    """The frame the rows come from: written beside each, so that a row can be traced to it."""

    shard: int
    seq: int
    received_ms: int

    def beside(self, columns: Columns) -> Columns:
        rows = length(columns)
        return {**columns, "src_shard": [self.shard] * rows, "src_seq": [self.seq] * rows}


def tables_of(batch: Batch[Event], outcome: Outcome, origin: Origin) -> dict[str, Rows]:
    """{table: rows}, only the tables that get rows. A row of which a column cannot hold the value becomes a bad row."""
    tables: dict[str, Rows] = {}
    refused: list[Refused] = []
    for table, columns in _columns_by_table(batch, outcome):
        if length(columns):
            tables[table.name], unfit = fitting(table, origin.beside(columns))
            refused += unfit
    if refused:
        bad_rows = typed(BAD_ROWS, set_aside(refused, origin.received_ms))
        tables[BAD_ROWS.name] = joined([tables.get(BAD_ROWS.name, bad_rows[:0]), bad_rows])
    return {name: rows for name, rows in tables.items() if rows.num_rows}


def _columns_by_table(batch: Batch[Event], outcome: Outcome) -> Sequence[tuple[Table, Columns]]:
    return (
        (EVENTS, event_columns(batch, outcome)),
        (ANOMALIES, _anomalies(outcome.anomalies)),
        (SESSIONS, sessions_columns(outcome.summaries)),
        (BAD_ROWS, _bad_rows(batch.bad_rows)),
    )


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
