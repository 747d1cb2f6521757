"""What-ifs over sessions of clients whose clock was wrong: by the corrected times of then, or left out by name."""

import pytest

from engine.overlay import KINDS
from gateway.agent import AgentReader
from persistence.ports import EventFilter, SessionFilter, StoredEvent
from tests.gateway.builders import click
from tests.gateway.stored_traffic import StoredEngine, ask, found, over, take, troubled
from tests.simulator.traffic import Event, at_ms

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def made() -> list[Event]:
    return troubled()


@pytest.fixture(scope="module")
def off_by_a_day(made: list[Event]) -> list[Event]:
    """Two of three events of every other session are of a client whose clock is a day ahead or behind."""
    return [off(event) if int(event["event_id"].encode().hex(), 16) % 3 else event for event in made]


def off(event: Event) -> Event:
    skew_ms = {"0": DAY_MS, "1": -DAY_MS}.get(event["session_id"].encode().hex()[-1], 0)
    said_ms = at_ms(event) + skew_ms
    return {**event, "timestamp": said_ms, "sent_at": said_ms} if skew_ms else event


@pytest.mark.parametrize("kind", KINDS)
async def test_sessions_whose_clock_was_wrong_are_judged_by_the_times_of_then(
    off_by_a_day: list[Event], made: list[Event], agents: AgentReader, kind: str
) -> None:
    engine = StoredEngine()
    take(engine, off_by_a_day, agents, times_ms=[at_ms(event) for event in made])
    wrong = [one for one in engine.store.sessions(SessionFilter("default", limit=100_000)) if one.clock_offset_ms]
    assert wrong
    async with over(engine, agents) as client:
        body = await ask(client, kind)
    assert (body["added"], body["removed"], body["skipped"]) == ([], [], {})


async def test_sessions_stored_without_their_corrected_times_are_left_out_and_said(
    off_by_a_day: list[Event], made: list[Event], agents: AgentReader
) -> None:
    class Older(StoredEngine):
        async def events(self, wanted: EventFilter) -> list[StoredEvent]:
            found = await super().events(wanted)
            for event in found:
                dict.pop(event.fields, "clock_moved_ms", None)
            return found

    engine = Older()
    take(engine, off_by_a_day, agents, times_ms=[at_ms(event) for event in made])
    wrong = [one for one in engine.store.sessions(SessionFilter("default", limit=100_000)) if one.clock_offset_ms]
    async with over(engine, agents) as client:
        body = await ask(client, "repeated_action")
    assert (body["added"], body["removed"], body["skipped"]) == ([], [], {"clock_corrected": len(wrong)})


async def test_positions_with_times_of_their_own_are_of_the_clock_that_was_wrong(agents: AgentReader) -> None:
    """Where the clock was a day ahead, so were they."""
    start_ms = at_ms(click())
    wrong_ms = start_ms + DAY_MS
    points = [{"x": place % 2 * 100, "y": 0, "timestamp": wrong_ms + place * 100} for place in range(12)]
    sent_ms = wrong_ms + 1_200
    batch = click(event_type="mouse_move", timestamp=sent_ms, sent_at=sent_ms, payload={"positions": points})
    engine = StoredEngine()
    take(engine, [batch], agents, times_ms=[start_ms + 1_200])
    assert len(found(engine, "thrashed_cursor")) == 1
    async with over(engine, agents) as client:
        body = await ask(client, "thrashed_cursor")
    assert (body["counts"], body["skipped"]) == ({"added": 0, "removed": 0, "unchanged": 1}, {})
