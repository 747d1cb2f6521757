"""Rows that cannot be stored where they belong: found one by one, and kept in `bad_rows` with the reason."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from engine.errors import OperatorError
from persistence.columns import Columns, joined, typed
from persistence.counted import Place
from persistence.ports import Rows
from persistence.table import Table
from persistence.tables import EVENTS

REFUSED: Final = "store_refused"


class Refused(NamedTuple):
    """`row` is what would have been a row of `table`, by column."""

    table: str
    row: Mapping[str, Any]
    reason: str


def places(refused: Sequence[Refused]) -> list[Place]:
    """Project and frame of the events among them."""
    return [(one.row["project_id"], one.row["src_seq"]) for one in refused if one.table == EVENTS.name]


def fitting(table: Table, columns: Columns) -> tuple[Rows, list[Refused]]:
    """The rows, without those of which a column cannot hold the value."""
    try:
        return typed(table, columns), []
    except OperatorError:
        return _one_by_one(table, columns)


def _one_by_one(table: Table, columns: Columns) -> tuple[Rows, list[Refused]]:
    rows, refused = [typed(table, {})], []
    for values in zip(*columns.values(), strict=True):
        try:
            rows.append(typed(table, {name: [value] for name, value in zip(columns, values, strict=True)}))
        except OperatorError as error:
            refused.append(Refused(table.name, dict(zip(columns, values, strict=True)), error.message))
    return joined(rows), refused


def set_aside(refused: Sequence[Refused], received_ms: int) -> Columns:
    """Every column of `bad_rows`."""
    rows = [one.row for one in refused]
    return {
        "project_id": [row.get("project_id") for row in rows],
        "received_at": [received_ms] * len(rows),
        "code": [REFUSED] * len(rows),
        "message": [f"Table `{one.table}` refused the row: {one.reason}" for one in refused],
        "original": [msgspec.json.encode(row) for row in rows],
        "src_shard": [row["src_shard"] for row in rows],
        "src_seq": [row["src_seq"] for row in rows],
        "src_index": [row.get("src_index") for row in rows],
    }
