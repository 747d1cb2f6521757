"""Sessions whose client's clock is wrong: ordered by corrected time, each event once."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import AGREES
from engine.registry import Registry
from engine.session import Session, encode_session
from engine.summary import summarise
from engine.wire import ACCEPTED, DUPLICATE, LATE_FOLDED, ON_TIME, Event, Facts
from tests.builders import GAP, HOUR, MINUTE, T0, batch, event, make_registry, states
from tests.engine.drive import S1, ended_registry, take
from tests.engine.streams import splits

DAY = 24 * HOUR


def sent(at: int, offset: int, kind: str = "click", **fields: Any) -> Event:
    """At `at` by its client's clock; `offset` 0 = the clocks agree."""
    said: dict[str, Any] = {"facts": Facts(offset_ms=offset)} if offset else {"flags": ON_TIME}
    return event(kind, at, **fields, **said)


def only(registry: Registry) -> Session:
    [session] = registry.residents.live.values()
    return session


def test_an_event_is_placed_by_its_corrected_time() -> None:
    registry = make_registry()
    late = sent(0, DAY)
    outcome = take(registry, late, now=DAY)
    session = only(registry)
    assert outcome.moved == {0: DAY}
    assert (session.started_ms, session.last_ms, session.log.base_ms) == (T0 + DAY,) * 3
    assert summarise(session).clock_offset_ms == DAY
    assert late.at_ms == T0  # what is stored is what came


def test_events_of_the_client_and_of_the_server_are_one_session_in_the_right_order() -> None:
    registry = make_registry()
    events = [sent(-DAY, DAY, "page_view"), event("order_placed", 1_000), sent(2_000 - DAY, DAY, "click")]
    take(registry, *events, now=3_000)
    session = only(registry)
    assert [session.log.names[number] for number in session.log.types()] == ["page_view", "order_placed", "click"]
    assert session.log.times() == [0, 1_000, 2_000]


def test_an_outcome_says_by_how_much_each_event_was_moved_and_nothing_of_the_others() -> None:
    registry = make_registry()
    outcome = take(registry, sent(5_000, DAY), event("order", DAY + 1), sent(2_000, DAY + 700), now=DAY + 10_000)
    assert outcome.moved == {0: DAY, 2: DAY + 700}


def test_a_session_without_an_offset_knows_none() -> None:
    registry = make_registry()
    take(registry, event())
    assert summarise(only(registry)).clock_offset_ms is None


def test_clocks_that_agree_are_one_object_also_after_a_snapshot() -> None:
    registry = make_registry()
    take(registry, sent(0, 0), sent(1, 0))
    session = only(registry)
    assert (session.clock, summarise(session).clock_offset_ms) == (AGREES, 0)
    assert registry.folder.decode(encode_session(session)).clock is AGREES


def test_the_smallest_offset_of_the_session_counts() -> None:
    registry = make_registry()
    for at, offset in ((0, DAY + 900), (2_000, DAY + 100), (4_000, DAY + 3_000)):
        take(registry, sent(at, offset), now=DAY + 10_000)
    session = only(registry)
    assert session.log.times() == [0, 1_200, 3_200]
    assert summarise(session).clock_offset_ms == DAY + 100


def test_a_jittery_way_makes_no_events_change_places() -> None:
    registry = make_registry()
    for number, way in enumerate((900, 0, 40_000, 20, 5_000)):
        take(registry, sent(number * 100, DAY + way, f"step_{number}"), now=DAY + 60_000)
    session = only(registry)
    assert [session.log.names[number] for number in session.log.types()] == [f"step_{number}" for number in range(5)]


def test_a_clock_of_another_device_that_agrees_is_left_alone() -> None:
    registry = make_registry()
    take(registry, sent(HOUR, -HOUR), sent(1_000, 0), now=2_000)
    session = only(registry)
    assert (session.started_ms, session.last_ms) == (T0, T0 + 1_000)


def test_a_resend_that_says_another_offset_is_a_duplicate() -> None:
    registry = make_registry()
    take(registry, sent(0, DAY, id="e1"), now=DAY)
    outcome = take(registry, sent(0, DAY + 9_000, id="e1"), now=DAY + 9_000)
    assert (list(outcome.statuses), only(registry).event_count) == ([DUPLICATE], 1)


def test_a_resend_after_the_end_is_a_duplicate_though_its_request_says_it_is_of_another_time() -> None:
    registry = ended_registry(None, sent(0, 0, id="e1"), sent(10, 0))
    again = take(registry, sent(0, 3 * GAP, id="e1"), now=3 * GAP)
    assert (list(again.statuses), registry.residents.live) == ([DUPLICATE], {})


def test_a_resend_in_the_next_session_is_a_duplicate() -> None:
    registry = ended_registry(None, sent(0, 0, id="e1"), sent(10, 0))
    take(registry, sent(3 * GAP, 0, id="e2"), now=3 * GAP)
    again = take(registry, sent(0, 3 * GAP + MINUTE, id="e1"), now=3 * GAP + MINUTE)
    assert list(again.statuses) == [DUPLICATE]


def test_a_late_event_of_a_session_that_ended_is_folded_by_its_own_offset() -> None:
    registry = ended_registry(None, event(at=0), event(at=10))
    outcome = take(registry, sent(5 - DAY, DAY), now=100)
    assert (list(outcome.statuses), outcome.summaries[0].event_count) == ([LATE_FOLDED], 3)


def test_an_offset_that_cannot_be_true_moves_nothing() -> None:
    registry = make_registry()
    take(registry, sent(0, DAY), now=0)
    session = only(registry)
    assert (session.started_ms, session.clock) == (T0, None)


STEPS = st.tuples(st.integers(0, 20_000), st.integers(0, 30_000), st.booleans())


@st.composite
def requests(draw: st.DrawFn) -> list[Event]:
    """Of a client whose clock is a day behind or right, and of a server beside it, in the order in which they come."""
    skew = draw(st.sampled_from((0, DAY)))
    made, at = [], 0
    for number, (step, way, is_client) in enumerate(draw(st.lists(STEPS, max_size=30))):
        at += step
        offset = skew + way if skew or way > 5_000 else 0
        client = sent(at - skew, offset, f"step_{number}", id=f"e{number}")
        made.append(client if is_client else event("order", at, id=f"e{number}"))
    return made


@given(requests(), st.data())
def test_any_split_and_any_resend_gives_the_same_offset_and_order(stream: Sequence[Event], data: st.DataObject) -> None:
    registry = make_registry()
    for number, part in enumerate(data.draw(splits(stream))):
        registry.apply(batch(*part), T0 + DAY, number + 1)
    again = registry.apply(batch(*stream), T0 + DAY, 99)
    assert set(again.statuses) <= {DUPLICATE}
    for session in registry.residents.live.values():
        names = [session.log.names[number] for number in session.log.types()]
        steps = [name for name in names if name.startswith("step_")]
        assert steps == sorted(steps, key=lambda name: int(name.removeprefix("step_")))


@given(requests())
def test_a_snapshot_anywhere_changes_nothing(stream: Sequence[Event]) -> None:
    whole, decoded = make_registry(), make_registry()
    for number, one in enumerate(stream):
        for registry in (whole, decoded):
            assert list(registry.apply(batch(one), T0 + DAY, number + 1).statuses) == [ACCEPTED]
        session = decoded.residents.live[S1]
        decoded.residents.live[S1] = decoded.folder.decode(encode_session(session))
    assert states(whole) == states(decoded)
