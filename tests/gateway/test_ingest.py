"""POST events: what is taken, what is counted, what is answered."""

import gzip
from typing import Any

import httpx
import msgspec
import pytest

from engine.config import Config, Server
from engine.errors import Wait
from engine.wire import HISTORIC, ID_GENERATED, LATE_FOLDED, LATE_RAW, TIME_MISSING
from tests.gateway.builders import EVENTS, click, clicks, is_problem
from tests.gateway.conftest import CLIENT, NOW_MS
from tests.gateway.fake_engine import FakeEngine

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0"


@pytest.mark.parametrize("path", [EVENTS, "/api/events"])
async def test_one_event_is_accepted(client: httpx.AsyncClient, engine: FakeEngine, path: str) -> None:
    response = await client.post(path, json=click())
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    expected = {"message": "Event received successfully", "accepted": 1, "duplicates": 0, "rejected": []}
    assert response.json() == expected
    assert [(event.project_id, event.event_id) for event in engine.got] == [("default", "e1")]


@pytest.mark.parametrize("body", [clicks(3), {"events": clicks(3)}, {"sent_at": 5, "events": clicks(3)}])
async def test_an_array_and_an_envelope_are_batches(client: httpx.AsyncClient, engine: FakeEngine, body: Any) -> None:
    assert (await client.post(EVENTS, json=body)).json()["accepted"] == 3
    assert [event.event_id for event in engine.got] == ["e0", "e1", "e2"]


