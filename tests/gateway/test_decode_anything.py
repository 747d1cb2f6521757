"""Generated input: no bytes crash the decoder, every event is accepted or rejected by its index, both ways agree."""

import json
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.config import Config
from engine.errors import ClientError
from engine.wire import ID_GENERATED, Event
from gateway.adapt import adapt
from gateway.agent import AgentReader
from gateway.decode import Decoded, Decoder
from gateway.normalise import Arrival, Normaliser
from gateway.raw_event import RawEvent
from gateway.rejection import Rejected
from tests.gateway.conftest import NOW_MS

CONFIG = Config()
NORMALISER = Normaliser(CONFIG, AgentReader())
DECODER = Decoder(CONFIG, NORMALISER)
ARRIVAL = Arrival(NOW_MS, NOW_MS + 86_400_000, 0, "127.0.0.1")

# 60 examples find what 1,000 do within a few runs, and keep the suite fast.
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

int64 = st.integers(-(2**63), 2**64 - 1)  # what MessagePack can say; larger ones have tests of their own
scalars = st.none() | st.booleans() | int64 | st.floats() | st.text(max_size=20)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
names = st.sampled_from(RawEvent.__struct_fields__) | st.sampled_from(
    ["page_info", "location", "other", "technical_info"]
)
times = st.sampled_from(["2026-01-02T03:00:00+02:00", 1_767_322_805_678, 5, "never", 1.5e12])
likely = st.fixed_dictionaries(
    {"event_type": st.sampled_from(["click", "scroll", "js_error", "web_vitals", "Page View"])},
    optional={"user_id": st.text(max_size=5), "timestamp": times, "payload": st.dictionaries(st.text(), values)},
)
events = likely | st.dictionaries(names, values, max_size=6) | values


def decode(body: bytes, packed: bool = False) -> Decoded | ClientError:
    try:
        return DECODER.decode(body, ARRIVAL, packed=packed)
    except ClientError as error:
        return error


@quick
@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_crash_the_decoder(body: bytes, packed: bool) -> None:
    found = decode(body, packed)
    assert isinstance(found, Decoded | ClientError)


@quick
@given(st.text(alphabet='[]{}",:\\aneu1 ', max_size=60))
def test_no_near_json_crashes_the_decoder(text: str) -> None:
    assert isinstance(decode(text.encode()), Decoded | ClientError)


@quick
@given(st.lists(events, min_size=1, max_size=6))
def test_every_event_of_a_batch_is_accepted_or_rejected_by_its_index(batch: list[Any]) -> None:
    found = decode(json.dumps(batch).encode())
    assert isinstance(found, Decoded)
    indexes = [rejection.index for rejection in found.rejected]
    assert indexes == sorted(set(indexes))
    assert len(found.events) + len(indexes) == len(batch)
    assert len(found.bad_rows) == len(indexes)
    msgspec.msgpack.encode(found.events)
    msgspec.json.encode(found.rejected)


@quick
@given(st.lists(events, min_size=2, max_size=6))
def test_a_batch_gives_what_its_events_give_alone(batch: list[Any]) -> None:
    together = decode(json.dumps(batch).encode())
    assert isinstance(together, Decoded)
    alone = [decode(json.dumps([event]).encode()) for event in batch]
    accepted = [event for found in alone if isinstance(found, Decoded) for event in found.events]
    assert [comparable(event) for event in together.events] == [comparable(event) for event in accepted]


@quick
@given(likely)
def test_the_fast_way_and_the_careful_way_agree(event: dict[str, Any]) -> None:
    text = msgspec.json.encode(event)
    assert outcome(msgspec.json.decode(text, type=RawEvent)) == outcome(adapt(text))


@quick
@given(st.lists(likely, min_size=1, max_size=5))
def test_messagepack_and_json_agree(batch: list[dict[str, Any]]) -> None:
    packed, plain = decode(msgspec.msgpack.encode(batch), packed=True), decode(msgspec.json.encode(batch))
    assert isinstance(packed, Decoded)
    assert isinstance(plain, Decoded)
    assert packed.rejected == plain.rejected
    assert [comparable(event) for event in packed.events] == [comparable(event) for event in plain.events]


def outcome(raw: RawEvent) -> Event | str:
    try:
        return comparable(NORMALISER.event(raw, ARRIVAL))
    except Rejected as reason:
        return reason.message


def comparable(event: Event) -> Event:
    """Generated ids differ by nature."""
    if event.flags & ID_GENERATED:
        event.event_id = ""
    return event
