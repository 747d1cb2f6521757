"""The list of tables agrees with the wire schema and with itself."""

import pytest

from engine.analysis import Summary
from engine.device import Device
from engine.errors import OperatorError
from persistence.summary_rows import sessions_columns, summary_of
from persistence.table import Table
from persistence.tables import DEVICE, PROVENANCE, SESSIONS, TABLES, default_of, table_named
from tests.persistence.store_rows import full_summary


@pytest.mark.parametrize(
    ("column_type", "default"),
    [
        ("String", ""),
        ("LowCardinality(String)", ""),
        ("UInt16", 0),
        ("Date", 0),
        ("DateTime64(3, 'UTC')", 0),
        ("Nullable(Int32)", None),
        ("Nullable(DateTime64(3, 'UTC'))", None),
        ("Array(LowCardinality(String))", []),
    ],
)
def test_each_type_has_the_default_of_the_database(column_type: str, default: object) -> None:
    assert default_of(column_type) == default


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_keys_and_versions_are_columns(table: Table) -> None:
    assert {*table.key, table.version} - {""} <= table.columns.keys()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_nothing_that_a_resend_may_change_is_in_a_key(table: Table) -> None:
    assert not {"received_at", "generation", "src_shard", "src_seq", "src_index", "user_id"} & set(table.key) - (
        {"generation"} if table.name in ("sessions", "anomalies") else set()
    )


def test_device_columns_are_the_device() -> None:
    assert tuple(DEVICE) == Device.__struct_fields__


def test_a_summary_row_fills_every_column() -> None:
    columns = sessions_columns([full_summary("p")])
    assert {*columns, *PROVENANCE} == SESSIONS.columns.keys()
    assert all(value for [value] in columns.values())


def test_a_summary_keeps_every_field() -> None:
    stored = full_summary("p")
    defaults = Summary("", "", "", 0, "live", 0, 0, 0)
    same = [name for name in Summary.__struct_fields__ if getattr(stored, name) == getattr(defaults, name)]
    assert same == []
    columns = sessions_columns([stored])
    assert summary_of({name: value for name, [value] in columns.items()}) == stored


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(OperatorError, match="no table `visits`; there are events, sessions"):
        table_named("visits")
