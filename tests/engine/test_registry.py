"""Which event belongs to which session, and who ends when."""

import pytest

from engine.config import Session as Limits
from engine.slots import session_key
from engine.wire import (
    ACCEPTED,
    DUPLICATE,
    HISTORIC,
    LATE_FOLDED,
)
from tests.builders import GAP, HOUR, MINUTE, T0, batch, closed, event, make_registry, opened
from tests.engine.drive import DAY, S1, ends, take, tick

# -- the gap, by event time -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gap", "generation"), [(GAP, 1), (GAP + 1, 2)])
def test_exactly_thirty_minutes_stay_and_one_more_millisecond_starts_the_next_session(
    gap: int, generation: int
) -> None:
    registry = make_registry()
    assert take(registry, event(at=0), event(at=gap)).generations == [1, generation]


def test_the_session_before_ends_by_timeout_when_the_next_one_starts() -> None:
    registry = make_registry()
    [summary] = take(registry, event(at=0), event(at=5), event(at=GAP + 6)).summaries
    assert (summary.end_reason, summary.ended_ms, summary.event_count) == ("timeout", T0 + 5, 2)
    assert registry.residents.live[S1].generation == 2


def test_a_batch_is_folded_in_event_time_order_and_answered_in_its_own() -> None:
    registry = make_registry()
    outcome = take(registry, event(at=GAP + 1), event(at=0), event(at=0))
    assert outcome.statuses == bytes([ACCEPTED, ACCEPTED, DUPLICATE])
    assert outcome.generations == [2, 1, 1]


def test_an_older_event_within_the_gap_moves_the_start_back() -> None:
    registry = make_registry()
    take(registry, event(at=0))
    assert take(registry, event(at=-GAP)).generations == [1]
    assert registry.residents.live[S1].started_ms == T0 - GAP


def test_events_older_than_everything_become_a_finished_generation_of_their_own() -> None:
    registry = make_registry()
    take(registry, event(at=0))
    outcome = take(registry, event(at=-GAP - 1))
    assert (outcome.statuses, outcome.generations) == (bytes([ACCEPTED]), [2])
    assert ends(outcome) == [("s1", 2, "timeout", 1)]
    assert registry.residents.live[S1].generation == 1
    assert take(registry, event(at=-GAP - 2)).statuses == bytes([LATE_FOLDED])


def test_an_event_between_two_generations_joins_the_nearer_one() -> None:
    registry = make_registry()
    take(registry, event(at=0), event(at=50 * MINUTE))
    assert take(registry, event(at=24 * MINUTE)).generations == [1]
    assert take(registry, event(at=40 * MINUTE)).generations == [2]


def test_a_resent_event_finds_the_generation_that_holds_it() -> None:
    """Also when another generation is near enough to take it."""
    registry = make_registry(limits=Limits(max_length_ms=HOUR))
    events = [event(at=at * MINUTE) for at in (0, 30, 59, 61, 80)]
    assert take(registry, *events).generations == [1, 1, 1, 2, 2]
    assert take(registry, *events).statuses == bytes([DUPLICATE] * 5)


# -- too long ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "generation"), [(DAY, 1), (DAY + 1, 2)])
def test_a_session_that_gets_too_long_is_cut(last: int, generation: int) -> None:
    registry = make_registry()
    steps = [event(at=at) for at in (*range(0, DAY, GAP), DAY - 1)]
    outcome = take(registry, *steps, event(at=last))
    assert outcome.generations[-1] == generation
    assert ends(outcome) == ([("s1", 1, "max_length", 49)] if generation == 2 else [])


def test_going_back_in_time_does_not_make_a_session_longer_than_allowed() -> None:
    registry = make_registry()
    for number in range(200):
        take(registry, event(at=-number * GAP))
    sessions = registry.residents.changed(S1)
    assert len(sessions) > 3
    assert all(session.last_ms - session.started_ms <= DAY for session in sessions)


# -- ending -----------------------------------------------------------------------------------------------------------


def test_a_session_ends_thirty_minutes_after_it_was_last_heard_of() -> None:
    registry = make_registry()
    take(registry, event(at=-5 * MINUTE), now=0)
    take(registry, event(at=-4 * MINUTE), now=10)
    assert ends(tick(registry, GAP + 9)) == []
    [summary] = tick(registry, GAP + 10).summaries
    assert (summary.state, summary.end_reason, summary.ended_ms) == ("ended", "timeout", T0 - 4 * MINUTE)
    assert [found.type for found in summary.anomalies] == ["missing_close"]


