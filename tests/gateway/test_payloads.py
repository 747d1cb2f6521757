"""Typed columns out of payloads: lenient, because a payload belongs to its client."""

from typing import Any

import msgspec
import pytest

from engine.config import Config, Session
from engine.traits import INTERACTIVE, KNOWN
from engine.wire import Click, ErrorInfo, Event, Facts
from gateway.agent import AgentReader
from gateway.normalise import Arrival, Normaliser
from gateway.raw_event import RawEvent
from tests.gateway.conftest import NOW_MS


@pytest.fixture
def normaliser(agents: AgentReader) -> Normaliser:
    session = Session(click_types=frozenset({"click", "tap"}), error_types=frozenset({"js_error", "crash"}))
    return Normaliser(Config(session=session), agents)


def normal(normaliser: Normaliser, event_type: str, payload: Any) -> Event:
    text = payload if isinstance(payload, bytes) else msgspec.json.encode(payload)
    raw = RawEvent(event_type=event_type, user_id="u", payload=msgspec.Raw(text))
    return normaliser.event(raw, Arrival(NOW_MS, NOW_MS))


@pytest.mark.parametrize("event_type", ["click", "tap"])
def test_a_click_has_a_place_and_a_target(normaliser: Normaliser, event_type: str) -> None:
    payload = {"x": 10, "y": 20.9, "target": {"selector": "#buy", "tag": "button", "text": "Buy"}, "more": [1]}
    assert normal(normaliser, event_type, payload).click == Click(10, 20, "#buy", "button", "Buy", KNOWN | INTERACTIVE)


@pytest.mark.parametrize(
    ("payload", "click"),
    [
        ({"x": "10", "y": 20, "target": {"tag": 5, "text": "Buy"}}, Click(None, 20, "", "", "Buy")),
        ({"x": None, "target": "button"}, Click()),
        ({"x": 2**31 - 1, "y": 2**31}, Click(2**31 - 1, None)),
        ({"x": -(2**31), "y": -(2**31) - 1}, Click(-(2**31), None)),
        ({"target": None}, Click()),
        (rb'{"x":1,"y":1e999,"target":{"tag":"a"}}', Click(1, None, "", "a", "", KNOWN | INTERACTIVE)),
        (b'{"x":' + b"9" * 400 + b',"y":2}', Click(None, 2)),
        ({}, Click()),
    ],
)
def test_what_a_click_says_wrongly_stays_empty(normaliser: Normaliser, payload: Any, click: Click) -> None:
    assert normal(normaliser, "click", payload).click == click


@pytest.mark.parametrize(
    ("depth", "stored"),
    [(0, 0), (55.9, 55), (100, 100), (101, 100), (-5, 0), (1e300, 100), ("50", None), (None, None)],
)
def test_scroll_depth_is_clamped_to_a_percentage(normaliser: Normaliser, depth: Any, stored: int | None) -> None:
    assert normal(normaliser, "scroll", {"depth_percent": depth}).scroll_depth == stored


@pytest.mark.parametrize("name", ["errorType", "error_type"])
def test_both_names_of_the_error_type_are_understood(normaliser: Normaliser, name: str) -> None:
    found = normal(normaliser, "js_error", {"message": "m", "stack": "s", name: "TypeError"}).error
    assert found == ErrorInfo("m", "s", "TypeError")


def test_an_error_with_other_types_stays_empty(normaliser: Normaliser) -> None:
    assert normal(normaliser, "crash", {"message": 5, "stack": ["a"], "errorType": "E"}).error == ErrorInfo("", "", "E")


def test_web_vitals_are_numbers(normaliser: Normaliser) -> None:
    payload = b'{"lcp":1200,"fid":8.5,"cls":"bad","ttfb":' + b"9" * 400 + b"}"
    assert normal(normaliser, "web_vitals", payload).facts == Facts(1200.0, 8.5)


def test_other_types_leave_their_payload_unread(normaliser: Normaliser) -> None:
    event = normal(normaliser, "purchase", {"x": 1, "depth_percent": 5, "message": "m", "lcp": 1})
    assert (event.click, event.scroll_depth, event.error, event.facts) == (None, None, None, None)
    assert event.payload == '{"x":1,"depth_percent":5,"message":"m","lcp":1}'
