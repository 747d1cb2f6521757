"""What holds for every stream of events, however it is cut into batches, sent again, saved away or mixed up."""

from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from engine.analysis import Summary
from engine.memory_archive import MemoryArchive
from engine.registry import Registry
from engine.session import Session, encode_session
from engine.wire import DUPLICATE, Event
from tests.builders import T0, batch, make_registry, states
from tests.engine.standing import of_registry, of_summary
from tests.engine.streams import splits, streams

DAY = 86_400_000


def apply_all(registry: Registry, parts: Iterable[list[Event]]) -> dict[tuple[str, int], Summary]:
    """The last summary issued of every session that ended."""
    issued: dict[tuple[str, int], Summary] = {}
    for number, part in enumerate(parts, start=1):
        for summary in registry.apply(batch(*part, number=number), T0, number).summaries:
            issued[summary.session_id, summary.generation] = summary
    return issued


def sessions(registry: Registry) -> list[Session]:
    return [session for key in registry.residents.dirty for session in registry.residents.changed(key)]


@given(st.data())
def test_any_split_into_batches_gives_equal_sessions_and_summaries(data: st.DataObject) -> None:
    events = data.draw(streams())
    whole, split = make_registry(), make_registry()
    in_parts, at_once = apply_all(split, data.draw(splits(events))), apply_all(whole, [events])
    assert {place: of_summary(one) for place, one in in_parts.items()} == {
        place: of_summary(one) for place, one in at_once.items()
    }
    assert sorted(of_registry(split), key=str) == sorted(of_registry(whole), key=str)


@given(st.data())
def test_any_batch_sent_again_changes_the_duplicate_counters_only(data: st.DataObject) -> None:
    parts = data.draw(splits(data.draw(streams())))
    once, again = make_registry(), make_registry()
    apply_all(once, parts)
    for place, part in enumerate(parts):
        again.apply(batch(*part), T0, 1)
        resent = parts[data.draw(st.integers(0, place))]
        outcome = again.apply(batch(*resent), T0 + 1, 2)
        assert outcome.statuses == bytes([DUPLICATE] * len(resent))
        assert (outcome.summaries, outcome.anomalies) == ([], [])
    for session in sessions(again):
        session.duplicates = 0
    assert states(again) == states(once)


@given(st.data())
def test_saving_sessions_away_at_any_moment_changes_nothing(data: st.DataObject) -> None:
    parts = data.draw(splits(data.draw(streams())))
    archive = MemoryArchive()
    kept, saved = make_registry(), make_registry(archive)
    for part in parts:
        assert saved.apply(batch(*part), T0, 1) == kept.apply(batch(*part), T0, 1)
        if data.draw(st.booleans()):
            archive.save(saved.residents)
    archive.save(saved.residents)
    live = {(session.key, session.generation): encode_session(session) for session in saved.residents.live.values()}
    assert {**archive.states(), **live} == states(kept)


@given(st.data())
def test_mixed_up_events_are_each_folded_once_into_sessions_that_do_not_overlap(data: st.DataObject) -> None:
    events = data.draw(st.permutations(data.draw(streams())))
    archive = MemoryArchive()
    registry = make_registry(archive if data.draw(st.booleans()) else None)
    statuses = b"".join(registry.apply(batch(*part), T0, 1).statuses for part in data.draw(splits(events)))
    assert DUPLICATE not in statuses
    assert sum(session.event_count for session in sessions(registry)) == len(events)
    again = registry.apply(batch(*events), T0, 2)
    assert again.statuses == bytes([DUPLICATE] * len(events))
    assert_apart(registry)


def assert_apart(registry: Registry) -> None:
    by_key: dict[str, list[Session]] = {}
    for session in sessions(registry):
        by_key.setdefault(session.key, []).append(session)
    for of_key in by_key.values():
        of_key.sort(key=lambda session: session.started_ms)
        assert all(session.last_ms - session.started_ms <= DAY for session in of_key)
        assert all(before.last_ms < after.started_ms for before, after in pairwise(of_key))
        assert all(session is of_key[-1] for session in of_key if session.is_live)
