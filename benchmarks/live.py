"""(g) How long `GET /api/v1/live` takes on a real server with many live sessions.

First with a hundredth of the sessions stuck, then with all of them, each asked for everything and with a filter that
fits nobody, for which all of them are looked at.
"""

import json
import time
from http.client import HTTPConnection
from typing import Any, Final

from benchmarks import machine
from benchmarks.failure import BenchmarkFailed
from benchmarks.results import FSYNCED, Figure
from benchmarks.server import sessiond

REACH_P99_MS: Final = 50
_BATCH: Final = 6_000
_ASKED: Final = 100
_QUERIES: Final = {"everything": "", "a filter that fits nobody": "&element=%23nothing"}


def send(connection: HTTPConnection, events: list[dict[str, Any]]) -> None:
    for start in range(0, len(events), _BATCH):
        body = json.dumps(events[start : start + _BATCH])
        while True:
            connection.request("POST", "/api/v1/events", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                break
            time.sleep(0.2)


def view(number: int, now_ms: int) -> dict[str, Any]:
    path = f"/page/{number % 900}"
    return {"event_type": "page_view", "session_id": f"s{number}", "timestamp": now_ms, "path": path}


def clicks(number: int, now_ms: int) -> list[dict[str, Any]]:
    """One rage click."""
    one = {"event_type": "click", "session_id": f"s{number}", "payload": {"x": 5, "y": 5}}
    return [{**one, "timestamp": now_ms + 100 * click} for click in range(6)]


def ask(connection: HTTPConnection, query: str) -> tuple[float, Any]:
    """Milliseconds, and the answer."""
    began = time.perf_counter()
    connection.request("GET", f"/api/v1/live?minutes=60{query}")
    answer = connection.getresponse()
    body = answer.read()
    return (time.perf_counter() - began) * 1000, json.loads(body)


def measure(sessions: int) -> list[Figure]:
    with sessiond() as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
        now_ms = time.time_ns() // 1_000_000
        send(connection, [view(number, now_ms) for number in range(sessions)])
        few = sessions // 100
        send(connection, [click for number in range(few) for click in clicks(number, now_ms)])
        figures = _asked(connection, sessions, "1 % stuck")
        send(connection, [click for number in range(few, sessions) for click in clicks(number, now_ms)])
        return figures + _asked(connection, sessions, "all stuck")


def _asked(connection: HTTPConnection, sessions: int, what: str) -> list[Figure]:
    return [_figure(connection, sessions, f"{what}, {name}", query) for name, query in _QUERIES.items()]


def _figure(connection: HTTPConnection, sessions: int, what: str, query: str) -> Figure:
    busy = machine.load_average()
    answers = [ask(connection, query) for _ in range(_ASKED)]
    times_ms = sorted(took_ms for took_ms, _ in answers)
    if {live["sessions_live"] for _, live in answers} != {sessions}:
        message = f"Not all of {sessions} sessions were live."
        raise BenchmarkFailed(message)
    return Figure(
        part="g",
        name=f"GET /api/v1/live at {sessions:,} live sessions, {what}: p99",
        value=round(times_ms[int(len(times_ms) * 0.99)], 1),
        unit="ms",
        durable=FSYNCED,
        reach=REACH_P99_MS,
        better="less",
        load_average=busy,
        details={"p50 ms": round(times_ms[len(times_ms) // 2], 1), "questions": len(times_ms)},
    )
