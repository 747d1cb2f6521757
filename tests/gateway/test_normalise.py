"""One event: its fields, its ids, its time."""

from typing import Any

import pytest

from engine.config import Config
from engine.wire import TIME_MISSING, Event
from gateway.agent import AgentReader
from gateway.event_type import fold
from gateway.normalise import Arrival, Normaliser
from gateway.paths import path_of
from gateway.raw_event import RawEvent
from gateway.rejection import Rejected
from gateway.timestamps import EARLIEST_MS, iso
from tests.gateway.conftest import NOW_MS

LATEST_MS = NOW_MS + 86_400_000


@pytest.fixture
def normaliser(agents: AgentReader) -> Normaliser:
    return Normaliser(Config(), agents)


def normal(normaliser: Normaliser, **fields: Any) -> Event:
    raw = RawEvent(**{"event_type": "click", "user_id": "u1", "event_id": "e1", **fields})
    return normaliser.event(raw, Arrival(NOW_MS, LATEST_MS))


def reason(normaliser: Normaliser, **fields: Any) -> str:
    with pytest.raises(Rejected) as caught:
        normal(normaliser, **fields)
    return caught.value.message


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("click", "click"),
        ("EVENT_TYPE_CLICK", "click"),
        ("Page View", "page_view"),
        ("pageView", "page_view"),
        ("page-view", "page_view"),
        ("HTTPError", "http_error"),
        ("web2Click", "web2_click"),
        ("JS_ERROR", "js_error"),
        ("点击", "点击"),
        (" a  b ", "a_b"),
    ],
)
def test_event_types_fold_to_lower_snake_case(name: str, folded: str) -> None:
    assert fold(name) == folded
    assert fold(folded) == folded


def test_the_alias_alone_is_enough(normaliser: Normaliser) -> None:
    assert normal(normaliser, event_type=None, type="Page View").event_type == "page_view"


def test_both_names_may_say_the_same(normaliser: Normaliser) -> None:
    assert normal(normaliser, event_type="click", type="EVENT_TYPE_CLICK").event_type == "click"


def test_both_and_different_is_rejected(normaliser: Normaliser) -> None:
    expected = '`event_type` is "click" and `type` is "scroll"; one of them, or both the same, is allowed.'
    assert reason(normaliser, event_type="click", type="scroll") == expected


def test_a_missing_type_is_rejected(normaliser: Normaliser) -> None:
    assert reason(normaliser, event_type=None) == "`event_type` is missing."


@pytest.mark.parametrize("name", ["", "!!", "_"])
def test_a_type_without_a_word_is_rejected(normaliser: Normaliser, name: str) -> None:
    assert (
        reason(normaliser, event_type=name) == f'`event_type` is "{name}"; a name with a letter or a digit is allowed.'
    )


def test_a_type_of_200_characters_is_the_longest(normaliser: Normaliser) -> None:
    assert normal(normaliser, event_type="x" * 200)
    assert reason(normaliser, event_type="x" * 201).startswith("`event_type` is 201 characters long")


def test_without_session_and_user_an_event_belongs_nowhere(normaliser: Normaliser) -> None:
    assert "`session_id` and `user_id` are missing" in reason(normaliser, user_id=None)


@pytest.mark.parametrize("ids", [{"user_id": "u"}, {"session_id": "s", "user_id": None}])
def test_one_of_session_and_user_is_enough(normaliser: Normaliser, ids: dict[str, str]) -> None:
    event = normal(normaliser, **ids)
    assert (event.session_id, event.user_id) == (ids.get("session_id", ""), ids["user_id"] or "")


@pytest.mark.parametrize("name", ["event_id", "session_id", "user_id"])
@pytest.mark.parametrize("value", ["x", "x" * 200, "a b", "用户", "\u00a0", "\u2028", "🙂"])
def test_ids_are_any_text_of_1_to_200_characters(normaliser: Normaliser, name: str, value: str) -> None:
    assert getattr(normal(normaliser, **{name: value}), name) == value


