"""Create, track, close: seed 000's form."""

from typing import Any

import httpx
import pytest

from engine.errors import Wait
from engine.wire import ID_GENERATED, TIME_MISSING, Control
from tests.gateway.builders import EVENTS, click, is_problem
from tests.gateway.fake_engine import FakeEngine

TRACK = "/track?user_id=u&session_id=s&event_type=typing&screen_name=chat"


@pytest.mark.parametrize("how", [{"params": {"user_id": "u"}}, {"data": {"user_id": "u"}}])
async def test_create_opens_a_session_for_the_user(client: httpx.AsyncClient, engine: FakeEngine, how: Any) -> None:
    response = await client.post("/session/create", **how)
    assert response.status_code == 200
    session_id = response.json()["session_id"]
    assert response.json() == {"session_id": session_id}
    assert engine.controls == [Control("open", "default", session_id, "u")]


async def test_two_sessions_have_two_ids(client: httpx.AsyncClient) -> None:
    ids = {(await client.post("/session/create?user_id=u")).json()["session_id"] for _ in range(2)}
    assert len(ids) == 2


async def test_create_needs_a_user(client: httpx.AsyncClient) -> None:
    body = is_problem(await client.post("/session/create"), 400, "missing_parameter")
    assert body["message"] == "`user_id` is missing."


async def test_a_user_with_control_characters_is_refused(client: httpx.AsyncClient) -> None:
    body = is_problem(await client.post("/session/create?user_id=a%00"), 400, "invalid_parameter")
    assert body["message"].startswith("`user_id` holds a control character at place 2")


@pytest.mark.parametrize("query", ["user_id=%ff", "a=&" * 101])
async def test_parameters_that_are_none_are_refused(client: httpx.AsyncClient, query: str) -> None:
    is_problem(await client.post(f"/session/create?{query}"), 400, "invalid_parameter")


async def test_close_ends_a_session(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    await client.post(EVENTS, json=click(session_id="s"))
    response = await client.post("/session/close", data={"session_id": "s"})
    assert (response.status_code, response.json()) == (200, {"message": "Session closed"})
    assert engine.controls == [Control("close", "default", "s")]


async def test_close_of_an_unknown_session_is_a_404(client: httpx.AsyncClient) -> None:
    body = is_problem(await client.post("/session/close?session_id=nobody"), 404, "unknown_session")
    assert body["message"] == 'There is no session "nobody".'


async def test_track_takes_one_event_by_parameters(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    response = await client.post(TRACK)
    (event,) = engine.got
    assert response.status_code == 200
    assert response.json() == {"message": "Event tracked", "event_id": event.event_id}
    assert (event.user_id, event.session_id, event.event_type, event.screen_name) == ("u", "s", "typing", "chat")
    assert event.flags == ID_GENERATED | TIME_MISSING


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
async def test_a_json_object_becomes_the_payload(client: httpx.AsyncClient, engine: FakeEngine, kind: str) -> None:
    await client.post(TRACK, content=b' {"length": 5} ', headers={"content-type": kind})
    assert engine.got[0].payload == '{"length": 5}'


async def test_track_reads_form_fields_and_the_query_wins(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    fields = {"user_id": "u", "event_type": "send", "screen_name": "form"}
    await client.post("/track?screen_name=query", data=fields)
    assert (engine.got[0].event_type, engine.got[0].screen_name) == ("send", "query")


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("user_id=u", "`event_type` is missing."),
        ("event_type=a", "`session_id` and `user_id` are missing; one of them is needed to find the session."),
    ],
)
async def test_track_names_what_is_missing(client: httpx.AsyncClient, query: str, message: str) -> None:
    assert is_problem(await client.post(f"/track?{query}"), 400, "invalid_event")["message"] == message
    assert 'sessiond_events_rejected_total{code="invalid_event"} 1.0' in (await client.get("/metrics")).text


@pytest.mark.parametrize("content", [b"[1]", b"5", b'{"a":', b'{"a":"\xff"}', b'{"a":' + b"[" * 5_000])
async def test_a_payload_that_is_no_object_is_refused(client: httpx.AsyncClient, content: bytes) -> None:
    response = await client.post(TRACK, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400


async def test_track_waits_like_events_do(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.error = Wait("The disk is full.", "disk_full")
    response = await client.post(TRACK)
    is_problem(response, 503, "disk_full")
    assert response.headers["retry-after"] == "1"


async def test_a_sweep_says_how_many_ended(client: httpx.AsyncClient) -> None:
    assert (await client.post("/api/v1/sessions/sweep")).json() == {"ended": 7}
