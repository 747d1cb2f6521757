"""A body -> events and rejections: every bad event alone, every bad body with the place of its fault."""

import json
from typing import Any

import msgspec
import pytest

from engine.config import Config, Server
from engine.errors import ClientError
from engine.wire import Event
from gateway.agent import AgentReader
from gateway.decode import Decoder
from gateway.normalise import Arrival, Normaliser
from gateway.rejection import Rejection
from tests.gateway.builders import click

GOOD = b'{"event_id":"e%d","event_type":"click","user_id":"u"}'


def good(number: int) -> bytes:
    return GOOD % number


class Rules:
    """The decoder under test, as words."""

    def __init__(self, decoder: Decoder, arrival: Arrival) -> None:
        self._decoder = decoder
        self._arrival = arrival

    def event(self, body: bytes) -> Event:
        decoded = self._decoder.decode(body, self._arrival)
        assert decoded.rejected == []
        (event,) = decoded.events
        return event

    def accepted(self, **fields: Any) -> Event:
        return self.event(msgspec.json.encode(click(**fields)))

    def rejected(self, **fields: Any) -> str:
        return self.rejection(json.dumps(click(**fields)).encode()).message

    def rejection(self, body: bytes) -> Rejection:
        decoded = self._decoder.decode(body, self._arrival)
        assert decoded.events == []
        (rejection,) = decoded.rejected
        return rejection

    def refused(self, body: bytes, packed: bool = False) -> ClientError:
        with pytest.raises(ClientError) as caught:
            self._decoder.decode(body, self._arrival, packed=packed)
        return caught.value

    def between(self, bad: bytes) -> Rejection:
        """The rejection of `bad` between two good neighbours, in an array and in an envelope."""
        first = self._between(b"[%b,%b,%b]", bad)
        assert self._between(b'{"v":[1],"events":[%b, %b ,%b],"x":{}}', bad) == first
        return first

    def _between(self, form: bytes, bad: bytes) -> Rejection:
        decoded = self._decoder.decode(form % (good(1), bad, good(3)), self._arrival)
        assert [event.event_id for event in decoded.events] == ["e1", "e3"]
        (rejection,) = decoded.rejected
        assert rejection.index == 1
        return rejection


@pytest.fixture
def rules(decoder: Decoder, arrival: Arrival) -> Rules:
    return Rules(decoder, arrival)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b'[{"event_type":"click"', "it ends early (byte 22)"),
        (b'{"event_type":"click",}', "trailing comma in object (byte 22)"),
        (b'[{"a":1} {"b":2}]', "(byte 9)"),
        (b'[{"a":1},{"b":tru}]', "invalid character (byte 15)"),
        (b'{"a":"\x00"}', "(byte 6)"),
        (b'[{"a":1}]]', "trailing characters (byte 10)"),
        (b'[{"a":1}', "(byte 8)"),
        (b'{"events":[{"a":NaN}', "(byte "),
        (b'[{"a":NaN},{"b:1}]', "(byte "),
    ],
)
def test_wrong_json_is_refused_with_the_place(rules: Rules, body: bytes, place: str) -> None:
    error = rules.refused(body)
    assert (error.status, error.code) == (400, "invalid_json")
    assert place in error.message


@pytest.mark.parametrize("body", [b"", b"  \n", b"5", b'"text"', b"null", b"\xff\xfe", b"a=b&c=d"])
def test_a_body_without_events_says_what_came(rules: Rules, body: bytes) -> None:
    error = rules.refused(body)
    assert error.code == "invalid_json"
    assert error.message.endswith('; an event, an array of events or {"events": […]} is allowed.')


def test_events_of_another_type_are_named(rules: Rules) -> None:
    assert rules.refused(b'{"events":{"a":1}}').message == '`events` is {"a":1}; an array of events is allowed.'


@pytest.mark.parametrize("bad", [b"5", b'"x"', b"null", b"[]", b"[{}]", b"true"])
def test_an_event_that_is_no_object_is_rejected_alone(rules: Rules, bad: bytes) -> None:
    rejection = rules.between(bad)
    assert rejection.message == f"The event is {bad.decode()}; an object is allowed."
    assert rejection.event_id is None


def test_invalid_utf8_is_rejected_alone_with_its_place(rules: Rules) -> None:
    bad = b'{"event_id":"x","event_type":"click","user_id":"u","title":"a\xff"}'
    assert rules.between(bad).message == "`title` is no valid UTF-8 at byte 1."
    assert rules.rejection(bad).code == "invalid_event"


