"""Drive a registry by hand, with times in milliseconds after `T0`."""

from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.slots import session_key
from engine.wire import Event, Outcome
from tests.builders import HOUR, T0, batch, event, make_registry

S1 = session_key("default", "s1")
DAY = 24 * HOUR
MONTH = 30 * DAY


def take(registry: Registry, *events: Event, now: int = 0) -> Outcome:
    return registry.apply(batch(*events, received=now), T0 + now, 1)


def tick(registry: Registry, now: int) -> Outcome:
    return registry.end(registry.due(T0 + now, limit=1000), T0 + now, 1)


def ends(outcome: Outcome) -> list[tuple[str, int, str | None, int]]:
    return [(s.session_id, s.generation, s.end_reason, s.event_count) for s in outcome.summaries]


def ended_registry(archive: MemoryArchive | None, *events: Event) -> Registry:
    """The session has ended at T0, and is in memory still, or in the archive."""
    registry = make_registry(archive)
    take(registry, *(events or (event(at=0), event(at=10))))
    registry.end([(S1, 1)], T0, 2)
    if archive is not None:
        archive.save(registry.residents)
        assert registry.residents.changed(S1) == []
    return registry
