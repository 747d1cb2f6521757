"""Rows that the store refuses end in bad_rows with the reason; their neighbours end where they belong."""

import json
from collections.abc import Collection

import pytest

from engine.errors import OperatorError, Wait
from persistence.chunk import Chunk, chunk_of
from persistence.delivery import Delivery
from persistence.memory import FailingStore, Failure, MemoryStore
from persistence.plan import Source
from persistence.ports import Store
from tests.persistence.frames import NOON_MS, bad_row, batch_frame, event, outcome_of, summary, unpacked
from tests.persistence.picky import PickyStore

SOURCE = Source(sink="clickhouse", shard=2, journal_id="j1")


def chunk(events: int, *, sessions: Collection[str] = ()) -> Chunk:
    made = [event(f"e{index}") for index in range(events)]
    outcome = outcome_of(made, summaries=[summary(name) for name in sessions])
    frame = batch_frame(7, made, outcome=outcome, bad_rows=[bad_row()])
    return chunk_of(unpacked(frame, shard=SOURCE.shard))


def delivery(store: Store, of: Chunk, *, max_refusals: int = 200) -> Delivery:
    return Delivery(store=store, source=SOURCE, chunk=of, max_refusals=max_refusals)


def ids(store: MemoryStore) -> list[str]:
    return [row["event_id"] for row in store.rows("events")]


def test_every_table_gets_its_rows() -> None:
    store = MemoryStore()
    made = delivery(store, chunk(2, sessions=["s1"]))
    made.run()
    assert made.rows == {"events": 2, "sessions": 1, "bad_rows": 1}
    assert {table: len(store.rows(table)) for table in made.rows} == made.rows


def test_a_refused_row_is_set_aside_with_reason_and_content() -> None:
    store = PickyStore(refuses={"e3"})
    made = delivery(store, chunk(8))
    made.run()
    assert ids(store) == ["e0", "e1", "e2", "e4", "e5", "e6", "e7"]
    [set_aside] = [row for row in store.rows("bad_rows") if row["code"] == "store_refused"]
    assert json.loads(set_aside.pop("original"))["event_id"] == "e3"
    assert set_aside == {
        "project_id": "default",
        "received_at": NOON_MS,
        "code": "store_refused",
        "message": "Table `events` refused the row: `e3` has the wrong type.",
        "src_shard": 2,
        "src_seq": 7,
        "src_index": 3,
    }
    assert made.rows == {"events": 7, "bad_rows": 2}
    assert made.refused == ["events: `e3` has the wrong type."]


def test_finding_one_row_of_a_thousand_takes_a_few_inserts() -> None:
    store = PickyStore(refuses={"e700"})
    delivery(store, chunk(1_000)).run()
    assert len(ids(store)) == 999
    assert store.inserts < 30


def test_a_refused_summary_does_not_hold_up_the_others() -> None:
    store = PickyStore(refuses={"s2"})
    delivery(store, chunk(1, sessions=["s1", "s2", "s3"])).run()
    assert [row["session_id"] for row in store.rows("sessions")] == ["s1", "s3"]


def test_sending_a_chunk_with_a_refused_row_again_adds_nothing() -> None:
    store = PickyStore(refuses={"e1"})
    for _ in range(2):
        delivery(store, chunk(4)).run()
    assert (ids(store), len(store.rows("bad_rows"))) == (["e0", "e2", "e3"], 2)


def test_a_table_that_takes_no_row_at_all_is_not_the_fault_of_its_rows() -> None:
    store = PickyStore(refuses={f"e{index}" for index in range(4)})
    with pytest.raises(OperatorError, match="`e0` has the wrong type"):
        delivery(store, chunk(4)).run()
    assert store.rows("bad_rows") == []


def test_a_single_row_that_is_refused_cannot_be_told_from_a_refusing_table() -> None:
    store = PickyStore(refuses={"e0"})
    with pytest.raises(OperatorError):
        delivery(store, chunk(1)).run()
    assert store.inserts == 1


def test_the_search_for_refused_rows_is_bounded() -> None:
    store = PickyStore(refuses={f"e{index}" for index in range(0, 1_000, 2)})
    with pytest.raises(OperatorError):
        delivery(store, chunk(1_000), max_refusals=50).run()
    assert store.inserts <= 103


def test_refused_bad_rows_are_never_dropped() -> None:
    store = FailingStore(MemoryStore(), failures=[None, Failure(OperatorError("no"))])
    with pytest.raises(OperatorError):
        delivery(store, chunk(1)).run()


def test_after_a_wait_the_delivery_goes_on_with_the_table_that_failed() -> None:
    memory = MemoryStore()
    store = FailingStore(memory, failures=[None, Failure(Wait("busy"))])
    made = delivery(store, chunk(2))
    with pytest.raises(Wait):
        made.run()
    assert made.rows == {"events": 2}
    made.run()
    assert made.rows == {"events": 2, "bad_rows": 1}


def test_a_wait_while_looking_for_the_refused_row_loses_nothing() -> None:
    picky = PickyStore(refuses={"e1"})
    store = FailingStore(picky, failures=[None, None, Failure(Wait("busy"), when="after")])
    made = delivery(store, chunk(4))
    with pytest.raises(Wait):
        made.run()
    made.run()
    assert sorted(ids(picky)) == ["e0", "e2", "e3"]
    assert [row["code"] for row in picky.rows("bad_rows")] == ["store_refused", "invalid_event"]
