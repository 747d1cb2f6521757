"""The ledger adds up what shards and sinks booked, and says what the store does not hold."""

from typing import Any

import httpx
import pytest

from actors.ports import LedgerReport, ShardAudit
from engine.errors import Wait
from engine.ledger import Booked
from persistence.ports import Audit
from tests.gateway.builders import is_problem
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine

LEDGER = "/api/v1/ledger"
AUDIT = "/api/v1/ledger/audit"
MINUTE_MS = NOW_MS - NOW_MS % 60_000

BOOKED = [
    *(Booked(0, "", "default", name, count) for name, count in (("received", 20), ("accepted", 9), ("duplicate", 3))),
    *(Booked(0, "", "default", name, count) for name, count in (("late", 2), ("overflow", 1), ("quarantined", 2))),
    *(Booked(0, "", "default", f"rejected:{code}", count) for code, count in (("b", 1), ("a", 2))),
    *(Booked(0, "clickhouse", "default", name, count) for name, count in (("stored", 10), ("refused", 1))),
    Booked(1, "", "shop", "received", 4),
    Booked(1, "", "shop", "accepted", 4),
]


def assert_balanced(counts: dict[str, Any]) -> None:
    parts = ("accepted", "duplicate", "late", "unfolded", "rejected")
    assert counts["received"] == sum(counts[part] for part in parts)
    assert counts["unfolded"] == sum(counts["unfolded_by_reason"].values())
    assert counts["rejected"] == sum(counts["rejected_by_code"].values())
    for sink in counts["sinks"]:
        stored = sink["stored"] + sink["refused"] + sink["pending"]
        assert stored == counts["accepted"] + counts["late"] + counts["unfolded"]


async def test_sums_are_given_in_total_by_project_and_by_shard(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.report = LedgerReport(["clickhouse"], BOOKED, MINUTE_MS)
    body = (await client.get(LEDGER)).json()
    of_default = {
        "received": 20,
        "accepted": 9,
        "duplicate": 3,
        "late": 2,
        "unfolded": 3,
        "unfolded_by_reason": {"overflow": 1, "quarantined": 2},
        "rejected": 3,
        "rejected_by_code": {"a": 2, "b": 1},
        "sinks": [{"sink": "clickhouse", "stored": 10, "refused": 1, "pending": 3}],
    }
    of_shop = {
        **dict.fromkeys(("duplicate", "late", "unfolded", "rejected"), 0),
        "received": 4,
        "accepted": 4,
        "unfolded_by_reason": {"overflow": 0, "quarantined": 0},
        "rejected_by_code": {},
        "sinks": [{"sink": "clickhouse", "stored": 0, "refused": 0, "pending": 4}],
    }
    assert body["projects"] == [{**of_default, "project_id": "default"}, {**of_shop, "project_id": "shop"}]
    assert body["shards"] == [{**of_default, "shard": 0}, {**of_shop, "shard": 1}]
    assert (body["total"]["received"], body["total"]["sinks"][0]["pending"]) == (24, 7)
    for counts in (body["total"], *body["projects"], *body["shards"]):
        assert_balanced(counts)


async def test_nothing_received_is_zero_for_every_sink(client: httpx.AsyncClient) -> None:
    body = (await client.get(LEDGER)).json()
    assert (body["total"]["received"], body["projects"], body["shards"]) == (0, [], [])
    assert body["total"]["sinks"] == [{"sink": "clickhouse", "stored": 0, "refused": 0, "pending": 0}]


async def test_the_range_is_by_receive_time_and_the_answer_says_which_minutes_it_is(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.report = LedgerReport(["clickhouse"], [], MINUTE_MS, MINUTE_MS + 60_000)
    body = (await client.get(f"{LEDGER}?started_at={NOW_MS}&ended_at=2026-01-02T03:00:30Z")).json()
    assert engine.wanted_ledger == [(NOW_MS, NOW_MS - 5_678 + 30_000)]
    assert (body["started_at"], body["ended_at"]) == ("2026-01-02T03:00:00.000Z", "2026-01-02T03:01:00.000Z")


async def test_without_a_range_it_is_everything_up_to_now(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    assert (await client.get(LEDGER)).json()["ended_at"] is None
    assert engine.wanted_ledger == [(None, None)]


@pytest.mark.parametrize("url", [LEDGER, AUDIT])
async def test_a_wrong_time_is_named_and_a_part_that_is_away_is_waited_for(
    client: httpx.AsyncClient, engine: FakeEngine, url: str
) -> None:
    assert "`started_at`" in is_problem(await client.get(f"{url}?started_at=soon"), 400, "invalid_parameter")["message"]
    engine.error = Wait("It restarts.", "unavailable")
    is_problem(await client.get(url), 503, "unavailable")


async def test_the_audit_names_what_is_not_there(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    sound = Audit(3, 1, 9, expected=100, found=98, doubled=0, replaced=2, lost=0, repeated=[(4, 5)])
    unsound = Audit(2, 1, 7, 10, 8, doubled=1, replaced=0, lost=2, gaps=[(3, 4)], lost_days=[(20260102, 2)])
    engine.audits = [ShardAudit(0, "j0", sound, "SELECT 0"), ShardAudit(1, "j1", unsound, "SELECT 1")]
    body = (await client.get(f"{AUDIT}?started_at={NOW_MS}")).json()
    assert engine.wanted_ledger == [(NOW_MS, None)]
    assert body == {
        "is_sound": False,
        "shards": [
            {
                "shard": 0,
                "journal_id": "j0",
                "is_sound": True,
                "chunks": 3,
                "first_seq": 1,
                "last_seq": 9,
                "rows_expected": 100,
                "rows_found": 98,
                "rows_missing": 2,
                "rows_replaced": 2,
                "rows_lost": 0,
                "rows_doubled": 0,
                "gaps": [],
                "repeated": [{"first_seq": 4, "last_seq": 5}],
                "lost_days": [],
                "sql": "SELECT 0",
            },
            {
                "shard": 1,
                "journal_id": "j1",
                "is_sound": False,
                "chunks": 2,
                "first_seq": 1,
                "last_seq": 7,
                "rows_expected": 10,
                "rows_found": 8,
                "rows_missing": 2,
                "rows_replaced": 0,
                "rows_lost": 2,
                "rows_doubled": 1,
                "gaps": [{"first_seq": 3, "last_seq": 4}],
                "repeated": [],
                "lost_days": [{"date": "2026-01-02", "rows": 2}],
                "sql": "SELECT 1",
            },
        ],
    }


async def test_the_answers_are_those_that_are_described(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.report = LedgerReport(["clickhouse"], BOOKED)
    schemas = (await client.get("/openapi.json")).json()["components"]["schemas"]
    body = (await client.get(LEDGER)).json()
    described = {"LedgerView": body, "LedgerCounts": body["total"], "ShardCounts": body["shards"][0]}
    for name, answer in described.items():
        assert set(schemas[name]["properties"]) == set(answer)
