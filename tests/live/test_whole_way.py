"""One event through the whole way, on a real server: HTTP, shard, journal, ClickHouse, and back."""

import time
import uuid

from tests.live.serving import Serving, wait_until

FLUSH_S = 5.0  # the promise is 1 s; the machine that tests may be busy


def test_an_acked_event_is_in_the_analysis_at_once_and_in_the_queries_after_the_flush(server: Serving) -> None:
    session, user, event = f"s-{uuid.uuid4()}", f"u-{uuid.uuid4()}", str(uuid.uuid4())
    at_ms = time.time_ns() // 1_000_000
    sent = {
        "event_id": event,
        "session_id": session,
        "user_id": user,
        "type": "EVENT_TYPE_CLICK",
        "timestamp": at_ms,
        "url": "https://shop.example/cart?step=2",
        "payload": {"x": 10, "y": 20, "target": {"selector": "#pay", "tag": "button", "text": "Pay"}},
        "plan": "gold",
    }

    answer = server.post("/api/v1/events", [sent])
    assert answer.json == {
        "message": "Event received successfully",
        "accepted": 1,
        "duplicates": 0,
        "rejected": [],
    }

    live = server.get("/session/analysis", params={"session_id": session}).json
    assert (live["state"], live["event_count"], live["click_count"], live["user_id"]) == ("live", 1, 1, user)
    assert [s["session_id"] for s in server.get("/api/v1/sessions", params={"user_id": user}).json["items"]] == [
        session
    ]

    wait_until(lambda: bool(server.get(f"/api/v1/sessions/{session}/events").json["items"]), FLUSH_S)
    [stored] = server.get(f"/api/v1/sessions/{session}/events").json["items"]
    assert stored["event_id"] == event
    assert stored["event_type"] == "click"
    assert stored["payload"] == sent["payload"]
    assert stored["custom"] == {"plan": "gold"}
    [of_user] = server.get(f"/api/events/user/{user}", params={"started_at": at_ms - 1}).json
    assert (of_user["event_id"], of_user["metadata"]) == (event, sent["payload"])

    assert server.post("/api/v1/events", [sent]).json["duplicates"] == 1
    assert server.post(f"/session/close?session_id={session}").json == {"message": "Session closed"}
    ended = server.get(f"/api/v1/sessions/{session}").json
    assert (ended["state"], ended["end_reason"], ended["events_duplicate"]) == ("ended", "close", 1)

    def is_listed() -> bool:
        items = server.get("/api/v1/sessions", params={"user_id": user, "state": "ended"}).json["items"]
        return [item["session_id"] for item in items] == [session]

    wait_until(is_listed, FLUSH_S)


def test_six_fast_clicks_on_one_spot_are_a_rage_click_in_the_next_read(server: Serving) -> None:
    session = f"s-{uuid.uuid4()}"
    now_ms = time.time_ns() // 1_000_000
    for click in range(6):
        event = {"event_type": "click", "session_id": session, "timestamp": now_ms + click * 150}
        server.post("/api/v1/events", {**event, "payload": {"x": 100 + click, "y": 200}})
    found = server.get("/session/analysis", params={"session_id": session}).json
    assert found["has_rage_click"]
    assert [(a["type"], a["details"]["count"]) for a in found["anomalies"] if a["type"] == "rage_click"] == [
        ("rage_click", 6)
    ]


def test_sessions_without_an_id_are_found_by_the_id_they_got(server: Serving) -> None:
    user = f"u-{uuid.uuid4()}"
    server.post("/api/v1/events", [{"event_type": "page_view", "user_id": user, "timestamp": 1463479503000}])
    server.post("/api/v1/events", [{"event_type": "page_view", "user_id": user, "timestamp": 1463479503000 + 1800001}])
    found = server.get("/api/v1/sessions", params={"user_id": user}).json["items"]
    assert [session["state"] for session in found] == ["live", "ended"]
    for session in found:
        assert server.get("/session/analysis", params={"session_id": session["session_id"]}).json["event_count"] == 1
