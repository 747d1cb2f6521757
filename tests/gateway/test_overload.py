"""More than can be carried is refused early, with a time to come back, and leaves nothing behind."""

import asyncio
from collections.abc import Sequence

import httpx
import pytest
from starlette.types import ASGIApp, Message

from engine.analysis import Summary
from engine.config import Config, Server
from engine.errors import Wait
from engine.wire import BadRow, Control, Event, Reply
from gateway.agent import AgentReader
from gateway.app import create_app
from gateway.call import PIECE_BYTES
from persistence.ports import StoredEvent
from tests.gateway.builders import EVENTS, click, is_problem
from tests.gateway.conftest import NOW_MS
from tests.gateway.fake_engine import FakeEngine

FULL = Wait("20000 events wait.", "overloaded", 2_000)
LARGE = b'{"event_type":"click","session_id":"s","title":"' + b"x" * 3_000 + b'"}'


class SlowEngine(FakeEngine):
    """Takes events when `gate` is open."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def ingest(
        self, events: Sequence[Event], *, controls: Sequence[Control] = (), bad_rows: Sequence[BadRow] = ()
    ) -> Reply:
        await self.gate.wait()
        return await super().ingest(events, controls=controls, bad_rows=bad_rows)


class Client:
    """Takes one message of its answer at a time; `asked` = how often its body was asked for."""

    def __init__(self, app: ASGIApp, method: str, path: str, body: bytes = b"", **headers: str) -> None:
        self.asked = 0
        self.got: list[Message] = []
        self.takes = asyncio.Semaphore(0)
        self._body = body
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": raw, "query_string": b""}
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> Message:
        self.asked += 1
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: Message) -> None:
        await self.takes.acquire()
        self.got.append(message)

    async def take_all(self) -> tuple[int, dict[bytes, bytes], bytes]:
        for _ in range(1_000):
            self.takes.release()
        await self.task
        body = b"".join(message.get("body", b"") for message in self.got)
        return self.got[0]["status"], dict(self.got[0]["headers"]), body


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def app_over(engine: FakeEngine, agents: AgentReader, **limits: int) -> ASGIApp:
    return create_app(Config(server=Server(**limits)), engine, lambda: NOW_MS, agents=agents)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [EVENTS, "/track"])
async def test_while_no_events_can_be_taken_their_body_is_not_even_read(agents: AgentReader, path: str) -> None:
    engine = FakeEngine()
    engine.full = FULL
    client = Client(app_over(engine, agents), "POST", path, LARGE)
    status, headers, _ = await client.take_all()
    assert (status, headers[b"retry-after"], client.asked, engine.got) == (503, b"2", 0, [])


async def test_a_body_that_came_while_it_became_full_is_not_decoded(agents: AgentReader) -> None:
    class Filling(FakeEngine):
        """Full from the second question on."""

        def require_room(self) -> None:
            super().require_room()
            self.full = FULL

    engine = Filling()
    status, _, _ = await Client(app_over(engine, agents), "POST", EVENTS, b"no JSON".ljust(100_000)).take_all()
    assert status == 503


async def test_what_can_be_asked_is_answered_while_no_events_are_taken(
    client: httpx.AsyncClient, engine: FakeEngine
) -> None:
    engine.full = FULL
    is_problem(await client.post(EVENTS, json=click()), 503, "overloaded")
    assert (await client.get("/health")).status_code == 200
    assert (await client.post("/session/create?user_id=u")).status_code == 200


async def test_bodies_count_until_their_request_is_answered(agents: AgentReader) -> None:
    engine = SlowEngine()
    app = app_over(engine, agents, max_body_bytes=5_000, max_inflight_bytes=10_000)
    waiting = [Client(app, "POST", EVENTS, LARGE) for _ in range(3)]
    await settle()
    refused = Client(app, "POST", EVENTS, LARGE, **{"content-length": str(len(LARGE))})
    status, headers, body = await refused.take_all()
    assert (status, refused.asked) == (503, 0)
    assert b"retry-after" in headers
    assert b'"code":"overloaded"' in body
    engine.gate.set()
    assert [(await client.take_all())[0] for client in waiting] == [200] * 3
    assert (await Client(app, "POST", EVENTS, LARGE).take_all())[0] == 200


@pytest.mark.parametrize("body", [b"", b"no JSON", b'{"event_type":5}'])
async def test_a_failed_request_leaves_the_budget_as_it_was(agents: AgentReader, body: bytes) -> None:
    app = app_over(FakeEngine(), agents, max_body_bytes=5_000, max_inflight_bytes=10_000)
    for _ in range(10):
        status, _, _ = await Client(app, "POST", EVENTS, body.ljust(4_000)).take_all()
        assert status == 400
    assert (await Client(app, "POST", EVENTS, LARGE).take_all())[0] == 200


async def test_who_waits_for_a_100_continue_is_refused_with_the_end_of_the_connection(agents: AgentReader) -> None:
    engine = FakeEngine()
    engine.full = FULL
    app = app_over(engine, agents)
    _, headers, _ = await Client(app, "POST", EVENTS, LARGE, expect="100-continue").take_all()
    assert headers[b"connection"] == b"close"
    _, headers, _ = await Client(app, "POST", EVENTS, LARGE).take_all()
    assert b"connection" not in headers


# -- large answers ----------------------------------------------------------------------------------------------------


def stored(count: int) -> list[StoredEvent]:
    return [StoredEvent(f"e{n:04}", "s", 1, "u", "click", n, '{"x":"' + "y" * 1_000 + '"}') for n in range(count)]


PAGE = "/api/v1/sessions/s/events"


async def test_a_large_answer_is_handed_over_in_pieces_as_its_client_takes_it(agents: AgentReader) -> None:
    engine = FakeEngine()
    engine.stored = stored(300)
    client = Client(app_over(engine, agents), "GET", PAGE)
    client.takes.release()
    client.takes.release()
    await settle()
    assert [len(message.get("body", b"")) for message in client.got] == [0, PIECE_BYTES]
    _, headers, body = await client.take_all()
    assert len(body) == int(headers[b"content-length"]) > 300_000
    assert [message.get("more_body", False) for message in client.got[1:]] == [True] * (len(client.got) - 2) + [False]


async def test_answers_that_nobody_takes_have_a_bound_together_and_keep_no_event_out(agents: AgentReader) -> None:
    engine = FakeEngine()
    engine.stored = stored(300)
    engine.summaries = [Summary("default", "s", "u", 1, "live", 1, 0, 0)]
    app = app_over(engine, agents, max_body_bytes=100_000, max_inflight_bytes=800_000)
    slow = [Client(app, "GET", PAGE) for _ in range(2)]
    await settle()
    status, headers, _ = await Client(app, "GET", PAGE).take_all()
    assert (status, b"retry-after" in headers) == (503, True)
    assert (await Client(app, "POST", EVENTS, LARGE).take_all())[0] == 200
    assert (await Client(app, "GET", "/api/v1/sessions/s").take_all())[0] == 200
    assert [(await client.take_all())[0] for client in slow] == [200, 200]
    assert (await Client(app, "GET", PAGE).take_all())[0] == 200


async def test_a_client_that_is_gone_gives_back_what_its_answer_held(agents: AgentReader) -> None:
    engine = FakeEngine()
    engine.stored = stored(300)
    app = app_over(engine, agents, max_body_bytes=100_000, max_inflight_bytes=400_000)
    gone = Client(app, "GET", PAGE)
    await settle()
    gone.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone.task
    assert (await Client(app, "GET", PAGE).take_all())[0] == 200
