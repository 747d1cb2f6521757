"""A real HTTP server that answers as sessiond would, or as badly as a test asks for."""

import gzip
import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Events = list[dict[str, Any]]
Response = tuple[int, dict[str, Any], dict[str, str]]  # status, body, headers
HANG_UP: Response = (0, {}, {})


@dataclass
class TinyServer:
    """`trouble`: what the next requests get instead of an answer. `reject` says which events are refused."""

    url: str = ""
    trouble: list[Response] = field(default_factory=list)
    reject: Callable[[dict[str, Any]], bool] = lambda event: False
    max_events: int = 10_000
    batches: list[Events] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)  # of what-ifs
    seen: set[str] = field(default_factory=set)
    ended: int = 3
    sessions: list[dict[str, Any]] = field(default_factory=list)
    loses_answer_once: bool = False
    interrupt: bool = False  # press Ctrl-C in this process when the first batch arrives

    def answer(self, path: str, body: bytes) -> Response:
        self.requests.append(path)
        if path.endswith("/whatif"):
            self.bodies.append(json.loads(gzip.decompress(body)))
        if self.trouble:
            return self.trouble.pop(0)
        if path == "/ready":
            return 200, {}, {}
        if path == "/openapi.json":
            return 200, {"info": {"title": "sessiond"}}, {}
        if path.startswith("/api/v1/sessions?"):
            return 200, {"items": self.sessions, "next_cursor": None}, {}
        if path.startswith("/api/v1/sessions/sweep"):
            return 200, {"ended": self.ended}, {}
        return self._events(json.loads(gzip.decompress(body)))

    def _events(self, events: Events) -> Response:
        if len(events) > self.max_events:
            return 413, {"code": "too_large", "message": "The body is too large."}, {}
        rejected = [self._rejection(index, event) for index, event in enumerate(events) if self.reject(event)]
        taken = [event["event_id"] for event in events if not self.reject(event)]
        fresh = set(taken) - self.seen
        self.seen |= fresh
        self.batches.append(events)
        if self.interrupt:
            signal.raise_signal(signal.SIGINT)
        if self.loses_answer_once:
            self.loses_answer_once = False
            return HANG_UP
        counts = {"accepted": len(fresh), "duplicates": len(taken) - len(fresh), "rejected": rejected}
        return (200 if taken else 400), counts, {}

    def _rejection(self, index: int, event: dict[str, Any]) -> dict[str, Any]:
        return {"index": index, "event_id": event["event_id"], "code": "invalid_event", "message": "It is odd."}


@contextmanager
def tiny_server() -> Iterator[TinyServer]:
    state = TinyServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    http.daemon_threads = True  # a kept connection must not keep the test
    state.url = f"http://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _handler(state: TinyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, document, headers = state.answer(self.path, body)
            if status == 0:
                self.close_connection = True
                return
            self._write(status, json.dumps(document).encode(), headers)

        def _write(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent: a test says what it wants to know."""

    return Handler
