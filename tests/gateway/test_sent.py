"""When a request says that it was sent, and what that says of the clock of its sender."""

from typing import Any

import msgspec
import pytest

from engine.wire import HISTORIC, ON_TIME, TIME_MISSING, Event
from gateway.decode import Decoder
from gateway.normalise import Arrival
from tests.gateway.builders import click
from tests.gateway.conftest import NOW_MS

DAY_MS = 86_400_000


def decoded(decoder: Decoder, arrival: Arrival, body: Any, *, packed: bool = False) -> list[Event]:
    encode = msgspec.msgpack.encode if packed else msgspec.json.encode
    found = decoder.decode(encode(body), arrival, packed=packed)
    assert found.rejected == []
    return found.events


def one(decoder: Decoder, arrival: Arrival, sent_at: Any, **fields: Any) -> Event:
    return decoded(decoder, arrival, click(sent_at=sent_at, **fields))[0]


def offset_ms(event: Event) -> int:
    return 0 if event.facts is None else event.facts.offset_ms


@pytest.mark.parametrize("away_ms", [-5_000, 0, 5_000])
def test_a_clock_that_differs_by_the_tolerance_is_on_time(decoder: Decoder, arrival: Arrival, away_ms: int) -> None:
    event = one(decoder, arrival, NOW_MS - away_ms)
    assert (event.flags & ON_TIME, event.facts) == (ON_TIME, None)


@pytest.mark.parametrize("away_ms", [-5_001, 5_001, 3_600_000])
def test_a_clock_that_differs_by_more_says_by_how_much(decoder: Decoder, arrival: Arrival, away_ms: int) -> None:
    event = one(decoder, arrival, NOW_MS - away_ms)
    assert (event.flags & ON_TIME, offset_ms(event)) == (0, away_ms)


def test_the_time_of_the_event_stays_as_it_came(decoder: Decoder, arrival: Arrival) -> None:
    assert one(decoder, arrival, NOW_MS - 60_000, timestamp=NOW_MS - 61_000).at_ms == NOW_MS - 61_000


@pytest.mark.parametrize("sent_at", ["2026-01-02T02:59:05.678Z", NOW_MS - 60_000, NOW_MS - 60_000.5])
@pytest.mark.parametrize("name", ["sent_at", "sentAt", "sent_at_ms"])
@pytest.mark.parametrize("packed", [False, True])
def test_an_envelope_says_it_for_all_of_its_events(
    decoder: Decoder, arrival: Arrival, name: str, sent_at: Any, packed: bool
) -> None:
    events = decoded(decoder, arrival, {"events": [click(), click(event_id="e2")], name: sent_at}, packed=packed)
    assert [60_000 <= offset_ms(event) <= 60_001 for event in events] == [True, True]


def test_an_envelope_is_heard_when_one_of_its_events_is_special(decoder: Decoder, arrival: Arrival) -> None:
    events = decoded(decoder, arrival, {"sent_at": NOW_MS - 60_000, "events": [click(), click(colour="red")]})
    assert [offset_ms(event) for event in events] == [60_000, 60_000]


def test_an_event_goes_before_its_envelope(decoder: Decoder, arrival: Arrival) -> None:
    events = decoded(decoder, arrival, {"sent_at": NOW_MS - 60_000, "events": [click(sentAt=NOW_MS - 70_000), click()]})
    assert [offset_ms(event) for event in events] == [70_000, 60_000]


@pytest.mark.parametrize("sent_at", ["yesterday", True, {}, [], -1, 17, 10**400, "1999-12-31", 10**15, ""])
def test_what_is_no_time_was_not_said(decoder: Decoder, arrival: Arrival, sent_at: Any) -> None:
    event = one(decoder, arrival, sent_at)
    assert (event.flags, event.facts, event.custom) == (0, None, "")


def test_nothing_is_said_without_it(decoder: Decoder, arrival: Arrival) -> None:
    event = decoded(decoder, arrival, click())[0]
    assert (event.flags, event.facts) == (0, None)


def test_an_event_without_a_time_has_the_time_of_our_clock(decoder: Decoder, arrival: Arrival) -> None:
    event = one(decoder, arrival, NOW_MS - 60_000, timestamp=None)
    assert (event.flags, event.facts, event.at_ms) == (TIME_MISSING, None, NOW_MS)


def test_history_was_sent_long_ago(decoder: Decoder, arrival: Arrival) -> None:
    event = one(decoder, msgspec.structs.replace(arrival, flags=HISTORIC), NOW_MS - 300 * DAY_MS)
    assert (event.flags, event.facts) == (HISTORIC, None)


def test_a_clock_that_is_said_to_run_ahead_may_give_future_times(decoder: Decoder, arrival: Arrival) -> None:
    ahead_ms = NOW_MS + 30 * DAY_MS
    event = one(decoder, arrival, ahead_ms, timestamp=ahead_ms - 1_000)
    assert (event.at_ms, offset_ms(event)) == (ahead_ms - 1_000, -30 * DAY_MS)


def test_the_future_of_such_a_clock_has_the_same_limit(decoder: Decoder, arrival: Arrival) -> None:
    ahead_ms = NOW_MS + 30 * DAY_MS
    body = msgspec.json.encode(click(sent_at=ahead_ms, timestamp=ahead_ms + DAY_MS + 1))
    assert len(decoder.decode(body, arrival).rejected) == 1


def test_what_else_the_event_says_stays_beside_it(decoder: Decoder, arrival: Arrival) -> None:
    event = one(decoder, arrival, NOW_MS - 60_000, event_type="web_vitals", payload={"lcp": 1200})
    assert event.facts is not None
    assert (event.facts.lcp, event.facts.offset_ms) == (1200.0, 60_000)