@pytest.mark.parametrize("name", ["event_id", "session_id", "user_id"])
@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("", "is empty"),
        ("x" * 201, "is 201 characters long"),
        ("a\0", "holds a control character at place 2"),
        ("\x85", "holds a control character at place 1"),
        ("a\n", "holds a control character at place 2"),
    ],
)
def test_other_ids_are_rejected_by_name(normaliser: Normaliser, name: str, value: str, fault: str) -> None:
    allowed = "1 to 200 characters without control characters are allowed."
    assert reason(normaliser, **{name: value}) == f"`{name}` {fault}; {allowed}"


@pytest.mark.parametrize(
    ("stamp", "at"),
    [
        ("2026-01-02T03:00:00Z", "2026-01-02T03:00:00.000Z"),
        ("2026-01-02T03:00:00", "2026-01-02T03:00:00.000Z"),
        ("2026-01-02T03:00:00.5+02:00", "2026-01-02T01:00:00.500Z"),
        ("2026-01-02T03:00:00.678999-05:30", "2026-01-02T08:30:00.678Z"),
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        (1_767_322_805_678, "2026-01-02T03:00:05.678Z"),
        (1_767_322_805_678.9, "2026-01-02T03:00:05.678Z"),
    ],
)
def test_times_come_as_iso_text_or_milliseconds(normaliser: Normaliser, stamp: Any, at: str) -> None:
    assert iso(normal(normaliser, timestamp=stamp).at_ms) == at


def test_a_missing_time_is_the_receive_time_and_flagged(normaliser: Normaliser) -> None:
    event = normal(normaliser, timestamp=None)
    assert (event.at_ms, event.flags & TIME_MISSING) == (NOW_MS, TIME_MISSING)


@pytest.mark.parametrize("at_ms", [EARLIEST_MS, LATEST_MS])
def test_the_ends_of_the_range_count(normaliser: Normaliser, at_ms: int) -> None:
    assert normal(normaliser, timestamp=at_ms).at_ms == at_ms


@pytest.mark.parametrize(
    "stamp", [EARLIEST_MS - 1, LATEST_MS + 1, "1999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z", 0, -5, 10**30, -1e300]
)
def test_times_outside_are_rejected_with_the_range(normaliser: Normaliser, stamp: Any) -> None:
    allowed = "2000-01-01T00:00:00.000Z to 2026-01-03T03:00:05.678Z is allowed."
    message = reason(normaliser, timestamp=stamp)
    assert message.startswith("`timestamp` is ")
    assert allowed in message


def test_seconds_are_recognised(normaliser: Normaliser) -> None:
    expected = (
        "`timestamp` is 1767322805 (1970-01-21T10:55:22.805Z); 2000-01-01T00:00:00.000Z to 2026-01-03T03:00:05.678Z "
        "is allowed. It looks like seconds: send milliseconds."
    )
    assert reason(normaliser, timestamp=1_767_322_805) == expected


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "1767322805678", "2026-13-01T00:00:00Z", "12:00", "0001-01-01T00:00:00+23:00"]
)
def test_texts_that_are_no_time_are_rejected(normaliser: Normaliser, stamp: str) -> None:
    assert reason(normaliser, timestamp=stamp).startswith(f'`timestamp` is "{stamp}"; ')


@pytest.mark.parametrize("stamp", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_rejected(normaliser: Normaliser, stamp: float) -> None:
    assert (
        reason(normaliser, timestamp=stamp) == f"`timestamp` is {stamp}; ISO-8601 text or Unix milliseconds is allowed."
    )


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://a.example/b/c?d=e#f", "/b/c"),
        ("https://a.example", "/"),
        ("https://a.example?x=/y", "/"),
        ("/b?c", "/b"),
        ("/b?u=https://c.example/d", "/b"),
        ("app://home/list", "/list"),
        ("", ""),
    ],
)
def test_the_path_comes_from_the_url(url: str, path: str) -> None:
    assert path_of(url) == path


def test_a_given_path_stays(normaliser: Normaliser) -> None:
    assert normal(normaliser, url="https://a.example/b", path="/own").path == "/own"