def test_invalid_utf8_inside_a_payload_is_rejected(rules: Rules) -> None:
    bad = b'{"event_id":"x","event_type":"click","user_id":"u","payload":{"a":"\xff"}}'
    assert rules.between(bad).message == "`payload` is no valid UTF-8 at byte 6."


@pytest.mark.parametrize("field", ["title", "user_id", "unknown"])
def test_half_a_surrogate_pair_is_rejected_alone_by_name(rules: Rules, field: str) -> None:
    bad = rb'{"event_id":"x","event_type":"click","user_id":"u","%b":"a\ud800b"}' % field.encode()
    expected = f"`{field}` holds half of a surrogate pair; only whole characters are allowed."
    assert rules.between(bad).message == expected


def test_half_a_surrogate_pair_in_a_name_is_rejected(rules: Rules) -> None:
    bad = rb'{"event_type":"click","user_id":"u","\udc00":1}'
    assert rules.between(bad).message.startswith(r"`\udc00` holds half of a surrogate pair")


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b'{"event_type":"click","user_id":"u","timestamp":NaN}', "`timestamp` is nan; JSON has no such number."),
        (
            b'{"event_type":"click","user_id":"u","timestamp":-Infinity}',
            "`timestamp` is -inf; JSON has no such number.",
        ),
        (b'{"event_type":"click","user_id":"u","payload":{"x":[NaN]}}', "`payload` holds NaN or Infinity"),
    ],
)
def test_not_a_number_is_rejected_alone(rules: Rules, bad: bytes, message: str) -> None:
    assert message in rules.between(bad).message


def test_deep_nesting_is_rejected_alone(rules: Rules) -> None:
    bad = b'{"event_type":"click","user_id":"u","payload":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    assert "nested too deep" in rules.between(bad).message


def test_brackets_without_end_are_refused(rules: Rules) -> None:
    assert "nested too deep" in rules.refused(b"[" * 100_000).message
    assert "nested too deep" in rules.refused(b"[" * 19_000_000).message


def test_a_string_of_a_megabyte_is_taken_when_the_event_fits(rules: Rules) -> None:
    assert len(rules.accepted(title="x" * 990_000).title) == 990_000
    assert rules.rejection(msgspec.json.encode(click(title="x" * 1_000_000))).code == "event_too_large"


def test_many_quotes_without_end_cost_no_more_than_their_length(rules: Rules) -> None:
    assert rules.refused(b'["' + b'\\"' * 400_000).code == "invalid_json"
    assert rules.refused(b"[NaN," + b'\\"' * 400_000).code == "invalid_json"


def test_a_body_of_tiny_values_is_refused_before_it_grows(rules: Rules) -> None:
    assert rules.refused(b"[" + b"1," * 5_000_000 + b"1]").code == "too_many_events"
    assert rules.refused(b"[" + b"{}," * 100_000 + b"{}]").code == "too_many_events"


def test_a_byte_order_mark_is_no_fault(rules: Rules) -> None:
    assert rules.event(b"\xef\xbb\xbf" + good(1)).event_id == "e1"


def test_a_missing_id_is_generated_and_flagged_and_ids_differ(rules: Rules) -> None:
    first, second = rules.accepted(event_id=None), rules.accepted(event_id=None)
    assert len(first.event_id) == 32
    assert first.event_id != second.event_id


@pytest.mark.parametrize("name", ["payload", "metadata", "event_data", "properties"])
def test_every_name_of_the_payload_is_understood(rules: Rules, name: str) -> None:
    event = rules.event(b'{"event_type":"click","user_id":"u","%b": {"a" : [1, 2]}}' % name.encode())
    assert (event.payload, event.custom) == ('{"a" : [1, 2]}', "")


def test_a_second_payload_is_kept_in_custom(rules: Rules) -> None:
    event = rules.accepted(metadata={"b": 2}, payload={"a": 1}, properties=None)
    assert (event.payload, event.custom) == ('{"a":1}', '{"metadata":{"b":2}}')


def test_a_null_payload_leaves_room_for_its_alias(rules: Rules) -> None:
    event = rules.event(b'{"event_type":"click","user_id":"u","payload":null,"metadata":{"b":2}}')
    assert (event.payload, event.custom) == ('{"b":2}', "")


def test_a_payload_in_a_string_is_unwrapped(rules: Rules) -> None:
    assert rules.accepted(payload='{"x": 5}').payload == '{"x": 5}'
    assert rules.accepted(payload="").payload == ""


