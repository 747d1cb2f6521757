"""The contract of all detectors, whoever wrote them: what holds for each line of the table."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Detectors, Session
from engine.detectors import build_detectors
from engine.detectors.base import MAX_EVIDENCE, Detector
from engine.fold import Folder
from engine.session import Session as State
from engine.session import encode_session
from engine.wire import Event
from tests.builders import T0, batch, click, event, make_registry, states
from tests.engine.streams import splits, streams

TABLE = build_detectors(Detectors(), Session())
MAX_STATE_BYTES = 20_000  # with event ids of 200 characters, the longest there are

ONE_SESSION = streams(owners=[("s1", "u1")])


def opened() -> State:
    return State("default\0s1", "", "default", "u1", 1, T0, T0, T0)


def each() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("detector", TABLE, ids=lambda detector: detector.kind)


def folder(detector: Detector) -> Folder:
    return Folder(Session(), Detectors(), detectors=[detector])


def fold_all(fold: Folder, session: State, events: list[Event]) -> None:
    for one in events:
        fold.fold(session, one, T0)


def folded(detector: Detector, events: list[Event]) -> State:
    fold, session = folder(detector), opened()
    fold_all(fold, session, events)
    fold.end(session, "timeout", T0)
    return session


def evidence(session: State) -> list[tuple[str, int, list[str]]]:
    return [(found.id, found.version, found.event_ids) for found in session.anomalies]


def test_kinds_are_unique() -> None:
    assert len({detector.kind for detector in TABLE}) == len(TABLE)


def test_places_in_the_table_never_change() -> None:
    """A snapshot holds the states by place: a new detector goes to the end."""
    assert [detector.kind for detector in TABLE] == [
        "repeated_action",
        "rapid_fire",
        "stuck_pattern",
        "missing_close",
        "rage_click",
    ]


@each()
@given(data=st.data())
def test_a_restore_anywhere_changes_nothing(detector: Detector, data: st.DataObject) -> None:
    events = data.draw(ONE_SESSION)
    session = opened()
    for part in data.draw(splits(events)):
        session = folder(detector).decode(encode_session(session))
        fold_all(folder(detector), session, part)
    folder(detector).end(session, "timeout", T0)
    assert encode_session(session) == encode_session(folded(detector, events))


@each()
@given(data=st.data())
def test_a_duplicate_adds_nothing(detector: Detector, data: st.DataObject) -> None:
    events = data.draw(ONE_SESSION)
    doubled = [one for twice in events for one in [twice] * data.draw(st.integers(1, 2))]
    session = folded(detector, doubled)
    assert session.anomalies == folded(detector, events).anomalies
    assert session.detectors == folded(detector, events).detectors


@each()
@given(data=st.data())
def test_continuous_events_change_nothing(detector: Detector, data: st.DataObject) -> None:
    events = data.draw(ONE_SESSION)
    actions = [one for one in events if one.event_type not in Session().continuous_types]
    assert evidence(folded(detector, events)) == evidence(folded(detector, actions))


@each()
@given(events=ONE_SESSION)
def test_an_anomaly_tells_what_happened_when(detector: Detector, events: list[Event]) -> None:
    session = folded(detector, events)
    known = {one.event_id for one in events}
    for found in session.anomalies:
        assert found.type == detector.kind
        assert found.description
        assert set(found.event_ids) <= known
        assert len(found.event_ids) <= MAX_EVIDENCE
        assert session.started_ms <= found.started_ms <= found.detected_ms <= session.last_ms
    assert len({found.id for found in session.anomalies}) == len(session.anomalies)


@each()
@given(st.permutations(range(12)))
def test_any_order_of_arrival_is_taken(detector: Detector, order: list[int]) -> None:
    kinds = ("click", "typing", "send", "back")
    session = folded(detector, [event(kinds[place % 4], place * 60) for place in order])
    assert not session.muted


@each()
def test_state_is_bounded(detector: Detector) -> None:
    fold, session = folder(detector), opened()
    kinds = ("typing", "send", "back", "search")
    for number in range(10_000):
        plain = event(kinds[number // 50 % 4], number, id="x" * 200 + str(number))
        spot = click(number, number % 3 * 200, id="y" * 200 + str(number))
        fold.fold(session, plain if number % 400 < 200 else spot, T0)
    assert len(msgspec.msgpack.encode(session.detectors)) < MAX_STATE_BYTES


@given(st.data())
def test_any_split_into_batches_finds_the_same(data: st.DataObject) -> None:
    events = data.draw(ONE_SESSION)
    whole, split = make_registry(), make_registry()
    whole.apply(batch(*events), T0, 1)
    for part in data.draw(splits(events)):
        split.apply(batch(*part), T0, 1)
    assert states(split) == states(whole)
