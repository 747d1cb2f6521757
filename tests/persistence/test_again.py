import pytest

from engine.errors import Wait
from persistence.again import insert_again
from persistence.memory import FailingStore, Failure, MemoryStore
from persistence.ports import Rows, Store
from tests.persistence.store_rows import FEBRUARY_MS, event_rows

ROWS = event_rows("p", ("e1", FEBRUARY_MS), ("e2", FEBRUARY_MS + 1))


def insert(store: Store) -> None:
    insert_again(store, "events", ROWS, token="t")


def test_rows_whose_token_is_known_and_that_are_not_there_are_inserted() -> None:
    memory = MemoryStore()
    store = FailingStore(memory, failures=[Failure(Wait("killed"), "torn")] * 3)
    for _ in range(3):  # also while it is put right
        with pytest.raises(Wait, match="killed"):
            insert(store)
    insert(store)
    assert [row["event_id"] for row in memory.rows("events")] == ["e1", "e2"]


def test_rows_that_are_there_are_left_alone() -> None:
    class Counting(MemoryStore):
        inserted: int = 0

        def insert(self, table: str, rows: Rows, *, token: str) -> int:
            self.inserted += 1
            return super().insert(table, rows, token=token)

    store = Counting()
    for _ in range(2):
        insert(store)
    assert store.inserted == 2


def test_a_table_that_keeps_nothing_is_an_outage() -> None:
    class Leaking(MemoryStore):
        def insert(self, table: str, rows: Rows, *, token: str) -> int:
            return int(rows.num_rows)

    with pytest.raises(Wait, match="2 rows of `events` were inserted and are not there"):
        insert(Leaking())
