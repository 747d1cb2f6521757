"""More events of one session than it may send: known again, and not folded."""

from typing import Any

import pytest

from engine.config import Session
from engine.registry import Registry
from engine.session import Session as State
from engine.session import encode_session
from engine.slots import session_key
from engine.wire import ACCEPTED, DUPLICATE, HISTORIC, OVERFLOW, Event, Outcome
from tests.builders import GAP, T0, batch, event, make_registry

S1 = session_key("default", "s1")


@pytest.fixture
def registry() -> Registry:
    return make_registry(limits=Session(max_events_per_second=10, burst_events=20))


def take(registry: Registry, *events: Event, now: int = 0) -> Outcome:
    return registry.apply(batch(*events, received=now), T0 + now, 1)


def many(count: int, first: int = 0, **fields: Any) -> list[Event]:
    return [event("search", at, **fields) for at in range(first, first + count)]


def counted(registry: Registry) -> int:
    return registry.residents.live[S1].event_count


def test_a_burst_is_folded_to_its_last_event_and_not_one_more(registry: Registry) -> None:
    assert take(registry, *many(21)).statuses == bytes([ACCEPTED] * 20 + [OVERFLOW])
    assert counted(registry) == 20


def test_after_a_burst_events_are_folded_at_the_rate_that_is_allowed(registry: Registry) -> None:
    take(registry, *many(20))
    statuses = [take(registry, *many(1, 100 + now), now=now).statuses[0] for now in range(50, 1050, 50)]
    assert statuses.count(ACCEPTED) == 10
    assert set(statuses) == {ACCEPTED, OVERFLOW}


def test_a_session_below_the_rate_never_overflows(registry: Registry) -> None:
    statuses = [take(registry, *many(1, now), now=now).statuses[0] for now in range(0, 100_000, 100)]
    assert set(statuses) == {ACCEPTED}


def test_a_pause_brings_the_whole_burst_back_and_no_more(registry: Registry) -> None:
    take(registry, *many(20))
    assert take(registry, *many(25, 1000), now=60_000).statuses.count(ACCEPTED) == 20


def test_what_overflowed_is_known_when_it_comes_again(registry: Registry) -> None:
    events = many(25)
    take(registry, *events)
    assert take(registry, *events).statuses == bytes([DUPLICATE] * 25)
    assert take(registry, *events, now=60_000).statuses == bytes([DUPLICATE] * 25)
    assert (counted(registry), registry.residents.live[S1].duplicates) == (20, 50)


def test_a_duplicate_takes_nothing_of_the_burst(registry: Registry) -> None:
    take(registry, *many(10), *many(10), *many(10))
    assert take(registry, *many(10, 50)).statuses == bytes([ACCEPTED] * 10)


def test_an_overflow_leaves_the_session_as_it_is(registry: Registry) -> None:
    take(registry, *many(20))
    before = encode_session(registry.residents.live[S1])
    outcome = take(registry, *many(5, 100), event("app_close", 200))
    assert outcome.statuses == bytes([OVERFLOW] * 6)
    assert (outcome.summaries, outcome.anomalies) == ([], [])
    session = registry.residents.live[S1]
    session.ids = registry.folder.decode(before).ids
    assert encode_session(session) == before


def test_an_overflow_is_of_the_session_it_would_have_been_in(registry: Registry) -> None:
    take(registry, event(at=-GAP - 1, session="", user="u"))
    outcome = take(registry, *(event("search", at, session="", user="u") for at in range(25)))
    assert outcome.statuses.count(OVERFLOW) == 5
    assert outcome.generations == [1] * 25
    assert len(set(outcome.session_ids.values())) == 1
    assert len(outcome.session_ids) == 25


def test_sessions_do_not_share_their_burst(registry: Registry) -> None:
    take(registry, *many(25))
    assert take(registry, *many(20, session="s2")).statuses == bytes([ACCEPTED] * 20)


def test_an_import_may_be_as_fast_as_it_can(registry: Registry) -> None:
    assert take(registry, *many(100, flags=HISTORIC)).statuses == bytes([ACCEPTED] * 100)
    assert take(registry, *many(20, 1000)).statuses == bytes([ACCEPTED] * 20)


def test_a_session_goes_on_from_its_snapshot_where_it_was(registry: Registry) -> None:
    take(registry, *many(15))
    saved = encode_session(registry.residents.live[S1])
    registry.residents.live[S1] = registry.folder.decode(saved)
    assert take(registry, *many(10, 100)).statuses.count(ACCEPTED) == 5


def test_a_snapshot_of_the_version_before_is_read() -> None:
    session = State(S1, "", "default", "", 1, T0, T0, T0)
    older = encode_session(session)[:-1]
    head = int.from_bytes(older[1:3], "big") - 1
    assert older[:1] == b"\xdc"
    decoded = make_registry().folder.decode(older[:1] + head.to_bytes(2, "big") + older[3:])
    assert decoded == session
