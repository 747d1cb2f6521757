"""A real server with small limits, and clients that do not behave: each limit is reached, and others are served on."""

import json
import re
import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from select import select
from typing import Any

import pytest

from tests.live.listening import Listening
from tests.live.serving import Serving, wait_until

LIMITS = """
[server]
max_connections = 30
max_body_bytes = 1_000_000
max_inflight_bytes = 4_000_000
body_timeout_ms = 1_500
header_timeout_ms = 1_500
answer_timeout_ms = 1_500
"""
SOON_S = 6.0  # of a limit of 1.5 s, on a machine that is busy
POST = b"POST /api/v1/events HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
GET = b"GET /ready HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder = tmp_path_factory.mktemp("small")
    (folder / "sessiond.toml").write_text(LIMITS)
    with Serving(folder / "data", "--config", str(folder / "sessiond.toml")) as server:
        yield server


class Client:
    """A socket and what came out of it."""

    def __init__(self, server: Serving, *, receive_buffer_bytes: int = 0) -> None:
        self._socket = socket.socket()
        if receive_buffer_bytes:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self._socket.connect(("127.0.0.1", server.port))
        self._socket.settimeout(SOON_S)
        self._got = b""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], Any]:
        """The next one: status, headers, JSON."""
        while b"\r\n\r\n" not in self._got:
            self._read()
        head, _, self._got = self._got.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = int(headers.get("content-length", 0))
        while len(self._got) < length:
            self._read()
        body, self._got = self._got[:length], self._got[length:]
        return int(first.split()[1]), headers, json.loads(body) if body else None

    def fileno(self) -> int:
        return self._socket.fileno()

    def _read(self) -> None:
        data = self._socket.recv(65_536)
        assert data, f"the connection ended after {self._got!r}"
        self._got += data

    def rest(self) -> bytes:
        """All that comes until the server ends the connection. Raises TimeoutError when it does not."""
        try:
            while data := self._socket.recv(65_536):
                self._got += data
        except ConnectionResetError:
            return self._got
        return self._got


def is_refusal(answer: tuple[int, dict[str, str], Any], status: int, code: str) -> None:
    found, headers, body = answer
    assert (found, headers["content-type"], body["code"]) == (status, "application/problem+json", code)
    assert body.keys() >= {"type", "title", "status", "code", "message", "detail"}
    if status in (429, 503):
        assert int(headers["retry-after"]) >= 1


def refused(server: Serving, reason: str) -> int:
    text = server.get("/metrics").body.decode()
    found = re.search(rf'^sessiond_connections_refused_total{{reason="{reason}"}} (\d+)', text, re.MULTILINE)
    return int(found[1]) if found else 0


def post(body: bytes, length: int | None = None) -> bytes:
    return POST + b"Content-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def event(**fields: Any) -> bytes:
    return json.dumps({"event_type": "click", "session_id": "s", "event_id": str(uuid.uuid4()), **fields}).encode()


def test_more_connections_than_allowed_are_told_so_and_those_within_are_served(small: Serving) -> None:
    with ExitStack() as open_ones:
        clients = [open_ones.enter_context(Client(small)) for _ in range(40)]
        answers = []
        for client in clients:
            client.send(GET)
            answers.append(client.answer())
        assert [status for status, _, _ in answers[:30]].count(200) >= 29  # one may go to a client of another test
        is_refusal(answers[-1], 503, "too_many_connections")
        assert answers[-1][1]["connection"] == "close"
        assert clients[-1].rest() == b""
        clients[0].send(post(event()))
        assert clients[0].answer()[0] == 200
    wait_until(small.is_ready, SOON_S)


def test_a_connection_that_asks_nothing_is_closed(small: Serving) -> None:
    with Client(small) as silent, Client(small) as done:
        done.send(GET)
        assert done.answer()[0] == 200
        assert silent.rest() == b""
        assert done.rest() == b""


def test_headers_that_never_end_are_answered_408(small: Serving) -> None:
    with Client(small) as client:
        client.send(POST)
        is_refusal(client.answer(), 408, "header_timeout")
        assert client.rest() == b""
    assert refused(small, "header_timeout") == 1


def test_headers_that_are_too_long_are_answered_431(small: Serving) -> None:
    with Client(small) as client:
        client.send((POST + b"X: ").ljust(65_537, b"x"))
        is_refusal(client.answer(), 431, "headers_too_large")


