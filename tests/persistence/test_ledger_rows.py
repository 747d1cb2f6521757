"""Any range of whole minutes adds up, however its ends lie to the hours."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.ledger import MINUTE_MS
from persistence.ledger_rows import HOUR_MS, SCHEMA, LedgerRows, Page

BEGIN = 1_767_355_200_000
MINUTES = 4 * 60
PATH = Path("sinks.db")


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(":memory:")
    found.executescript(SCHEMA)
    yield found
    found.close()


@pytest.fixture(scope="module")
def filled() -> Iterator[LedgerRows]:
    db = sqlite3.connect(":memory:")
    db.executescript(SCHEMA)
    rows = LedgerRows(db, PATH)
    for half in range(2):
        rows.write(Page({(BEGIN + m * MINUTE_MS, "p", "received"): m + 1 for m in range(half, MINUTES, 2)}))
    yield rows
    db.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(-5, MINUTES + 5), st.integers(-5, MINUTES + 5))
def test_a_range_is_the_sum_of_its_minutes(filled: LedgerRows, first: int, end: int) -> None:
    found = filled.sums(BEGIN + first * MINUTE_MS, BEGIN + end * MINUTE_MS)
    expected = sum(m + 1 for m in range(max(0, first), min(MINUTES, end)))
    assert found == ([("p", "received", expected)] if expected else [])


def test_counts_of_one_minute_add_up_and_sources_do_not_mix(db: sqlite3.Connection) -> None:
    for source, counts in (("a", (1, 2)), ("b", (10,))):
        for count in counts:
            LedgerRows(db, PATH, source).write(Page({(BEGIN, "p", "stored"): count, (BEGIN, "q", "stored"): 1}))
    assert LedgerRows(db, PATH, "a").sums(0, 2**62) == [("p", "stored", 3), ("q", "stored", 2)]
    assert LedgerRows(db, PATH, "b").sums(0, 2**62) == [("p", "stored", 10), ("q", "stored", 1)]


def test_what_begins_before_a_time_is_forgotten_whosever_it_is(db: sqlite3.Connection) -> None:
    for source in ("a", "b"):
        LedgerRows(db, PATH, source).write(Page(Counter({(BEGIN + h * HOUR_MS, "p", "stored"): 1 for h in range(3)})))
    LedgerRows(db, PATH, "a").write(Page({}, forget_before_ms=BEGIN + 2 * HOUR_MS))
    for source in ("a", "b"):
        assert LedgerRows(db, PATH, source).sums(0, 2**62) == [("p", "stored", 1)]
    assert db.execute("SELECT count(*) FROM ledger").fetchone() == (4,)
