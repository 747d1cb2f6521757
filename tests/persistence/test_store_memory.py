"""The store in memory holds the contract, and the failing one fails as told."""

import pytest

from engine.errors import OperatorError, Wait
from persistence.memory import FailingStore, Failure, MemoryStore
from persistence.ports import EventFilter, SessionFilter, StatsFilter, Store
from tests.persistence.store_contract import StoreContract
from tests.persistence.store_rows import FEBRUARY_MS, RowsOf, bad_rows, event_rows, full_summary, put_summaries


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()

    @pytest.fixture
    def rows_of(self, store: MemoryStore) -> RowsOf:
        return lambda table, project: [row for row in store.rows(table) if row["project_id"] == project]


def stored(store: Store) -> int:
    return store.stats(StatsFilter("p", 0, FEBRUARY_MS * 2)).total


def test_tokens_beyond_the_window_are_forgotten() -> None:
    store = MemoryStore(token_window=2)
    for token in ("a", "b", "c", "a", "c"):
        store.insert("bad_rows", bad_rows("p", "x"), token=token)
    assert len(store.rows("bad_rows")) == 4


def test_a_failure_before_stores_nothing() -> None:
    store = FailingStore(MemoryStore(), failures=[Failure(Wait("down"))])
    with pytest.raises(Wait, match="down"):
        store.insert("events", event_rows("p", ("e1", FEBRUARY_MS)), token="t")
    assert stored(store) == 0


def test_a_failure_after_has_stored_the_rows() -> None:
    store = FailingStore(MemoryStore(), failures=[Failure(Wait("lost"), when="after")])
    with pytest.raises(Wait, match="lost"):
        store.insert("events", event_rows("p", ("e1", FEBRUARY_MS)), token="t")
    assert stored(store) == 1


def test_failures_come_in_turn_and_then_end() -> None:
    store = FailingStore(MemoryStore(), failures=[None])
    store.fail_next(Failure(OperatorError("wrong")))
    store.refresh_daily([])
    with pytest.raises(OperatorError, match="wrong"):
        store.refresh_daily([])
    store.refresh_daily([])


def test_a_failing_store_reads_like_the_one_below() -> None:
    store = FailingStore(MemoryStore())
    put_summaries(store, full_summary("p"))
    store.insert("events", event_rows("p", ("e1", FEBRUARY_MS)), token="t")
    assert store.migrate() == 1
    assert store.session("p", "s1", None) == full_summary("p")
    assert store.sessions(SessionFilter("p")) == [full_summary("p")]
    assert [event.event_id for event in store.events(EventFilter("p", session_id="s1"))] == ["e1"]
    store.ping()
    store.close()
