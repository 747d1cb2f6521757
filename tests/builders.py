"""Builders of events and batches, valid by default. Times are given as milliseconds after `T0`."""

from collections.abc import Iterable, Sequence
from typing import Any

from engine.config import Live, Session
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.residents import Archive
from engine.rulebook import Rulebook
from engine.rules import Rules
from engine.session import encode_session
from engine.wire import Batch, Click, Control, Event

T0 = 1_767_355_200_000  # 2026-01-02T12:00:00Z
MINUTE = 60_000
HOUR = 60 * MINUTE
GAP = 30 * MINUTE


def event(
    kind: str = "page_view", at: int = 0, *, session: str = "s1", user: str = "u1", id: str = "", **fields: Any
) -> Event:
    """Its id is made of what it is, so the same call is the same event."""
    event_id = id or f"{session}/{user}/{kind}@{at}"
    return Event("default", event_id, session, user, kind, T0 + at, **fields)


def click(at: int = 0, x: int = 10, y: int = 10, *, path: str = "/", **fields: Any) -> Event:
    fields.setdefault("id", f"click@{at}:{x},{y}{path}")
    return event("click", at, path=path, click=Click(x, y), **fields)


def batch(
    *events: Event, number: int = 1, received: int = 0, gateway: str = "g1", controls: Sequence[Control] = ()
) -> Batch[Event]:
    return Batch(gateway, number, T0 + received, list(events), list(controls))


def opened(session: str = "s1", *, user: str = "u1") -> Control:
    return Control("open", "default", session, user)


def closed(session: str = "s1") -> Control:
    return Control("close", "default", session)


def make_registry(
    archive: Archive | None = None,
    *,
    limits: Session | None = None,
    thresholds: Rules | None = None,
    rulebook: Rulebook | None = None,
) -> Registry:
    return Registry(
        limits=limits or Session(),
        rulebook=rulebook or Rulebook(thresholds or Rules()),
        archive=archive or MemoryArchive(),
        funnels=Live().funnels,
    )


def states(registry: Registry) -> dict[tuple[str, int], bytes]:
    """Every session of a registry whose sessions were never saved away, encoded."""
    sessions = [s for key in registry.residents.dirty for s in registry.residents.changed(key)]
    return {(session.key, session.generation): encode_session(session) for session in sessions}


def ids(events: Iterable[Event]) -> list[str]:
    return [event.event_id for event in events]
