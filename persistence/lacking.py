"""Which rows a table does not hold: asked for by the key of the table, which its index finds at any size."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa

from persistence.columns import plain
from persistence.ports import Rows
from persistence.queries import Query
from persistence.table import TIME, Table
from persistence.tables import default_of

PAGE: Final = 100  # rows asked for in one query: of the longest ids a server takes no more in one parameter (128 KiB)
Identity = tuple[Any, ...]
Row = Mapping[str, Any]

# Of a table whose rows only add up.
_PLACE: Final = ("project_id", "received_at", "src_shard", "src_seq", "src_index")


def identity_columns(table: Table) -> tuple[str, ...]:
    return table.key or _PLACE


def identities(table: Table, rows: Rows) -> list[tuple[Identity, int]]:
    """Of each row, with its version; 0 where the table has none."""
    wanted = [*identity_columns(table), *([table.version] if table.version else [])]
    given = [name for name in wanted if name in rows.column_names]
    left_out = {name: default_of(table.columns[name]) for name in wanted if name not in given}
    whole = [left_out | row for row in plain(rows.select(given))]
    return [(identity(table, row), row[table.version] if table.version else 0) for row in whole]


def identity(table: Table, row: Row) -> Identity:
    return tuple(row[name] for name in identity_columns(table))


def lacking(rows: Rows, wanted: Sequence[tuple[Identity, int]], found: Mapping[Identity, int]) -> Rows:
    """The rows that are not `found`, or in an older version only."""
    places = [place for place, (key, version) in enumerate(wanted) if found.get(key, -1) < version]
    return rows.take(pa.array(places, type=pa.int64()))


def queries(table: Table, wanted: Sequence[tuple[Identity, int]]) -> Iterator[Query]:
    """Rows of the identity columns and the highest version."""
    columns = identity_columns(table)
    version = f"max({table.version})" if table.version else "0"
    arrays = ", ".join(_array(name, table.columns[name]) for name in columns)
    names = ", ".join(columns)
    sql = (
        f"SELECT {names}, {version} AS highest FROM {table.name} "
        f"WHERE ({names}) IN (SELECT arrayJoin(arrayZip({arrays}))) GROUP BY {names}"
    )
    for start in range(0, len(wanted), PAGE):
        values = zip(*[key for key, _ in wanted[start : start + PAGE]], strict=True)
        yield Query(sql, {name: list(column) for name, column in zip(columns, values, strict=True)}, {})


def _array(name: str, column_type: str) -> str:
    if column_type == TIME:
        return f"arrayMap(ms -> fromUnixTimestamp64Milli(ms, 'UTC'), {{{name}:Array(Int64)}})"
    plain_type = column_type.removeprefix("LowCardinality(").removesuffix(")")
    return f"{{{name}:Array({plain_type})}}"
