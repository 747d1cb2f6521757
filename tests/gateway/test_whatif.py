"""What another rule would have said of the stored sessions: as if it had been in force, and without any change."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from engine.overlay import KINDS, applied
from engine.rules import Rules
from gateway import whatif
from gateway.agent import AgentReader
from persistence.ports import EventFilter, SessionFilter, StoredEvent
from tests.gateway.builders import click, is_problem
from tests.gateway.stored_traffic import RANGE, WHATIF, StoredEngine, ask, found, over, take, troubled
from tests.simulator.traffic import Event

CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("rage_click", {"min_clicks": 2}),
    ("rage_click", {"min_clicks": 12}),
    ("rage_click", {"radius_px": 3}),
    ("rage_click", {"enabled": False}),
    ("repeated_action", {"min_count": 3}),
    ("repeated_action", {"min_count": 9}),
    ("rapid_fire", {"min_gaps": 3, "gap_ms": 400}),
    ("stuck_pattern", {"min_cycles": 9}),
    ("missing_close", {"enabled": False}),
]


@pytest.fixture(scope="module")
def made() -> list[Event]:
    return troubled()


@pytest.fixture(scope="module")
def stored(made: list[Event]) -> StoredEngine:
    engine = StoredEngine()
    take(engine, made, AgentReader())
    return engine


@pytest.fixture
async def asker(stored: StoredEngine, agents: AgentReader) -> AsyncIterator[httpx.AsyncClient]:
    async with over(stored, agents) as client:
        yield client


@pytest.mark.parametrize("kind", KINDS)
async def test_the_rule_in_force_adds_and_removes_nothing(
    asker: httpx.AsyncClient, stored: StoredEngine, kind: str
) -> None:
    body = await ask(asker, kind)
    assert (body["added"], body["removed"], body["skipped"], body["is_truncated"]) == ([], [], {}, False)
    if kind != "sequences":
        assert body["counts"] == {"added": 0, "removed": 0, "unchanged": len(found(stored, kind))}
    assert (body["sessions"], body["events"]) == (
        len(stored.store.sessions(SessionFilter("default", limit=100_000))),
        len(stored.store.rows("events")),
    )


@pytest.mark.parametrize(("kind", "values"), CHANGES)
async def test_it_says_what_the_engine_would_have_said_with_the_other_rule(
    asker: httpx.AsyncClient, stored: StoredEngine, made: list[Event], kind: str, values: dict[str, Any]
) -> None:
    other = StoredEngine()
    take(other, made, AgentReader(), applied(Rules(), {kind: values}))
    before, after = found(stored, kind), found(other, kind)
    body = await ask(asker, kind, set=values)
    counts = body["counts"]
    assert counts["unchanged"] + counts["added"] == len(after)
    assert counts["unchanged"] + counts["removed"] == len(before)
    assert {(item["session_id"], (*item["event_ids"], "")[0]) for item in body["added"]} <= after.keys()
    assert {(item["session_id"], (*item["event_ids"], "")[0]) for item in body["removed"]} <= before.keys()
    assert counts["added"] + counts["removed"] > 0


async def test_each_difference_says_where_when_what_and_why(asker: httpx.AsyncClient) -> None:
    body = await ask(asker, "rage_click", set={"min_clicks": 2})
    item = body["added"][0]
    assert item.keys() == {"session_id", "generation", "started_at", "type", "description", "event_ids", "why"}
    assert (item["type"], item["why"]) == ("rage_click", "min_clicks is 2 in the place of 6")
    assert item["description"]
    assert body["rule"]["min_clicks"] == 2


async def test_a_rule_that_is_switched_off_may_be_tried(stored: StoredEngine, agents: AgentReader) -> None:
    engine = StoredEngine()
    engine.store = stored.store
    await engine.configure("default", {"rage_click": {"enabled": False}}, None)
    async with over(engine, agents) as client:
        body = await ask(client, "rage_click", set={"enabled": True})
    assert body["counts"] == {"added": 0, "removed": 0, "unchanged": len(found(stored, "rage_click"))}


async def test_a_sequence_may_be_tried_before_it_is_set(asker: httpx.AsyncClient) -> None:
    patterns = [{"name": "two_pages", "steps": [["page_view"], ["page_view"]]}]
    body = await ask(asker, "sequences", set={"patterns": patterns})
    assert body["counts"]["added"] > 0
    assert {item["type"] for item in body["added"]} == {"two_pages"}


@pytest.mark.parametrize(("slow_ms", "removed"), [(1_500, 0), (1_501, 1)])
async def test_a_slow_click_is_compared_though_its_detector_has_another_name(
    agents: AgentReader, slow_ms: int, removed: int
) -> None:
    target = {"tag": "button", "selector": "#pay"}
    events = [
        click(event_id="tells", event_type="dom_mutation", timestamp="2026-01-02T03:00:00.000Z"),
        click(event_id="slow", timestamp="2026-01-02T03:00:01.000Z", payload={"x": 5, "y": 5, "target": target}),
        click(event_id="late", event_type="dom_mutation", timestamp="2026-01-02T03:00:02.500Z"),
    ]
    engine = StoredEngine()
    take(engine, events, agents)
    async with over(engine, agents) as client:
        body = await ask(client, "dead_click", set={"slow_ms": slow_ms})
    assert body["counts"] == {"added": 0, "removed": removed, "unchanged": 1 - removed}
    assert [item["type"] for item in body["removed"]] == ["slow_click"] * removed


async def test_the_limit_of_sessions_is_kept_and_said(asker: httpx.AsyncClient) -> None:
    body = await ask(asker, "rage_click", limit=7)
    assert (body["sessions"], body["is_truncated"], body["truncated_by"]) == (7, True, "limit")


async def test_exactly_as_many_sessions_as_allowed_are_no_truncation(
    asker: httpx.AsyncClient, stored: StoredEngine
) -> None:
    count = len(stored.store.sessions(SessionFilter("default", limit=100_000)))
    body = await ask(asker, "rage_click", limit=count)
    assert (body["sessions"], body["is_truncated"]) == (count, False)


async def test_the_limit_of_events_is_kept_and_said(asker: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whatif, "MAX_EVENTS", 3_000)
    body = await ask(asker, "rage_click")
    assert body["truncated_by"] == "events"
    assert 0 < body["events"] <= 3_000


async def test_only_sessions_of_the_range_are_judged(asker: httpx.AsyncClient, stored: StoredEngine) -> None:
    newest = stored.store.sessions(SessionFilter("default", limit=5))
    body = await ask(asker, "rage_click", started_at=newest[-1].started_ms, ended_at=newest[0].started_ms)
    assert body["sessions"] == 4


async def test_a_session_whose_events_are_not_all_stored_is_left_out_and_said(agents: AgentReader) -> None:
    class Losing(StoredEngine):
        async def events(self, wanted: EventFilter) -> list[StoredEvent]:
            return [event for event in await super().events(wanted) if event.event_id != "e3"]

    engine = Losing()
    take(engine, [click(event_id=f"e{n}", timestamp=f"2026-01-02T03:00:0{n}.000Z") for n in range(5)], agents)
    async with over(engine, agents) as client:
        body = await ask(client, "rage_click")
    assert (body["sessions"], body["skipped"]) == (0, {"not_stored_whole": 1})


async def test_late_events_are_judged_after_the_end_as_they_were(agents: AgentReader) -> None:
    """The close comes first; the clicks of before, which are late, are folded into the ended session."""
    clicks = [
        click(
            event_id=f"c{n}",
            timestamp=f"2026-01-02T03:00:00.{n}00Z",
            payload={"x": 5, "y": 5, "target": {"tag": "button"}},
        )
        for n in range(6)
    ]
    close = click(event_id="x", event_type="app_close", timestamp="2026-01-02T03:00:01.000Z")
    first = click(event_id="p", event_type="page_view", timestamp="2026-01-02T02:59:59.000Z")
    engine = StoredEngine()
    take(engine, [first, close, *[click(event_id=f"pad{n}", session_id="s2") for n in range(98)], *clicks], agents)
    async with over(engine, agents) as client:
        body = await ask(client, "rage_click", set={"min_clicks": 6})
    assert (body["counts"]["removed"], body["skipped"]) == (0, {})
    assert body["counts"]["unchanged"] == len(found(engine, "rage_click"))


async def test_one_question_is_answered_at_a_time(asker: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(asker.post(WHATIF, json={"detector": "u_turn", **RANGE}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 503]
    [refused] = [answer for answer in answers if answer.status_code == 503]
    is_problem(refused, 503, "whatif_busy")
    assert refused.headers["retry-after"] == "5"


async def test_nothing_is_read_in_large_pages(asker: httpx.AsyncClient, stored: StoredEngine) -> None:
    stored.wanted_events.clear()
    await ask(asker, "rage_click")
    assert max(wanted.limit for wanted in stored.wanted_events) <= 2_000


async def test_nothing_is_changed(asker: httpx.AsyncClient, stored: StoredEngine) -> None:
    before = {name: msgspec.json.encode(stored.store.rows(name)) for name in ("events", "sessions", "anomalies")}
    await ask(asker, "rage_click", set={"min_clicks": 2})
    assert before == {name: msgspec.json.encode(stored.store.rows(name)) for name in before}
    assert (stored.got, stored.configured_with) == ([], [])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"detector": "rage"}, '`detector` is "rage"; one of rage_click,'),
        ({"detector": ""}, "`detector` is missing; there are rage_click,"),
        ({"set": {"min_clicks": 1}}, "`set.min_clicks` is 1; a whole number from 2 to 50 is allowed."),
        ({"set": {"clicks": 1}}, "`set.clicks` is no field; there are enabled,"),
        ({"set": 5}, "`set` is 5; a table"),
        ({"limit": 10_001}, '`limit` is "10001"; a whole number from 1 to 10000 is allowed.'),
        ({"started_at": "x"}, '`started_at` is "x"; ISO-8601 text or Unix milliseconds is allowed.'),
        ({"started_at": "2026-01-03", "ended_at": "2026-01-02"}, "which is after `ended_at`"),
        ({"ranges": 1}, "`ranges` is no field here; there are detector, set,"),
    ],
)
async def test_a_wrong_question_is_refused_by_name(
    asker: httpx.AsyncClient, fields: dict[str, Any], message: str
) -> None:
    answer = await asker.post(WHATIF, json={"detector": "rage_click", **fields})
    assert answer.status_code == 400
    assert message in answer.json()["message"]
