"""One journal frame as the columns of every table it touches. Pure: the same frame always gives the same rows."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from engine.wire import AnomalyRow, BadRow, Batch, Event, Outcome, Summary
from persistence.event_columns import event_columns
from persistence.ports import Columns
from persistence.summary_rows import DAY_MS, sessions_columns
from persistence.tables import ANOMALIES, BAD_ROWS, EVENTS, SESSIONS

_json = msgspec.json.Encoder()


class Origin(NamedTuple):
    """Where the rows come from: written beside each, so that a row can be traced to its frame."""

    shard: int
    seq: int

    def columns(self, rows: int) -> Columns:
        return {"src_shard": [self.shard] * rows, "src_seq": [self.seq] * rows}


def tables_of(batch: Batch[Event], outcome: Outcome, origin: Origin) -> dict[str, Columns]:
    """{table: columns}, only the tables that get rows."""
    tables = {
        EVENTS.name: event_columns(batch, outcome),
        ANOMALIES.name: _anomalies(outcome.anomalies),
        SESSIONS.name: _sessions(outcome.summaries, origin),
        BAD_ROWS.name: _bad_rows(batch.bad_rows),
    }
    return {table: columns | origin.columns(length(columns)) for table, columns in tables.items() if columns}


def length(columns: Columns) -> int:
    """How many rows; every table has a project."""
    return len(columns["project_id"])


def days_of(tables: Mapping[str, Columns]) -> set[tuple[str, int]]:
    """(project, day since 1970) of the events: the days whose counts these rows change."""
    events = tables.get(EVENTS.name)
    if events is None:
        return set()
    return {
        (project_id, at_ms // DAY_MS)
        for project_id, at_ms in zip(events["project_id"], events["timestamp"], strict=True)
    }


def _sessions(summaries: Sequence[Summary], origin: Origin) -> Columns:
    if not summaries:
        return {}
    return sessions_columns(summaries, src_shard=origin.shard, src_seqs=[origin.seq] * len(summaries))


def _anomalies(rows: Sequence[AnomalyRow]) -> Columns:
    if not rows:
        return {}
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
    if not rows:
        return {}
    return {
        "project_id": [row.project_id for row in rows],
        "received_at": [row.received_ms for row in rows],
        "code": [row.code for row in rows],
        "message": [row.message for row in rows],
        "original": [row.original for row in rows],
        "src_index": list(range(len(rows))),
    }
