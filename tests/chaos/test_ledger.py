"""A ledger that does not add up is seen, wherever in it that is."""

from pathlib import Path
from typing import Any

import pytest

from tests.chaos.ledger import LedgerWatch, faults
from tests.live.serving import Serving


def counts(**changed: Any) -> dict[str, Any]:
    sink = {"sink": "clickhouse", "stored": 5, "refused": 1, "pending": 2}
    sums = {"received": 11, "accepted": 6, "duplicate": 2, "late": 1, "unfolded": 1, "rejected": 1, "sinks": [sink]}
    return {**sums, **changed}


def ledger(**parts: dict[str, Any]) -> dict[str, Any]:
    found = {"total": counts(), "project": counts(project_id="default"), "shard": counts(shard=0), **parts}
    return {"total": found["total"], "projects": [found["project"]], "shards": [found["shard"]]}


def test_sums_that_hold_are_no_problem() -> None:
    assert list(faults(ledger())) == []


@pytest.mark.parametrize("bucket", ["received", "accepted", "duplicate", "late", "unfolded", "rejected"])
def test_a_bucket_that_lacks_one_is_seen(bucket: str) -> None:
    total = counts()
    assert list(faults(ledger(total={**total, bucket: total[bucket] - 1})))


@pytest.mark.parametrize("part", ["total", "project", "shard"])
def test_every_part_is_looked_at(part: str) -> None:
    whole = {"total": counts(), "project": counts(project_id="default"), "shard": counts(shard=0)}
    assert len(list(faults(ledger(**{part: {**whole[part], "received": 12}})))) == 1


def test_more_stored_than_there_was_to_store_is_seen() -> None:
    sink = {"sink": "clickhouse", "stored": 9, "refused": 0, "pending": -1}
    assert list(faults(ledger(total=counts(sinks=[sink]))))


def test_a_ledger_that_never_answers_is_a_problem(tmp_path: Path) -> None:
    watch = LedgerWatch(Serving(tmp_path / "data"))  # nobody serves there
    assert list(watch.settled(0)) == ["the ledger does not answer; it did 0 times before"]
