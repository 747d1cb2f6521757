"""What docs/payloads.md promises: each name of each field is read, and says the same as its other names."""

from typing import Any

import msgspec
import pytest

from engine.config import Session
from engine.detectors import DETECTORS
from engine.wire import Click, ErrorInfo, Event, Facts
from gateway import payload_names as names
from gateway.payload_names import GROUPS, TARGET, Said
from gateway.payloads import extractors
from tests.builders import T0

Read = tuple[Click | None, int | None, ErrorInfo | None, Facts | None]

# Of each field: what to say under its name, beside what else; by default a text.
BESIDE: dict[Said, tuple[Any, dict[str, Any]]] = {
    names.NAVIGATION: ("push", {}),
    names.LOOSE_NAVIGATION: ("push", {}),
    names.REFERRER: ("https://news.example/", {}),
    names.CLICK_TARGET: ({"tag": "a"}, {}),
    names.BUTTON: (2, {}),
    names.DETAIL: (0, {"x": 0, "y": 0, "pointer_type": "mouse"}),
    names.POINTER: ("mouse", {"x": 0, "y": 0, "detail": 1}),
    names.TRUSTED: (False, {}),
    names.HELD: (True, {}),
    names.METHOD: ("post", {"url": "/a"}),
    names.STATUS: (500, {}),
    names.SCROLL_Y: (5, {"viewport_height": 800}),
    names.VIEW_HEIGHT: (800, {"scroll_y": 5}),
    names.POSITIONS: ([[1, 2, -3]], {}),
    names.MOVE_POINTER: ("touch", {"x": 1, "y": 2}),
    names.MOVE_SOURCE: (6, {"x": 1, "y": 2}),
}
OF_TARGET: dict[str, tuple[Any, dict[str, Any]]] = {
    "type": ("file", {"tag": "input"}),
    "role": ("button", {}),
    "href": (False, {"tag": "a"}),
    "classes": ("btn", {}),
    "label": ("next", {}),
    "contenteditable": ("true", {}),
    "interactive": (True, {}),
    "target": ("_blank", {}),
    "download": (True, {}),
}
NUMBERS = ("px", "ms", "number", "percent", "characters")


def read(event_type: str, payload: dict[str, Any]) -> Read:
    event = Event("p", "e", "s", "u", event_type, T0, payload=msgspec.json.encode(payload).decode())
    extractors(Session())[event_type](event)
    return event.click, event.scroll_depth, event.error, event.facts


def each_field() -> list[Any]:
    return [
        pytest.param(kind, said, id=f"{kind}-{said.names[0]}")
        for group in GROUPS
        for kind in group.kinds
        for said in group.fields
        if said not in (names.POINT_TIME, names.MOVE_X, names.MOVE_Y)
    ]


@pytest.mark.parametrize(("kind", "said"), each_field())
def test_each_name_is_read_and_says_the_same(kind: str, said: Said) -> None:
    value, beside = BESIDE.get(said, (5 if said.value in NUMBERS else "x", {}))
    for event_type in getattr(Session(), kind):
        found = [read(event_type, {**beside, name: value}) for name in said.names]
        assert found == [found[0]] * len(found)
        assert found[0] != read(event_type, beside)


@pytest.mark.parametrize("name", names.POINT_TIME.names)
def test_each_name_of_the_time_of_a_point_is_read(name: str) -> None:
    assert read("mouse_move", {"positions": [{"x": 1, "y": 2, name: -7}]})[3] == Facts(moves=(-7, 1, 2))


def test_a_move_is_read_by_both_of_its_coordinates() -> None:
    move = {names.MOVE_X.names[0]: 1, names.MOVE_Y.names[0]: 2}
    assert read("mouse_move", move)[3] == Facts(moves=(0, 1, 2))


@pytest.mark.parametrize("field", TARGET)
def test_each_name_of_a_target_is_read_and_says_the_same(field: str) -> None:
    value, beside = OF_TARGET.get(field, ("Buy", {}))
    found = [read("click", {"target": {**beside, name: value}}) for name in TARGET[field].names]
    assert found == [found[0]] * len(found)
    assert found[0] != read("click", {"target": beside})
    assert found[0] == read("click", {"target": {"attributes": {**beside, TARGET[field].names[0]: value}}})


def test_who_uses_a_field_is_a_detector_or_a_field_of_a_session() -> None:
    known = {detector.kind for detector in DETECTORS} | {"vitals", "pages", "max_scroll_depth", "referrer_host"}
    known |= {"session_index", "previous_session_id"}
    used = {one for group in GROUPS for said in group.fields for one in said.used_by}
    assert used | {one for said in TARGET.values() for one in said.used_by} <= known
