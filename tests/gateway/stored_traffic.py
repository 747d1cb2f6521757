"""Simulated traffic through decoder, engine and rows into a store, and an engine that answers from there."""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import httpx

from engine.analysis import Anomaly, Summary
from engine.config import Config
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.rulebook import Rulebook
from engine.rules import Rules
from engine.wire import Batch, decode_batch, encode
from engine.wire import Event as WireEvent
from gateway.agent import AgentReader
from gateway.app import create_app
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser
from persistence.memory import MemoryStore
from persistence.ports import EventFilter, SessionFilter, StoredEvent
from persistence.rows import Origin, Part, tables_of
from simulator.scenario import all_troubles
from tests.gateway.builders import click
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine
from tests.simulator.traffic import Event, at_ms, with_truth

BATCH = 100
CONFIG = Config()
WHATIF = "/api/v1/detectors/whatif"
RANGE = {"started_at": "2026-01-01", "ended_at": "2026-02-01", "limit": 10_000}


class StoredEngine(FakeEngine):
    """Whatever it is asked, it answers from its store."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryStore()

    async def sessions(self, wanted: SessionFilter) -> list[Summary]:
        self.wanted_sessions.append(wanted)
        return self.store.sessions(wanted)

    async def events(self, wanted: EventFilter) -> list[StoredEvent]:
        self.wanted_events.append(wanted)
        return self.store.events(wanted)


def take(
    engine: StoredEngine,
    made: Sequence[Event],
    agents: AgentReader,
    rules: Rules | None = None,
    *,
    times_ms: Sequence[int] | None = None,
) -> None:
    """As a server would take it; then everybody times out. Events stand in the order in which they came. `times_ms`:
    when each happened, where its own time is wrong."""
    rulebook = Rulebook(rules or CONFIG.detectors)
    registry = Registry(limits=CONFIG.session, rulebook=rulebook, archive=MemoryArchive())
    decoder = Decoder(CONFIG, Normaliser(CONFIG, agents))
    now_ms = 0
    for seq, first in enumerate(range(0, len(made), BATCH), 1):
        some = made[first : first + BATCH]
        happened_ms = [*map(at_ms, some)] if times_ms is None else times_ms[first : first + BATCH]
        now_ms = max(now_ms, *happened_ms)
        decoded = decoder.decode(json.dumps(some).encode(), Arrival(now_ms, now_ms + 1))
        assert decoded.rejected == []
        batch = decode_batch(encode(Batch("g", seq, now_ms, decoded.events)))
        _store(engine, Part(batch, registry.apply(batch, now_ms, seq), Origin(0, seq, now_ms)))
    end(engine, registry, now_ms + CONFIG.session.gap_ms + 1)


def end(engine: StoredEngine, registry: Registry, now_ms: int) -> None:
    seq = 1_000_000
    ending = [(key, session.generation) for key, session in registry.residents.live.items()]
    nothing = Batch[WireEvent]("", 0, 0, [])
    _store(engine, Part(nothing, registry.end(ending, now_ms, seq), Origin(0, seq, now_ms)))


def _store(engine: StoredEngine, part: Part) -> None:
    tables, refused = tables_of([part])
    assert refused == []
    for name, rows in tables.items():
        engine.store.insert(name, rows, token=f"{name}-{part.origin.seq}")


def found(engine: StoredEngine, kind: str) -> dict[tuple[str, str], Anomaly]:
    """(session, first event) -> every anomaly of a type that is none withdrawn."""
    summaries = engine.store.sessions(SessionFilter("default", limit=1_000_000))
    return {
        (summary.session_id, (*anomaly.event_ids, "")[0]): anomaly
        for summary in summaries
        for anomaly in summary.anomalies
        if anomaly.type == kind and anomaly.status != "withdrawn"
    }


def troubled() -> list[Event]:
    """People in trouble, and some that are nearly; events come up to four seconds out of order."""
    events, _ = with_truth(seed=23, events=4_000, troubles=all_troubles(0.4))
    events += [near(session, number) for session in range(2, 7) for number in range(session)]
    chance = Random(7)
    return sorted(events, key=lambda event: at_ms(event) + chance.randrange(4_000))


def near(session: int, number: int) -> Event:
    """The click of somebody who clicks `session` times in a row."""
    payload = {"x": 9, "y": 9, "target": {"selector": "#pay", "tag": "button", "text": "Pay"}}
    time = f"2026-01-05T12:00:{session:02}.{number}00Z"
    event_id = f"near-{session}-{number}"
    return click(event_id=event_id, session_id=f"near-{session}", timestamp=time, path="/pay", payload=payload)


def over(engine: StoredEngine, agents: AgentReader, config: Config | None = None) -> httpx.AsyncClient:
    app = create_app(config or Config(), engine, lambda: NOW_MS, agents=agents)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://sessiond")


async def ask(client: httpx.AsyncClient, kind: str, **fields: Any) -> dict[str, Any]:
    answer = await client.post(WHATIF, json={"detector": kind, **RANGE, **fields})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
