"""What is read of a payload, by the names and the units that clients send."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.wire import Event, Facts
from gateway.facts import page_facts
from gateway.fields import MAX_INT32, Fields, fields_of
from gateway.moves import MAX_POINTS, move_facts
from gateway.payload_names import POINT_TIME
from gateway.timestamps import iso

AT_MS = 1_767_355_200_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


def fields(**said: object) -> Fields:
    return fields_of(msgspec.json.encode(said))


def page(said: dict[str, object], *, referrer: str = "", beside: dict[str, object] | None = None) -> Facts | None:
    payload, custom = (msgspec.json.encode(one).decode() if one else "" for one in (said, beside))
    event = Event("p", "e", "s", "u", "page_view", AT_MS, url="https://shop.example/a", referrer=referrer)
    event.payload, event.custom = payload, custom
    return page_facts(event)


@pytest.mark.parametrize("name", ["session_index", "sessionIndex", "domain_sessionidx"])
@pytest.mark.parametrize("other", ["previous_session_id", "previousSessionId"])
def test_a_client_may_count_its_sessions_in_the_payload_or_beside_it(name: str, other: str) -> None:
    said: dict[str, object] = {name: 3, other: "s2"}
    expected = Facts(session_index=3, previous_session_id="s2")
    assert page(said) == page({}, beside=said) == expected


@pytest.mark.parametrize("said", [{"session_index": value} for value in (0, -1, "3", 2**31, None, True)])
def test_what_is_no_number_of_a_session_is_none(said: dict[str, object]) -> None:
    assert page(said) is None


@pytest.mark.parametrize("name", ["referrer", "$referrer", "page_referrer"])
def test_a_page_names_the_other_site_that_led_to_it(name: str) -> None:
    news = Facts(referrer_host="news.example")
    assert page({name: "https://news.example/x"}) == news
    assert page({name: "https://not.example"}, referrer="https://news.example/x") == news
    assert page({name: "https://www.shop.example/b"}) is None


@pytest.mark.parametrize("payload", ["", "{}", "[]", "5", '"a"', "{"])
def test_a_page_view_whose_payload_says_nothing_has_no_facts(payload: str) -> None:
    assert page_facts(Event("p", "e", "s", "u", "page_view", AT_MS, payload=payload, custom="[]")) is None


def moves(**said: object) -> tuple[int, ...] | None:
    found = move_facts(fields(**said), AT_MS)
    return None if found is None else found.moves


def test_one_move_is_a_point_at_the_time_of_its_event() -> None:
    assert moves(x=3, y=4.9) == (0, 3, 4)


@pytest.mark.parametrize(
    "point",
    [
        {"x": 3, "y": 4, "timeOffset": -250},
        {"x": 3, "y": 4, "time_offset": -250},
        {"x": 3, "y": 4, "t": -250.0},
        {"x": 3, "y": 4, "t": AT_MS - 250},
        {"x": 3, "y": 4, "timestamp": AT_MS - 250},
        {"x": 3, "y": 4, "timestamp": iso(AT_MS - 250)},
        {"x": 3, "y": 4, "time": "2026-01-02T12:59:59.750+01:00"},
        {"x": 3, "y": 4, "timeOffset": None, "timestamp": AT_MS - 250},
        [3, 4, -250],
        [3, 4, AT_MS - 250],
        [3, 4, iso(AT_MS - 250)],
    ],
)
def test_the_time_of_a_position_is_an_offset_or_a_time_of_its_own(point: object) -> None:
    assert moves(positions=[point]) == (-250, 3, 4)


@pytest.mark.parametrize("time", [None, "soon", True, {}, [], 2**31, "9999-12-31T23:59:59Z", AT_MS + 2**31])
def test_a_position_without_a_time_that_can_be_read_is_of_the_time_of_its_event(time: object) -> None:
    assert moves(positions=[[3, 4, time]]) == moves(positions=[{"x": 3, "y": 4, "t": time}]) == (0, 3, 4)


@pytest.mark.parametrize("point", [[3], [3, "4"], [True, 4], {"x": 3}, {"x": "3", "y": 4}, 5, None, "3,4", [2**31, 0]])
def test_what_is_no_point_is_left_out(point: object) -> None:
    assert moves(positions=[point, [1, 2]]) == (0, 1, 2)
    assert moves(positions=[point]) is None


@pytest.mark.parametrize("said", [{"pointer_type": "touch"}, {"pointerType": "Touch"}, {"source": 6}])
def test_a_finger_moves_no_pointer(said: dict[str, object]) -> None:
    assert moves(x=3, y=4, **said) is None
    assert moves(positions=[[3, 4, 0]], **said) is None


@pytest.mark.parametrize("said", [{"pointer_type": "mouse"}, {"pointerType": "pen"}, {"source": 1}, {"source": "6"}])
def test_a_mouse_and_a_pen_do(said: dict[str, object]) -> None:
    assert moves(x=3, y=4, **said) == (0, 3, 4)


def test_of_a_long_batch_the_last_points_count() -> None:
    found = moves(positions=[[place, 0, 0] for place in range(MAX_POINTS + 1)])
    assert found is not None
    assert (len(found), found[1]) == (3 * MAX_POINTS, 1)


@given(JSON, st.lists(JSON, max_size=4))
def test_whatever_a_move_says_its_points_are_whole_numbers(point: object, more: list[object]) -> None:
    found = move_facts(fields(positions=[point, *more], x=point), AT_MS)
    assert found is None or (found != Facts() and len(found.moves) % 3 == 0)
    assert found is None or all(isinstance(value, int) and abs(value) <= MAX_INT32 + 1 for value in found.moves)


TIMES = st.none() | st.integers() | st.floats(-1e15, 1e15) | st.text(max_size=5) | st.just(iso(AT_MS - 5))
POINTS = st.fixed_dictionaries(
    {"x": st.integers(-(2**33), 2**33) | st.floats(-1e9, 1e9), "y": st.integers(-9, 9)},
    optional={name: TIMES for name in POINT_TIME.names},
)


@given(st.lists(POINTS, min_size=1, max_size=5))
def test_a_position_is_the_same_beside_one_that_is_none(points: list[object]) -> None:
    assert moves(positions=points) == moves(positions=[*points, None])
