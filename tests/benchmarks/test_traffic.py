"""The loads are what they say they are; what `load.lua` makes of the same rule, every run of (a) counts again."""

import itertools

import pytest

from benchmarks import templates
from benchmarks.traffic import Traffic, decoded_templates, filled
from engine.wire import Event

LONG = Traffic(visitors=20, session_events=34)


@pytest.fixture(scope="module")
def models() -> list[Event]:
    return decoded_templates()


@pytest.mark.parametrize("events", [0, 1, 19, 20, 21, 679, 680, 2_000])
def test_the_number_of_sessions_is_what_counting_them_gives(events: int) -> None:
    assert LONG.sessions(events) == len({LONG.place(number).session for number in range(events)})


def test_a_session_opens_with_a_page_and_is_closed_by_its_last_event() -> None:
    kinds = [LONG.place(number).template for number in range(0, 20 * 34 * 2, 20)]
    assert [kinds[0], kinds[33], kinds[34], kinds[67]] == [0, len(templates.ALL) - 1] * 2
    assert not {0, len(templates.ALL) - 1} & set(kinds[1:33])


def test_sessions_do_not_end_together() -> None:
    closing = len(templates.ALL) - 1
    ends = [sum(LONG.place(n).template == closing for n in range(at, at + 20)) for at in range(0, 680, 20)]
    assert max(ends) == 1


def test_a_batch_of_one_round_holds_as_many_sessions_as_events(models: list[Event]) -> None:
    batch = list(Traffic(visitors=100).events(100, models))
    assert len({event.session_id for event in batch}) == len({event.event_id for event in batch}) == 100


def test_the_events_of_a_visitor_are_seconds_apart(models: list[Event]) -> None:
    mine = [event.at_ms for event in Traffic(visitors=3).events(12, models) if event.user_id == "user-000001"]
    assert [later - earlier for earlier, later in itertools.pairwise(mine)] == [3_000] * 3


def test_every_template_is_an_event_of_the_promised_size(models: list[Event]) -> None:
    assert len(models) == len(templates.ALL)
    assert all(250 <= len(filled(template)) <= 380 for template in templates.ALL)
    assert {event.event_type for event in models} >= {"page_view", "click", "scroll", "typing", "session_end"}
