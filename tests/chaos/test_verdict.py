"""The verdict on a record and the rows: each fault is named, and nothing is named that is right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.wire import ISOLATED
from tests.chaos.record import Record, Sent
from tests.chaos.rows import Rows
from tests.chaos.verdict import judge


def sent(name: str, *, is_valid: bool = True) -> Sent:
    return Sent({"event_id": name, "session_id": "s", "event_type": "click"}, is_valid=is_valid)


def row(name: str, seq: int = 1, index: int = 0, *, flags: int = 0) -> dict[str, Any]:
    return {"event_id": name, "flags": flags, "src_shard": 0, "src_seq": seq, "src_index": index}


def rows(*events: dict[str, Any], bad: tuple[bytes, ...] = (b'{"event_id":"c-bad-1"}',)) -> Rows:
    final = {event["event_id"]: 1 for event in events}
    return Rows(events=list(events), final=final, anomalies=[], bad_rows=list(bad))


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    """ "a" was acked, "b" was sent only, "c-bad-1" was refused."""
    record = Record(tmp_path / "record.jsonl")
    record.sending([sent("a"), sent("c-bad-1", is_valid=False)])
    record.answered([sent("a"), sent("c-bad-1", is_valid=False)])
    record.sending([sent("b")])
    yield record
    record.close()


def test_all_is_well_whether_or_not_the_event_without_an_answer_is_there(record: Record) -> None:
    assert judge(record, rows(row("a"))) == (0, 0, [])
    assert judge(record, rows(row("a"), row("b", 2))) == (0, 0, [])


def test_an_acked_event_that_is_not_there_is_lost(record: Record) -> None:
    assert judge(record, rows(row("b"))) == (1, 0, ["1 acked events are not stored: a"])


def test_an_event_in_two_rows_is_doubled(record: Record) -> None:
    verdict = judge(record, rows(row("a"), row("a", 2)))
    assert verdict == (0, 1, ["1 events are stored more than once: a"])
    merged = rows(row("a"))._replace(final={"a": 2})
    assert judge(record, merged).doubled == 1


def test_a_row_that_was_written_twice_is_seen_by_its_place(record: Record) -> None:
    verdict = judge(record, rows(row("a"), row("b")))
    assert verdict.problems == ["1 rows come from the same place in a journal: (0, 1, 0)"]


@pytest.mark.parametrize(
    ("stored", "problem"),
    [
        (rows(row("a"), row("x", 2)), "1 events are stored that nobody sent: x"),
        (rows(row("a"), row("c-bad-1", 2)), "1 invalid events are stored as valid ones: c-bad-1"),
        (rows(row("a", flags=ISOLATED)), "1 innocent events are isolated: a"),
        (rows(row("a"), bad=()), "1 refused events are not in bad_rows: c-bad-1"),
        (
            rows(row("a"), bad=(b'"c-bad-1"', b'"c-bad-2"')),
            "1 events are in bad_rows that are not invalid: c-bad-2",
        ),
    ],
)
def test_what_should_not_be_there_is_named(record: Record, stored: Rows, problem: str) -> None:
    assert judge(record, stored).problems == [problem]


def test_a_refused_event_may_be_kept_more_than_once(record: Record) -> None:
    assert judge(record, rows(row("a"), bad=(b'"c-bad-1"', b'"c-bad-1"'))).problems == []


def test_a_wrong_answer_is_a_problem(record: Record) -> None:
    record.surprise("Answer 500.")
    assert judge(record, rows(row("a"))).problems == ["1 answers were wrong: Answer 500."]
