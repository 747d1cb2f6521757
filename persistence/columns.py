"""The rows of a table as Arrow columns: made once per frame, then joined, cut and sent without touching a value again.

The values are still in the CPU's cache when a frame has just been decoded, which is what makes this cheap.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any, Final

import pyarrow as pa

from engine.errors import OperatorError
from persistence.ports import Rows
from persistence.table import Table

Columns = Mapping[str, Sequence[Any]]  # column name -> values, all of one length

_SIMPLE: Final[Mapping[str, pa.DataType]] = {
    "String": pa.string(),
    "UInt8": pa.uint8(),
    "UInt16": pa.uint16(),
    "UInt32": pa.uint32(),
    "UInt64": pa.uint64(),
    "Int16": pa.int16(),
    "Int32": pa.int32(),
    "Int64": pa.int64(),
    "Float64": pa.float64(),
    "Date": pa.date32(),
    "DateTime64(3, 'UTC')": pa.timestamp("ms"),
}

_COUNTED: Final[Mapping[pa.DataType, pa.DataType]] = {pa.timestamp("ms"): pa.int64(), pa.date32(): pa.int32()}


@cache
def arrow_type(column_type: str) -> pa.DataType:
    """The Arrow type that holds a ClickHouse type. Arrow's columns may hold nulls anyway."""
    outer, _, inner = column_type.removesuffix(")").partition("(")
    if outer == "Array":
        return pa.list_(arrow_type(inner))
    if outer in ("Nullable", "LowCardinality"):
        return arrow_type(inner)
    return _SIMPLE[column_type]


def typed(table: Table, columns: Columns) -> Rows:
    """A column may be left out and a value may be None: then the database puts its default there.

    Raises `OperatorError` for a column that the table lacks, a value that its column cannot hold, and for columns of
    different lengths.
    """
    table.require(columns)
    arrays = [_array(table, name, values) for name, values in columns.items()]
    lengths = sorted({len(array) for array in arrays})
    if len(lengths) > 1:
        msg = f"The columns for table `{table.name}` have different lengths: {lengths}."
        raise OperatorError(msg)
    return pa.table(arrays, names=list(columns))


def length(columns: Columns) -> int:
    return len(next(iter(columns.values()), ()))


def merged(parts: Sequence[Columns]) -> Columns:
    """One after the other, before they are typed; {} for no part."""
    if len(parts) < 2:
        return parts[0] if parts else {}
    lengths = [length(part) for part in parts]
    columns: dict[str, list[Any]] = {name: [] for part in parts for name in part}
    for part, rows in zip(parts, lengths, strict=True):
        for name, values in columns.items():
            values += part.get(name) or repeat(None, rows)
    return columns


def joined(parts: Sequence[Rows]) -> Rows:
    """One after the other; what a part lacks is null in its rows. At least one part."""
    return pa.concat_tables(parts, promote_options="default")


def plain(rows: Rows) -> list[dict[str, Any]]:
    """The rows as values again: times in Unix milliseconds, dates in days since 1970-01-01."""
    fields = [field.with_type(_COUNTED.get(field.type, field.type)) for field in rows.schema]
    found: list[dict[str, Any]] = rows.cast(pa.schema(fields)).to_pylist()
    return found


def _array(table: Table, name: str, values: Sequence[Any]) -> pa.Array:
    kind = pa.binary() if name in table.foreign_bytes else arrow_type(table.columns[name])
    try:
        return pa.array(values, type=kind)
    except (pa.ArrowException, OverflowError, ValueError) as error:
        msg = f"Column `{name}` of table `{table.name}` cannot hold a value: {error}."
        raise OperatorError(msg) from error