def test_a_body_that_stalls_is_answered_408(small: Serving) -> None:
    with Client(small) as client:
        client.send(post(b"[", 1_000))
        is_refusal(client.answer(), 408, "body_timeout")
        assert client.rest() == b""


def test_what_is_no_http_is_a_problem(small: Serving) -> None:
    with Client(small) as client:
        client.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        is_refusal(client.answer(), 400, "bad_request")


def test_bodies_hold_no_more_than_they_may_together(small: Serving) -> None:
    body = event(title="x" * 900_000)
    with ExitStack() as open_ones:
        clients = [open_ones.enter_context(Client(small)) for _ in range(5)]
        for client in clients:
            client.send(post(body, 1_000_000))
        [refused, *_] = select(clients, [], [], SOON_S)[0]  # before any of them is whole
        is_refusal(refused.answer(), 503, "overloaded")
        for client in clients:
            client.send(b" " * (1_000_000 - len(body)))
        statuses = [client.answer()[0] for client in clients if client is not refused]
        assert statuses.count(200) >= 3
        assert set(statuses) <= {200, 503}
        refused.send(post(event()))  # the body that was refused has been skipped
        assert refused.answer()[0] == 200


def test_who_expects_a_100_continue_gets_it_or_the_refusal(small: Serving) -> None:
    with Client(small) as client:
        body = event()
        client.send(POST + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body))
        assert client.answer()[0] == 100
        client.send(body)
        assert client.answer()[0] == 200
        client.send(POST + b"Expect: 100-continue\r\nContent-Length: 1000001\r\n\r\n")
        is_refusal(client.answer(), 413, "body_too_large")


def test_of_very_many_requests_at_once_the_first_are_answered_and_the_connection_ends(small: Serving) -> None:
    with Client(small) as client:
        client.send(GET * 1_000)
        statuses = re.findall(rb"HTTP/1.1 (\d+)", client.rest())
        assert 1 <= len(statuses) < 1_000
        assert set(statuses) == {b"200"}


def test_a_client_that_never_reads_its_answer_is_cut_off(small: Serving) -> None:
    session = f"s-{uuid.uuid4()}"
    for _ in range(15):
        batch = [{"event_type": "click", "session_id": session, "title": "x" * 1_600} for _ in range(500)]
        assert small.post("/api/v1/events", batch).json["accepted"] == 500
    wait_until(lambda: small.get("/health").json["checks"]["journal"]["lag_frames"] == 0, 20)
    with Client(small, receive_buffer_bytes=4_096) as client:
        client.send(b"GET /api/v1/sessions/%b/events?limit=10000 HTTP/1.1\r\nHost: h\r\n\r\n" % session.encode())
        wait_until(lambda: refused(small, "answer_not_taken") == 1, 2 * SOON_S)
        got = client.rest()
        length = re.search(rb"content-length: (\d+)", got)
        assert length is not None
        assert len(got) < int(length[1])
    assert small.get(f"/api/v1/sessions/{session}/events", params={"limit": 10_000}).status == 200


def test_a_listener_that_reads_nothing_is_cut_off_and_the_others_hear_on(small: Serving) -> None:
    """Some megabytes wait in the kernel before the server notices."""
    before, names = refused(small, "answer_not_taken"), []

    def is_cut() -> bool:
        more = [f"l-{uuid.uuid4()}" for _ in range(500)]
        batch = [{"event_type": "click", "session_id": name, "path": "/".ljust(900, "x")} for name in more]
        assert small.post("/api/v1/events", batch).json["accepted"] == 500
        names.extend(more)
        return refused(small, "answer_not_taken") > before

    with Client(small, receive_buffer_bytes=4_096) as deaf, Listening(small.port, "?type=session_start") as other:
        deaf.send(b"GET /api/v1/stream HTTP/1.1\r\nHost: h\r\n\r\n")
        wait_until(lambda: b"\nsessiond_stream_subscribers 2" in small.get("/metrics").body, SOON_S)
        wait_until(is_cut, 6 * SOON_S)
        heard = [other.next() for _ in names]
        assert {one and one[1]["session_id"] for one in heard} == set(names)
        assert b"\nsessiond_stream_subscribers 1" in small.get("/metrics").body


def test_after_all_that_nothing_is_left_and_the_log_is_quiet(small: Serving, tmp_path: Path) -> None:
    assert small.post("/api/v1/events", [{"event_type": "click", "session_id": "s"}]).status == 200
    log = small.log.read_text()
    assert "Traceback" not in log
    assert "Invalid HTTP" not in log
