"""How long `GET /api/v1/live` takes on a real server: `python -m benchmarks.live --sessions 50000`.

First with a hundredth of the sessions stuck, then with all of them, each asked for everything and with a filter that
fits nobody, for which all of them are looked at.
"""

import argparse
import json
import time
from http.client import HTTPConnection
from typing import Any, Final

from benchmarks.server import sessiond

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
    return [{**one, "timestamp": now_ms + click} for click in range(6)]


def ask(connection: HTTPConnection, query: str) -> tuple[float, Any]:
    """Milliseconds, and the answer."""
    began = time.perf_counter()
    connection.request("GET", f"/api/v1/live?minutes=60{query}")
    answer = connection.getresponse()
    body = answer.read()
    return (time.perf_counter() - began) * 1000, json.loads(body)


def measure(sessions: int) -> None:
    with sessiond() as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=120)
        now_ms = time.time_ns() // 1_000_000
        send(connection, [view(number, now_ms) for number in range(sessions)])
        few = sessions // 100
        send(connection, [click for number in range(few) for click in clicks(number, now_ms)])
        _report(connection, "1 % stuck")
        send(connection, [click for number in range(few, sessions) for click in clicks(number, now_ms)])
        _report(connection, "all stuck")


def _report(connection: HTTPConnection, what: str) -> None:
    for name, query in _QUERIES.items():
        times: list[float] = []
        live: dict[str, Any] = {}
        for _ in range(_ASKED):
            took_ms, live = ask(connection, query)
            times.append(took_ms)
        times.sort()
        p50, p99 = times[len(times) // 2], times[int(len(times) * 0.99)]
        print(f"{live['sessions_live']} live, {what}, {name}: p50 {p50:.1f} ms, p99 {p99:.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=50_000)
    measure(parser.parse_args().sessions)


if __name__ == "__main__":
    main()
