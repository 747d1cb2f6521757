"""Columns become typed rows and values again, and what does not fit is named."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import OperatorError
from persistence.columns import Columns, joined, plain, typed
from persistence.table import Table
from persistence.tables import ANOMALIES, BAD_ROWS, EVENTS, SESSIONS, TABLES

_TIMES = st.integers(-(10**14), 10**14)
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "String": st.text(st.characters(exclude_categories=["Cs"])),
    "LowCardinality(String)": st.sampled_from(["a", "b"]),
    "Array(UInt32)": st.lists(st.integers(0, 2**32 - 1)),
    "Array(String)": st.lists(st.text("abc")),
    "Array(LowCardinality(String))": st.lists(st.text("abc")),
    "UInt8": st.integers(0, 2**8 - 1),
    "UInt16": st.integers(0, 2**16 - 1),
    "UInt32": st.integers(0, 2**32 - 1),
    "UInt64": st.integers(0, 2**64 - 1),
    "Int16": st.integers(-(2**15), 2**15 - 1),
    "Int64": st.integers(-(2**63), 2**63 - 1),
    "Date": st.integers(0, 2**16 - 1),
    "DateTime64(3, 'UTC')": _TIMES,
    "Nullable(DateTime64(3, 'UTC'))": st.none() | _TIMES,
    "Nullable(Int32)": st.none() | st.integers(-(2**31), 2**31 - 1),
    "Nullable(UInt8)": st.none() | st.integers(0, 2**8 - 1),
    "Float64": st.floats(allow_nan=False),
    "Nullable(Float64)": st.none() | st.floats(allow_nan=False),
    "Nullable(Int64)": st.none() | st.integers(-(2**63), 2**63 - 1),
}


def _values(table: Table, name: str) -> st.SearchStrategy[Any]:
    return st.binary() if name in table.foreign_bytes else _VALUES[table.columns[name]]


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@given(data=st.data())
def test_values_come_back_as_they_went_in(table: Table, data: st.DataObject) -> None:
    row = st.fixed_dictionaries({name: _values(table, name) for name in table.columns})
    rows = data.draw(st.lists(row, max_size=3))
    assert plain(typed(table, {name: [row[name] for row in rows] for name in table.columns})) == rows


def test_what_a_part_lacks_is_null() -> None:
    parts = [typed(EVENTS, {"url": ["a"], "flags": [1]}), typed(EVENTS, {"url": ["b"], "click_x": [0]})]
    assert plain(joined(parts)) == [
        {"url": "a", "flags": 1, "click_x": None},
        {"url": "b", "flags": None, "click_x": 0},
    ]


@pytest.mark.parametrize(
    ("table", "columns", "said"),
    [
        (EVENTS, {"colour": ["red"]}, "Table `events` has no column `colour`"),
        (EVENTS, {"url": ["a"], "path": ["a", "b"]}, r"for table `events` have different lengths: \[1, 2\]"),
        (
            EVENTS,
            {"screen_width": [70_000]},
            "Column `screen_width` of table `events` cannot hold a value: Value 70000",
        ),
        (EVENTS, {"generation": [-1]}, "`generation`"),
        (EVENTS, {"generation": [2**70]}, "`generation`"),
        (EVENTS, {"generation": ["x"]}, "`generation`"),
        (EVENTS, {"timestamp": [2**63]}, "`timestamp`"),
        (EVENTS, {"url": [1]}, "`url`"),
        (EVENTS, {"url": ["\ud800"]}, "`url`"),
        (SESSIONS, {"anomaly_types": [[1]]}, "`anomaly_types`"),
        (ANOMALIES, {"event_ids": [7]}, "`event_ids`"),
        (BAD_ROWS, {"original": [1]}, "`original`"),
    ],
)
def test_what_does_not_fit_is_the_operators(table: Table, columns: Columns, said: str) -> None:
    with pytest.raises(OperatorError, match=said):
        typed(table, columns)
