"""A session judged again: in the order of then, by the times of then."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.whatif import Received, in_order, is_in_its_time
from engine.wire import MOVED
from tests.builders import T0, batch, event, ids, make_registry
from tests.engine.streams import splits
from tests.persistence.store_rows import summary


def received(*places_and_times: tuple[int, int, int]) -> list[Received]:
    """Of (place, received, event time)."""
    return [
        Received(event(at=at, id=f"e{number}"), T0 + came, place)
        for number, (place, came, at) in enumerate(places_and_times)
    ]


def order(found: Sequence[Received]) -> list[str]:
    return ids([one.event for one in in_order(found)])  # type: ignore[misc]


@given(st.permutations(range(1, 20)))
def test_the_place_says_the_order_whatever_the_times_say(places: list[int]) -> None:
    found = received(*((place, 99 - place, 7 * place % 5) for place in places))
    assert [one.place for one in in_order(found)] == sorted(places)


def test_events_without_a_place_came_before_those_with_one() -> None:
    assert order(received((4, 10, 0), (0, 90, 5), (3, 20, 9))) == ["e1", "e2", "e0"]


def test_events_without_a_place_stand_by_their_request_and_then_by_their_time() -> None:
    assert order(received((0, 2, 1), (0, 1, 9), (0, 1, 3))) == ["e2", "e1", "e0"]


@pytest.mark.parametrize("offset_ms", [None, 0])
def test_a_session_whose_clock_was_right_is_in_its_time(offset_ms: int | None) -> None:
    assert is_in_its_time(summary("p", clock_offset_ms=offset_ms), received((1, 0, 5)))


@pytest.mark.parametrize(
    ("flags", "first", "last", "expected"),
    [
        (MOVED, 0, 9, True),
        (0, 0, 9, False),  # stored before corrections were
        (MOVED, 1, 9, False),  # a part of it was
        (MOVED, 0, 8, False),
    ],
)
def test_a_session_whose_clock_was_wrong_needs_corrected_times(
    flags: int, first: int, last: int, expected: bool
) -> None:
    ended = summary("p", started_ms=T0, last_active_ms=T0 + 9, clock_offset_ms=-60_000)
    one, other = received((1, 0, first), (2, 0, last))
    moved = one._replace(event=msgspec.structs.replace(one.event, flags=flags))
    assert is_in_its_time(ended, [moved, other]) is expected


@given(st.data())
def test_the_index_of_an_event_is_its_place_in_the_order_of_folding(data: st.DataObject) -> None:
    """Whatever the order and the split, and with resends between: 1, 2, 3 … of each session, each batch by time."""
    sent = [event(at=at * 100, session=f"s{at % 2}", id=f"e{at}") for at in range(data.draw(st.integers(1, 12)))]
    registry, found = make_registry(), dict[str, dict[int, str]]()
    parts = data.draw(splits(data.draw(st.permutations(sent))))
    for number, part in enumerate([*parts, *parts[:1]], 1):
        outcome = registry.apply(batch(*part, number=number), T0 + 5_000, number)
        for one, index in zip(part, outcome.indexes, strict=True):
            if index:
                found.setdefault(one.session_id, {})[index] = one.event_id
    for session_id, by_index in found.items():
        folded = [one for part in parts for one in sorted(part, key=lambda one: one.at_ms)]
        expected = ids(one for one in folded if one.session_id == session_id)
        assert [by_index[index] for index in sorted(by_index)] == expected
        assert sorted(by_index) == [*range(1, len(expected) + 1)]
