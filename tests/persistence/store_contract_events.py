"""What every store must answer about events. `store_contract.py` puts the parts together."""

from typing import Any

import msgspec
import pytest

from persistence.ports import EventFilter, StatsFilter, Store
from tests.persistence.store_rows import (
    FEBRUARY_MS,
    event_rows,
    ids,
)


class EventsContract:
    def test_an_event_that_was_resent_is_read_once(self, store: Store, project: str) -> None:
        for received_ms in (20, 10):
            rows = event_rows(project, ("e1", FEBRUARY_MS), received_at=received_ms)
            store.insert("events", rows, token=f"{project}-{received_ms}")
        [event] = store.events(EventFilter(project, session_id="s1"))
        assert event.fields == {"received_at": 20}

    def test_an_event_twice_in_one_insert_is_read_once(self, store: Store, project: str) -> None:
        store.insert("events", event_rows(project, ("e1", FEBRUARY_MS), ("e1", FEBRUARY_MS)), token=project)
        assert ids(store, EventFilter(project, session_id="s1")) == ["e1"]
        assert store.stats(StatsFilter(project, FEBRUARY_MS, FEBRUARY_MS + 1)).total == 1

    def test_events_come_in_time_order_and_then_by_id(self, store: Store, project: str) -> None:
        rows = event_rows(project, ("c", FEBRUARY_MS), ("a", FEBRUARY_MS + 1), ("b", FEBRUARY_MS))
        store.insert("events", rows, token=project)
        assert ids(store, EventFilter(project, session_id="s1")) == ["b", "c", "a"]
        assert ids(store, EventFilter(project, session_id="s1", order="desc")) == ["a", "c", "b"]

    @pytest.mark.parametrize("order", ["asc", "desc"])
    def test_pages_hold_every_event_once(self, store: Store, project: str, order: Any) -> None:
        events = [(f"e{n:02}", FEBRUARY_MS + n // 3) for n in range(20)]
        store.insert("events", event_rows(project, *events), token=project)
        wanted = EventFilter(project, session_id="s1", order=order, limit=3)
        got: list[str] = []
        while page := store.events(wanted):
            got += [event.event_id for event in page]
            wanted = msgspec.structs.replace(wanted, after=(page[-1].at_ms, page[-1].event_id))
        assert got == sorted((event_id for event_id, _ in events), reverse=order == "desc")

    def test_a_range_holds_its_start_and_not_its_end(self, store: Store, project: str) -> None:
        events = [(f"e{n}", FEBRUARY_MS + n) for n in range(4)]
        store.insert("events", event_rows(project, *events), token=project)
        wanted = EventFilter(project, session_id="s1", from_ms=FEBRUARY_MS + 1, to_ms=FEBRUARY_MS + 3)
        assert ids(store, wanted) == ["e1", "e2"]

    def test_a_range_may_be_wider_than_any_calendar(self, store: Store, project: str) -> None:
        store.insert("events", event_rows(project, ("e1", FEBRUARY_MS)), token=project)
        assert ids(store, EventFilter(project, session_id="s1", from_ms=-(10**17), to_ms=10**17)) == ["e1"]

    def test_a_user_has_the_events_of_all_its_sessions(self, store: Store, project: str) -> None:
        for number, (session, user) in enumerate([("s1", "u1"), ("s2", "u1"), ("s3", "u2")]):
            rows = event_rows(project, (session, FEBRUARY_MS + number), session_id=session, user_id=user)
            store.insert("events", rows, token=f"{project}-{number}")
        assert ids(store, EventFilter(project, user_id="u1")) == ["s1", "s2"]

    def test_generations_of_a_session_are_apart(self, store: Store, project: str) -> None:
        for generation in (1, 2):
            rows = event_rows(project, (f"g{generation}", FEBRUARY_MS + generation), generation=generation)
            store.insert("events", rows, token=f"{project}-{generation}")
        assert ids(store, EventFilter(project, session_id="s1", generation=2)) == ["g2"]
        assert ids(store, EventFilter(project, session_id="s1")) == ["g1", "g2"]

    def test_another_project_sees_nothing(self, store: Store, project: str) -> None:
        store.insert("events", event_rows(project, ("e1", FEBRUARY_MS)), token=project)
        assert ids(store, EventFilter(f"{project}x", session_id="s1")) == []

    @pytest.mark.parametrize("name", ["'", '"', "\\", "{x:String}", "a b", "%", "é😀", "' OR 1=1 --", "\\'", "_"])
    def test_any_id_finds_itself_only(self, store: Store, project: str, name: str) -> None:
        rows = event_rows(project, (name, FEBRUARY_MS), session_id=name, user_id=name)
        store.insert("events", rows, token=f"{project}-{name}")
        store.insert("events", event_rows(project, ("other", FEBRUARY_MS)), token=f"{project}-other")
        assert ids(store, EventFilter(project, session_id=name)) == [name]
        assert ids(store, EventFilter(project, user_id=name)) == [name]
        assert ids(store, EventFilter(project, session_id=name, after=(FEBRUARY_MS, name))) == []

    def test_fields_hold_what_is_not_empty(self, store: Store, project: str) -> None:
        said: dict[str, Any] = {"click_x": 0, "click_y": -4, "lcp": 1.25, "scroll_depth": 0, "url": "/ü"}
        said |= {
            "load": 1500.5,
            "request_status": -1,
            "request_route": "GET /a/:id",
            "event_index": 3,
            "clock_moved_ms": -5,
        }
        rows = event_rows(project, ("e1", FEBRUARY_MS), **said, payload='{"a":1}', src_seq=9)
        store.insert("events", rows, token=project)
        [event] = store.events(EventFilter(project, session_id="s1"))
        assert event.payload == '{"a":1}'
        assert event.fields == {
            "received_at": 1,
            "url": "/ü",
            "click_x": 0,
            "click_y": -4,
            "scroll_depth": 0,
            "lcp": 1.25,
            "load": 1500.5,
            "request_status": -1,
            "request_route": "GET /a/:id",
            "event_index": 3,
            "clock_moved_ms": -5,
        }

    def test_fields_that_were_not_asked_for_are_not_there(self, store: Store, project: str) -> None:
        rows = event_rows(project, ("e1", FEBRUARY_MS), received_at=20, url="https://shop/a", path="/a", late=1)
        store.insert("events", rows, token=project)
        [whole] = store.events(EventFilter(project, session_id="s1"))
        [event] = store.events(EventFilter(project, session_id="s1", fields=("path", "received_at", "flags")))
        assert event == msgspec.structs.replace(whole, fields={"path": "/a", "received_at": 20})

    def test_the_events_of_some_sessions_are_read_together_and_no_others(self, store: Store, project: str) -> None:
        """An id with a colon, one that is the end of another, and another generation."""
        keys = [("s1", 1), ("s1", 2), ("2:s1", 1), ("s3", 1), ("s'4\\", 1)]
        for number, (session, generation) in enumerate(keys):
            rows = event_rows(project, (f"e{number}", FEBRUARY_MS - number), session_id=session, generation=generation)
            store.insert("events", rows, token=f"{project}-{number}")
        assert ids(store, EventFilter(project, sessions=(keys[1], keys[4]))) == ["e4", "e1"]
        assert ids(store, EventFilter(project, sessions=(keys[2],))) == ["e2"]
        after = (FEBRUARY_MS - 4, "e4")
        assert ids(store, EventFilter(project, sessions=tuple(keys), limit=2, after=after)) == ["e3", "e2"]