def test_nobody_ends_before_the_grace_after_a_start_has_passed() -> None:
    registry = make_registry()
    take(registry, event())
    registry.start(T0 + 5 * HOUR)
    assert ends(tick(registry, 5 * HOUR + MINUTE - 1)) == []
    assert len(ends(tick(registry, 5 * HOUR + MINUTE))) == 1


@pytest.mark.parametrize("kind", ["app_close", "session_end"])
def test_a_close_event_ends_its_session(kind: str) -> None:
    registry = make_registry()
    [summary] = take(registry, event(at=0), event(kind, 1)).summaries
    assert (summary.end_reason, summary.event_count, summary.anomalies) == ("close", 2, [])


def test_a_close_control_ends_a_live_session_after_the_events_of_its_batch() -> None:
    registry = make_registry()
    outcome = registry.apply(batch(event(), controls=[closed(), closed()]), T0, 1)
    assert outcome.controls == bytes([1, 0])
    assert ends(outcome) == [("s1", 1, "close", 1)]


def test_an_unknown_session_cannot_be_closed() -> None:
    assert make_registry().apply(batch(controls=[closed("nobody")]), T0, 1).controls == bytes([0])


def test_an_end_that_was_overtaken_by_the_next_generation_does_nothing() -> None:
    registry = make_registry()
    take(registry, event(at=0), event(at=GAP + 1))
    assert registry.end([(S1, 1), ("nobody", 1)], T0, 1).summaries == []


def test_a_sweep_ends_imported_sessions_whose_gap_has_passed_and_nobody_else() -> None:
    registry = make_registry()
    sessions = {"old": (0, HISTORIC), "edge": (1, HISTORIC), "live": (0, 0)}
    take(registry, *(event(at=at, session=name, flags=flags) for name, (at, flags) in sessions.items()))
    now_ms = T0 + GAP + 1
    assert registry.swept("default", now_ms) == [(session_key("default", "old"), 1)]
    assert registry.swept("another", now_ms) == []


def test_a_thousand_short_sessions_do_not_keep_the_timers_growing() -> None:
    registry = make_registry()
    for number in range(5_000):
        take(registry, event("app_close", session=f"s{number}"))
    assert len(registry.residents._timers) <= 1_001


# -- opening ----------------------------------------------------------------------------------------------------------


def test_an_opened_session_is_live_without_an_event_and_takes_the_first_one_whatever_its_time() -> None:
    registry = make_registry()
    assert registry.apply(batch(controls=[opened()]), T0, 1).controls == bytes([1])
    assert registry.residents.live[S1].event_count == 0
    assert take(registry, event(at=-5 * HOUR)).generations == [1]
    assert registry.residents.live[S1].started_ms == T0 - 5 * HOUR


def test_opening_a_live_session_changes_nothing() -> None:
    registry = make_registry()
    take(registry, event())
    registry.apply(batch(controls=[opened()]), T0, 2)
    assert registry.residents.live[S1].event_count == 1


def test_a_session_that_ended_without_an_event_hides_none_and_takes_none() -> None:
    registry = make_registry()
    take(registry, event(at=0))
    registry.apply(batch(controls=[closed()]), T0, 2)
    registry.apply(batch(controls=[opened(), closed()]), T0, 3)
    assert take(registry, event(at=0)).statuses == bytes([DUPLICATE])
    registry.apply(batch(controls=[opened("s2"), closed("s2")]), T0, 5)
    late = take(registry, event(at=0, session="s2"))
    assert (late.statuses, late.generations) == (bytes([ACCEPTED]), [2])


def test_a_session_opened_again_does_not_take_what_the_one_before_it_holds() -> None:
    registry = make_registry()
    take(registry, event(at=0), event("app_close", 1))
    registry.apply(batch(controls=[opened()]), T0 + HOUR, 2)
    assert take(registry, event(at=0), now=HOUR).statuses == bytes([DUPLICATE])
    assert take(registry, event(at=HOUR), now=HOUR).generations == [2]
