"""The fast way for seed 002's message says what the slower one says."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Config
from engine.wire import Event
from gateway.agent import AgentReader
from gateway.decode import Decoder
from gateway.nested_event import NestedEvent
from gateway.normalise import Arrival, Normaliser
from tests.gateway.test_nested import MESSAGE

_AGENTS = AgentReader()
DECODER = Decoder(Config(), Normaliser(Config(), _AGENTS))
ARRIVAL = Arrival(1_767_355_200_000, 1_767_441_600_000, 0, "127.0.0.1", None)

WRONG: st.SearchStrategy[Any] = st.sampled_from(
    [None, 7, "text", "", [], {}, {"source": 5}, {"source": "a", "x": None}, {"country": "é\n"}, True]
)


def alone(message: dict[str, Any]) -> Any:
    """One event that is no array goes the slower way."""
    return DECODER.decode(json.dumps(message).encode(), ARRIVAL)


def in_array(message: dict[str, Any]) -> Any:
    return DECODER.decode(json.dumps([message]).encode(), ARRIVAL)


@st.composite
def messages(draw: st.DrawFn) -> dict[str, Any]:
    """The message with parts missing, in another order, or of another kind."""
    names = draw(st.permutations(list(MESSAGE)))
    kept = names[: draw(st.integers(0, len(names)))]
    changed = draw(st.dictionaries(st.sampled_from(kept), WRONG, max_size=2)) if kept else {}
    return {name: MESSAGE[name] for name in kept} | changed


@given(messages())
def test_both_ways_say_the_same(message: dict[str, Any]) -> None:
    message |= {"event_id": "e1", "timestamp": "2026-01-02T03:04:05.678Z"}
    fast, slow = in_array(message), alone(message)
    assert [e.message for e in fast.rejected] == [e.message for e in slow.rejected]
    assert [unordered(event) for event in fast.events] == [unordered(event) for event in slow.events]


def unordered(event: Event) -> tuple[Event, Any]:
    """Which part comes first in `custom` is not said."""
    return msgspec.structs.replace(event, custom=""), json.loads(event.custom or "{}")


def test_the_message_as_it_is_takes_the_fast_way() -> None:
    raw = msgspec.json.decode(json.dumps(MESSAGE), type=NestedEvent).plain()
    assert (raw.is_plain(), raw.url, raw.city) == (True, "/product/1?a=b", "San Francisco")


@pytest.mark.parametrize("name", ["custom", "url", "device", "payload"])
def test_a_message_that_says_more_is_left_to_the_slower_way(name: str) -> None:
    message = MESSAGE | {name: {} if name != "url" else "/other"}
    assert in_array(message).events == alone(message).events
