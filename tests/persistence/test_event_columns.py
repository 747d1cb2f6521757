"""Which facts of an event are columns, and what an outcome adds to its rows."""

from engine.wire import ACCEPTED, DUPLICATE, Batch, Event, Facts, Outcome
from persistence.event_columns import event_columns


def event(event_id: str, facts: Facts | None = None) -> Event:
    return Event("default", event_id, "s1", "u1", "click", 1_767_322_805_678, facts=facts)


def test_requests_and_all_vitals_have_columns_and_the_other_facts_have_none() -> None:
    vitals = event("e1", Facts(fcp=900.0, load=1500.0, inp=80.0, moves=(0, 1, 2), scroll_y=5))
    request = event("e2", Facts(status=-1, route="POST /orders/:id"))
    form = event("e3", Facts(form="checkout", field="email", length=3, offset_ms=60_000))
    columns = event_columns(Batch("g", 1, 1, [vitals, request, form]), Outcome())
    plain = event_columns(Batch("g", 1, 1, [event("e1"), event("e2"), event("e3")]), Outcome())
    assert {name: list(values) for name, values in columns.items() if name not in plain} == {
        "fcp": [900.0, None, None],
        "load": [1500.0, None, None],
        "inp": [80.0, None, None],
        "request_status": [0, -1, 0],
        "request_route": ["", "POST /orders/:id", ""],
    }


def test_what_was_added_to_the_time_of_an_event_stands_beside_it() -> None:
    batch = Batch("g", 1, 1, [event("e1"), event("e2"), event("e3")])
    columns = event_columns(batch, Outcome(bytes([ACCEPTED, DUPLICATE, ACCEPTED]), [1, 1, 1], moved={2: -60_000}))
    assert columns["clock_moved_ms"] == [0, -60_000]
    assert columns["timestamp"] == [1_767_322_805_678] * 2
    assert "clock_moved_ms" not in event_columns(batch, Outcome(bytes(3), [1, 1, 1]))


def test_each_event_has_its_place_in_its_session_and_0_where_it_was_not_folded() -> None:
    batch = Batch("g", 1, 1, [event("e1"), event("e2"), event("e3")])
    columns = event_columns(batch, Outcome(bytes(3), [1, 1, 1], indexes=[7, 8]))
    assert columns["event_index"] == [7, 8, 0]
