"""Raw events as clients send them, valid by default, and what /events answers."""

from typing import Any

import httpx

EVENTS = "/api/v1/events"


def click(**fields: Any) -> dict[str, Any]:
    """A field set to None is left out."""
    event = {
        "event_id": "e1",
        "session_id": "s1",
        "user_id": "u1",
        "event_type": "click",
        "timestamp": "2026-01-02T03:00:00Z",
        **fields,
    }
    return {name: value for name, value in event.items() if value is not None}


def clicks(count: int) -> list[dict[str, Any]]:
    return [click(event_id=f"e{number}") for number in range(count)]


def is_problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The whole shape of an error; returns its body."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    body: dict[str, Any] = response.json()
    assert body.keys() >= {"type", "title", "status", "code", "message", "detail"}
    assert (body["status"], body["code"], body["detail"]) == (status, code, body["message"])
    return body
