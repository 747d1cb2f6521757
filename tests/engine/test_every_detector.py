"""The contract of all detectors, whoever wrote them: what holds for each line of the table."""

from collections.abc import Iterator
from copy import copy

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Session
from engine.detectors import DETECTORS, build_detectors
from engine.detectors.base import MAX_EVIDENCE, Detector
from engine.fold import Folder
from engine.moment import Moment
from engine.rulebook import Ruleset
from engine.rules import Rules, Sequence, Sequences
from engine.session import Session as State
from engine.session import encode_session
from engine.wire import Event
from tests.builders import T0, batch, click, event, make_registry
from tests.engine.detectors.run import alone
from tests.engine.mixed import arrivals, mixed
from tests.engine.standing import of_registry, standing
from tests.engine.streams import splits, streams

PURCHASE = Sequence("lost_cart", (frozenset({"page_view"}), frozenset({"search"})), times=2, window_ms=60_000)
RULES = Rules(sequences=Sequences(patterns=(PURCHASE,)))
TABLE = [one for one in build_detectors(Ruleset(rules=RULES), Session()) if one is not None]
MAX_STATE_BYTES = 20_000  # with event ids of 200 characters, the longest there are
SESSION_LIFE = frozenset({"missing_close"})


def opened() -> State:
    return State("default\0s1", "", "default", "u1", 1, T0, T0, T0)


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("detector", TABLE, ids=lambda detector: detector.kind)


def fold_all(fold: Folder, session: State, events: list[Event]) -> None:
    for one in events:
        fold.fold(session, one, T0)
    for _ in fold.settle():
        pass


def folded(detector: Detector, events: list[Event]) -> State:
    fold, session = alone(detector), opened()
    fold_all(fold, session, events)
    fold.end(session, "timeout", T0)
    return session


def test_kinds_are_unique_and_have_rules() -> None:
    kinds = [detector.kind for detector in DETECTORS]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) == set(Rules.__struct_fields__)


def test_places_in_the_table_never_change() -> None:
    """A snapshot holds the states by place: a new detector goes to the end."""
    assert [detector.kind for detector in DETECTORS] == [
        "u_turn",
        "refresh_rage",
        "dead_click",
        "excessive_scrolling",
        "thrashed_cursor",
        "rage_click",
        "error_click",
        "stuck_pattern",
        "repeated_action",
        "rapid_fire",
        "form_abandonment",
        "slow_page",
        "sequences",
        "missing_close",
    ]


@each()
@given(data=st.data())
def test_events_up_to_five_seconds_out_of_order_are_judged_as_in_order(detector: Detector, data: st.DataObject) -> None:
    events = data.draw(mixed())
    fold, session = alone(detector), opened()
    for part in data.draw(splits(data.draw(arrivals(events)))):
        fold_all(fold, session, part)
    fold.end(session, "timeout", T0)
    assert standing(session.anomalies) == standing(folded(detector, events).anomalies)
    assert not session.muted


@each()
@given(data=st.data())
def test_a_restore_anywhere_changes_nothing(detector: Detector, data: st.DataObject) -> None:
    events = data.draw(mixed().flatmap(arrivals))
    fold, session, whole = alone(detector), opened(), opened()
    for part in data.draw(splits(events)):
        session = alone(detector).decode(encode_session(session))
        fold_all(alone(detector), session, part)
        fold_all(fold, whole, part)
    assert encode_session(session) == encode_session(whole)


@each()
@given(events=mixed())
def test_what_is_forgotten_after_a_pause_was_worth_nothing(detector: Detector, events: list[Event]) -> None:
    forgetting_nothing = copy(detector)
    forgetting_nothing.lasts_ms = None
    assert folded(detector, events).anomalies == folded(forgetting_nothing, events).anomalies


@each()
@given(data=st.data())
def test_a_duplicate_adds_nothing(detector: Detector, data: st.DataObject) -> None:
    events = data.draw(mixed())
    doubled = [one for twice in events for one in [twice] * data.draw(st.integers(1, 2))]
    session = folded(detector, doubled)
    assert session.anomalies == folded(detector, events).anomalies
    assert session.detectors == folded(detector, events).detectors


@each()
@given(events=mixed())
def test_an_anomaly_tells_what_happened_when(detector: Detector, events: list[Event]) -> None:
    session = folded(detector, events)
    known = {one.event_id for one in events}
    types = getattr(RULES, detector.kind).types(detector.kind)
    for found in session.anomalies:
        assert found.type in types
        assert found.description
        assert found.thresholds == detector.thresholds
        assert set(found.event_ids) <= known
        assert found.event_ids or detector.kind in SESSION_LIFE
        assert len(found.event_ids) <= MAX_EVIDENCE
        assert session.started_ms <= found.started_ms <= found.last_ms <= session.last_ms
        assert found.started_ms <= found.detected_ms <= session.last_ms
    assert len({found.id for found in session.anomalies}) == len(session.anomalies)


@each()
@given(st.permutations(range(12)))
def test_any_order_of_arrival_is_taken(detector: Detector, order: list[int]) -> None:
    kinds = ("click", "typing", "send", "back")
    session = folded(detector, [event(kinds[place % 4], place * 60) for place in order])
    assert not session.muted


@each()
def test_state_is_bounded(detector: Detector) -> None:
    fold, session = alone(detector), opened()
    kinds = ("typing", "send", "back", "search", "page_view", "form_start", "input", "scroll", "mouse_move")
    for number in range(10_000):
        path = f"/{number // 40 % 50}" + "p" * 100
        plain = event(kinds[number // 50 % len(kinds)], number, id="x" * 190 + str(number), path=path)
        spot = click(number, number % 3 * 200, id="y" * 190 + str(number))
        fold.fold(session, plain if number % 400 < 200 else spot, T0)
    assert len(msgspec.msgpack.encode(session.detectors)) < MAX_STATE_BYTES


@each()
@given(events=mixed())
def test_no_state_holds_a_moment(detector: Detector, events: list[Event]) -> None:
    """A moment knows the states before it: with one in a state, each would hold all that were before."""
    fold, session = alone(detector), opened()
    for one in events:
        fold.fold(session, one, T0)
        assert not [held for held in parts_of(session.detectors) if isinstance(held, Moment)]


def parts_of(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, msgspec.Struct):
        value = msgspec.structs.astuple(value)
    if isinstance(value, tuple):
        for part in value:
            yield from parts_of(part)


@given(st.data())
def test_any_split_into_batches_finds_the_same(data: st.DataObject) -> None:
    events = data.draw(streams(owners=[("s1", "u1")]))
    whole, split = make_registry(), make_registry()
    whole.apply(batch(*events), T0, 1)
    for part in data.draw(splits(events)):
        split.apply(batch(*part), T0, 1)
    assert of_registry(split) == of_registry(whole)