@pytest.mark.parametrize("payload", [5, [1], "text", "[1]", '{"x":', True])
def test_a_payload_that_is_no_object_is_rejected(rules: Rules, payload: object) -> None:
    allowed = "an object, or a string that holds one as JSON, is allowed."
    assert rules.rejected(payload=payload) == f"`payload` is {json.dumps(payload)}; {allowed}"
    assert rules.rejected(metadata=payload).startswith("`metadata` is ")


def test_unknown_fields_are_kept_in_custom_as_they_came(rules: Rules) -> None:
    event = rules.event(b'{"event_type":"click","user_id":"u","plan":"pro","n":1.50,"custom":{"a":1}}')
    assert event.custom == '{"plan":"pro","n":1.50,"a":1}'


def test_an_unknown_field_never_hides_one_of_custom(rules: Rules) -> None:
    assert rules.accepted(plan="pro", custom={"plan": "old"}).custom == '{"plan":"pro","plan_":"old"}'


@pytest.mark.parametrize(
    ("field", "value"),
    [("url", 5), ("event_id", 5), ("user_id", 5), ("session_id", True), ("title", ["a"]), ("country", {"a": 1})],
)
def test_a_wrong_type_is_named_with_what_came(rules: Rules, field: str, value: object) -> None:
    shown = json.dumps(value)
    assert rules.rejected(**{field: value}) == f"`{field}` is {shown}; a string is allowed."


def test_long_values_are_cut_in_messages(rules: Rules) -> None:
    message = rules.rejected(event_type=["x" * 500])
    assert len(message) < 160
    assert "…" in message


def test_a_wrong_type_inside_device_is_named(rules: Rules) -> None:
    assert rules.rejected(device={"screen_width": "wide"}) == '`device.screen_width` is "wide"; a number is allowed.'
    assert rules.rejected(device_info={"os": 5}) == "`device_info.os` is 5; a string is allowed."
    assert rules.rejected(device="phone") == '`device` is "phone"; an object is allowed.'


def test_what_a_device_says_beyond_the_columns_is_kept(rules: Rules) -> None:
    event = rules.accepted(device={"browser": "Firefox", "battery": 5})
    assert event.device is not None
    assert (event.device.browser, event.custom) == ("Firefox", '{"device":{"battery":5}}')


def test_nul_in_a_text_is_no_fault(rules: Rules) -> None:
    assert rules.accepted(title="a\0b").title == "a\0b"


class TestMessagePack:
    def test_an_announced_length_is_not_believed(self, rules: Rules) -> None:
        assert rules.refused(b"\xdd\xff\xff\xff\xff", packed=True).code == "too_many_events"

    @pytest.mark.parametrize("body", [b"", b"\xc1", b"\x05", b"\x91", b"\x81\xa6events\x05", b"\xdc", b"\x91" * 5_000])
    def test_a_broken_body_is_refused(self, rules: Rules, body: bytes) -> None:
        assert rules.refused(body, packed=True).status == 400

    @pytest.mark.parametrize("number", [float("nan"), float("inf")])
    def test_a_time_that_is_no_number_is_rejected(self, decoder: Decoder, arrival: Arrival, number: float) -> None:
        body = msgspec.msgpack.encode([click(timestamp=number), click()])
        decoded = decoder.decode(body, arrival, packed=True)
        assert (len(decoded.events), decoded.rejected[0].index) == (1, 0)
        assert "`timestamp` is" in decoded.rejected[0].message

    @pytest.mark.parametrize(
        "event", [{(1, 2): 3}, {"a": msgspec.msgpack.Ext(5, b"x")}, 5, {"event_type": "click", "user_id": 5}]
    )
    def test_what_json_cannot_say_is_rejected_alone(self, decoder: Decoder, arrival: Arrival, event: object) -> None:
        decoded = decoder.decode(msgspec.msgpack.encode([click(), event]), arrival, packed=True)
        assert (len(decoded.events), decoded.rejected[0].index) == (1, 1)


def test_large_batches_are_measured_event_by_event(agents: AgentReader, arrival: Arrival) -> None:
    config = Config(server=Server(max_event_bytes=200))
    decoder = Decoder(config, Normaliser(config, agents))
    batch = b"[%b,%b,%b]" % (good(1), b'{"title":"%b"}' % (b"x" * 300), good(3))
    for body in (batch, b'{"events":%b}' % batch):
        decoded = decoder.decode(body, arrival)
        assert ([event.event_id for event in decoded.events], decoded.rejected[0].code) == (
            ["e1", "e3"],
            "event_too_large",
        )
