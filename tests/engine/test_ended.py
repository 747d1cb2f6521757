from engine.ended import Ended
from engine.session import Session
from tests.builders import T0


def ended(*spans: tuple[int, int]) -> Ended:
    found = Ended()
    for place, (first, last) in enumerate(spans):
        found.add(Session("k", "s", "p", "u", place + 1, T0 + first, T0 + last, 0, end_reason="close", event_count=1))
    return found


def generations(sessions: list[Session]) -> list[int]:
    return [session.generation for session in sessions]


def test_the_neighbours_of_a_time_are_found_whatever_the_order_of_arrival() -> None:
    found = ended((200, 210), (0, 10), (100, 110))
    assert generations(found.around(T0 + 50)) == [2, 3]
    assert generations(found.around(T0 + 105)) == [3, 1]
    assert generations(found.around(T0 - 1)) == [2]
    assert generations(found.around(T0 + 999)) == [1]


def test_a_session_begins_at_its_first_event() -> None:
    assert generations(ended((0, 10), (100, 110)).around(T0 + 100)) == [2]


def test_one_that_saw_no_event_is_nobodys_neighbour_and_is_held() -> None:
    found = ended((0, 10))
    found.add(Session("k", "s", "p", "u", 2, T0 + 5, T0 + 5, 0, end_reason="close"))
    assert generations(found.around(T0 + 7)) == [1]
    assert generations(list(found)) == [1, 2]
    assert found.highest == 2


def test_a_generation_is_held_once() -> None:
    found = ended((0, 10))
    found.add(next(iter(found)))
    assert generations(list(found)) == [1]


def test_the_latest_come_newest_first() -> None:
    found = ended((200, 210), (0, 10), (100, 110))
    assert generations(found.latest(2)) == [1, 3]
    assert generations(found.latest(9)) == [1, 3, 2]
    assert found.highest == 3