async def test_a_bad_event_is_rejected_alone(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    response = await client.post(EVENTS, json=[click(), click(event_id="bad", event_type=None), click(event_id="e3")])
    assert response.status_code == 200
    assert response.json() == {
        "message": "Event received successfully",
        "accepted": 2,
        "duplicates": 0,
        "rejected": [{"index": 1, "event_id": "bad", "code": "invalid_event", "message": "`event_type` is missing."}],
    }


async def test_a_rejected_event_is_kept_with_its_reason_and_first_bytes(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    await client.post(EVENTS, json=[click(), click(event_type=5, title="x" * 9_000)])
    (row,) = engine.bad_rows
    assert (row.project_id, row.received_ms, row.code) == ("default", NOW_MS, "invalid_event")
    assert row.message == "`event_type` is 5; a string is allowed."
    assert row.original.startswith(b'{"event_id":"e1"')
    assert len(row.original) == 4_096


async def test_400_only_when_every_event_was_rejected(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    body = is_problem(await client.post(EVENTS, json=[click(event_type=None), 5]), 400, "invalid_event")
    assert [item["index"] for item in body["rejected"]] == [0, 1]
    assert len(engine.bad_rows) == 2


async def test_duplicates_are_counted_and_are_no_failure(client: httpx.AsyncClient) -> None:
    await client.post(EVENTS, json=click())
    response = await client.post(EVENTS, json=[click(), click(event_id="e2")])
    assert (response.status_code, response.json()["accepted"], response.json()["duplicates"]) == (200, 1, 1)


async def test_late_events_are_accepted_ones(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.late = {"e0": LATE_FOLDED, "e1": LATE_RAW}
    assert (await client.post(EVENTS, json=clicks(3))).json()["accepted"] == 3
    assert "sessiond_events_late_total 2.0" in (await client.get("/metrics")).text


@pytest.mark.parametrize("body", ["[]", '{"events":[]}', " [ ] "])
async def test_an_empty_batch_is_refused(client: httpx.AsyncClient, body: str) -> None:
    is_problem(await client.post(EVENTS, content=body), 400, "empty_batch")


async def test_the_last_allowed_event_counts_and_one_more_does_not(client: httpx.AsyncClient) -> None:
    assert (await client.post(EVENTS, json=clicks(1) * 10_000)).status_code == 200
    body = is_problem(await client.post(EVENTS, json=clicks(1) * 10_001), 413, "too_many_events")
    assert body["message"] == "`events` holds 10001 items; the limit is 10000."


async def test_beacons_send_json_as_text(client: httpx.AsyncClient) -> None:
    content = msgspec.json.encode(click())
    response = await client.post(EVENTS, content=content, headers={"content-type": "text/plain;charset=UTF-8"})
    assert response.json()["accepted"] == 1


async def test_messagepack_follows_the_same_rules(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    batch = [click(payload={"x": 3}), click(event_id="e2", event_type=None), click(event_id="e3", plan="pro")]
    content = msgspec.msgpack.encode({"events": batch})
    response = await client.post(EVENTS, content=content, headers={"content-type": "application/msgpack"})
    assert response.json()["rejected"][0]["event_id"] == "e2"
    assert [(event.payload, event.custom) for event in engine.got] == [('{"x":3}', ""), ("", '{"plan":"pro"}')]


@pytest.mark.parametrize("headers", [{}, {"content-encoding": "gzip"}, {"content-encoding": "X-GZIP"}])
async def test_gzip_is_known_by_its_header_or_its_first_bytes(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    content = gzip.compress(msgspec.json.encode(clicks(3)))
    assert (await client.post(EVENTS, content=content, headers=headers)).json()["accepted"] == 3


@pytest.mark.parametrize("kind", ["application/xml", "image/png", "multipart/form-data; boundary=x"])
async def test_other_content_types_are_refused(client: httpx.AsyncClient, kind: str) -> None:
    body = is_problem(
        await client.post(EVENTS, content=b"{}", headers={"content-type": kind}), 415, "unsupported_media_type"
    )
    assert "application/json" in body["message"]


async def test_a_curl_without_a_content_type_works(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}
    response = await client.post(EVENTS, content=msgspec.json.encode(click()), headers=headers)
    assert response.json()["accepted"] == 1


async def test_the_device_comes_from_the_user_agent(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    await client.post(EVENTS, json=click(), headers={"user-agent": FIREFOX})
    device = engine.got[0].device
    assert device is not None
    assert (device.browser, device.os, device.device_type) == ("Firefox", "Linux", "desktop")


async def test_the_address_is_the_connections_unless_the_event_says_it(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    await client.post(EVENTS, json=[click(), click(event_id="e2", client_ip="198.51.100.1")])
    assert [event.client_ip for event in engine.got] == [CLIENT[0], "198.51.100.1"]


async def test_forwarding_headers_are_not_believed(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    await client.post(EVENTS, json=click(), headers={"x-forwarded-for": "198.51.100.1"})
    assert engine.got[0].client_ip == CLIENT[0]


async def test_history_says_nothing_of_the_importers_connection(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    await client.post(EVENTS + "?historic=true", json=click(event_id=None, timestamp=None))
    (event,) = engine.got
    assert (event.flags, event.client_ip, event.device) == (HISTORIC | ID_GENERATED | TIME_MISSING, "", None)


async def test_historic_is_true_or_false(client: httpx.AsyncClient) -> None:
    body = is_problem(await client.post(EVENTS + "?historic=maybe", json=click()), 400, "invalid_parameter")
    assert body["message"] == '`historic` is "maybe"; true or false is allowed.'


async def test_wait_is_answered_with_the_time_to_wait(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.error = Wait("The shard restarts.", "shard_restarting", retry_after_ms=1_001)
    response = await client.post(EVENTS, json=click())
    is_problem(response, 503, "shard_restarting")
    assert response.headers["retry-after"] == "2"


async def test_retry_after_is_at_least_a_second(client: httpx.AsyncClient, engine: FakeEngine) -> None:
    engine.error = Wait("Slow down.", "overloaded", retry_after_ms=1, status=429)
    response = await client.post(EVENTS, json=click())
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")


async def test_an_unexpected_failure_is_a_500_that_says_nothing_of_its_cause(
    client: httpx.AsyncClient, engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.error = KeyError("secret")
    body = is_problem(await client.post(EVENTS, json=click()), 500, "internal_error")
    assert "secret" not in str(body)
    assert "secret" in "".join(capsys.readouterr())


class TestLimits:
    @pytest.fixture
    def config(self) -> Config:
        return Config(server=Server(max_event_bytes=1_000, max_body_bytes=5_000))

    async def test_an_event_too_large_is_rejected_alone(self, client: httpx.AsyncClient, engine: FakeEngine) -> None:
        batch = [click(), click(event_id="big", title="x" * 1_000), click(event_id="e3")]
        response = await client.post(EVENTS, json=batch)
        (rejected,) = response.json()["rejected"]
        assert (rejected["index"], rejected["event_id"], rejected["code"]) == (1, "big", "event_too_large")
        assert [event.event_id for event in engine.got] == ["e1", "e3"]

    @pytest.mark.parametrize("wrapped", [False, True])
    async def test_a_lone_event_too_large_is_refused(self, client: httpx.AsyncClient, wrapped: bool) -> None:
        event = click(title="x" * 1_000)
        response = await client.post(EVENTS, json={"events": [event]} if wrapped else event)
        is_problem(response, 400, "event_too_large")

    async def test_a_batch_of_small_events_may_be_larger_than_one(self, client: httpx.AsyncClient) -> None:
        for body in (clicks(20), {"events": clicks(20)}):
            assert (await client.post(EVENTS, json=body)).status_code == 200

    async def test_a_body_too_large_is_refused(self, client: httpx.AsyncClient) -> None:
        response = await client.post(EVENTS, json=click(title="x" * 5_000))
        is_problem(response, 413, "body_too_large")
        assert response.headers["connection"] == "close"
